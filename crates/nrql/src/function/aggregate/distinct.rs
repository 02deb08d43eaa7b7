//! Distinct values.

use hashbrown::HashMap;

use super::number_sets::IdSet;
use crate::error::EvalError;
use crate::function::build::{Args, Build, Built};
use crate::function::entry::{Function, Naming};
use crate::function::measure::{Aggregate, Ending, Measure, PerGroup, Rows, State};
use crate::node::{NONE, Node};
use crate::value::Value;

pub(in crate::function) const FUNCTIONS: &[Function] = &[
    Function::aggregate(
        "uniqueCount",
        (1, 32),
        "uniqueCount(attr[, attr, …][, precision: n])",
        "Distinct values, or distinct tuples. Exact, where New Relic estimates above 256.",
        unique_count,
    )
    .labels(&["precision"])
    .naming(Naming::Every),
    Function::aggregate(
        "uniques",
        (1, 2),
        "uniques(attr[, n])",
        "Up to n (1,000; at most 10,000) distinct values in the order they are met, oldest row first.",
        uniques,
    )
    .no_alerts(),
];

fn unique_count<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Box<dyn Aggregate>> {
    if let Some(precision) = args.label("precision") {
        let number = build.constant_number(precision, "precision")?;
        if !(256.0..=50_000.0).contains(&number) {
            return Err(EvalError::invalid(
                precision.span,
                "the precision of uniqueCount must be from 256 to 50,000",
            ));
        }
    }
    Ok(Box::new(UniqueCount(build.parts(args)?)))
}

fn uniques<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Box<dyn Aggregate>> {
    let mut most = 1_000.0;
    if let Some(expr) = args.expr(1) {
        most = build.constant_number(expr, "the number of values")?;
        if !(1.0..=10_000.0).contains(&most) {
            return Err(EvalError::invalid(expr.span, "uniques gives 1 to 10,000 values"));
        }
    }
    let of = match build.first(args)? {
        Node::Tuple(parts) => parts,
        node => vec![node],
    };
    Ok(Box::new(Uniques { of, most: most as usize }))
}

#[derive(Debug)]
struct UniqueCount(Vec<Node>);

impl Measure for UniqueCount {
    type State = IdSet;

    fn numbered(&self) -> Option<&[Node]> {
        Some(&self.0)
    }

    fn update<'a>(&'a self, states: &mut PerGroup<IdSet>, rows: &mut Rows<'a, '_>) {
        for (id, group) in rows.ids.iter().zip(rows.groups).filter(|(id, _)| **id != NONE) {
            states.at(*group).add(*id);
        }
    }

    fn finish(&self, set: IdSet, _: &Ending<'_, '_>) -> Value {
        Value::Int(set.len() as i64)
    }
}

/// For each id, the moment it was first met.
#[derive(Clone, Debug, Default)]
struct FirstMet(HashMap<u32, (i64, u64)>);

impl FirstMet {
    fn add(&mut self, id: u32, moment: (i64, u64)) {
        let known = self.0.entry(id).or_insert(moment);
        *known = moment.min(*known);
    }
}

impl State for FirstMet {
    fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|(id, moment)| self.add(*id, *moment));
    }

    fn heap(&self) -> usize {
        self.0.capacity() * 26
    }

    fn renumbered(self, number: &mut dyn FnMut(u32) -> u32) -> Self {
        Self(self.0.into_iter().map(|(id, moment)| (number(id), moment)).collect())
    }
}

#[derive(Debug)]
struct Uniques {
    of: Vec<Node>,
    most: usize,
}

impl Measure for Uniques {
    type State = FirstMet;

    fn numbered(&self) -> Option<&[Node]> {
        Some(&self.of)
    }

    fn update<'a>(&'a self, states: &mut PerGroup<FirstMet>, rows: &mut Rows<'a, '_>) {
        for ((id, row), group) in rows.ids.iter().zip(rows.rows).zip(rows.groups) {
            if *id != NONE {
                states.at(*group).add(*id, rows.moment(*row));
            }
        }
    }

    fn finish(&self, first: FirstMet, ending: &Ending<'_, '_>) -> Value {
        let mut met: Vec<_> = first.0.into_iter().map(|(id, moment)| (moment, id)).collect();
        met.sort_unstable();
        let value = |(_, id): &((i64, u64), u32)| ending.ids.map_or(Value::Null, |ids| ids.value(*id));
        Value::List(met.iter().take(self.most).map(value).collect())
    }
}
