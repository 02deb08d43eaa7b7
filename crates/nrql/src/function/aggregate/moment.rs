//! The newest and the oldest value.

use crate::function::build::{Args, Build, Built};
use crate::function::entry::Function;
use crate::function::measure::{Aggregate, Ending, Measure, PerGroup, Rows, State};
use crate::node::Node;
use crate::value::Value;

pub(in crate::function) const FUNCTIONS: &[Function] = &[
    Function::aggregate(
        "latest",
        (1, 1),
        "latest(value)",
        "Value of the newest row where it is not NULL.",
        |build, args| dated::<true>(build, args),
    ),
    Function::aggregate(
        "earliest",
        (1, 1),
        "earliest(value)",
        "Value of the oldest row where it is not NULL.",
        |build, args| dated::<false>(build, args),
    ),
];

fn dated<'q, const NEWEST: bool>(
    build: &mut (dyn Build<'q> + '_),
    args: &Args<'q>,
) -> Built<Box<dyn Aggregate>> {
    Ok(Box::new(Extreme::<NEWEST>(build.first(args)?)))
}

/// A value with its moment; the order of the scan decides between equal times.
#[derive(Clone, Debug, Default)]
struct Dated<const NEWEST: bool> {
    moment: Option<(i64, u64)>,
    value: Value,
    /// The row that the value still has to be read from.
    pending: Option<u32>,
}

impl<const NEWEST: bool> Dated<NEWEST> {
    fn loses_to(&self, moment: (i64, u64)) -> bool {
        self.moment.is_none_or(|known| if NEWEST { moment >= known } else { moment < known })
    }
}

impl<const NEWEST: bool> State for Dated<NEWEST> {
    fn merge(&mut self, other: &Self) {
        if other.moment.is_some_and(|moment| self.moment != Some(moment) && self.loses_to(moment)) {
            self.clone_from(other);
        }
    }

    fn heap(&self) -> usize {
        self.value.heap_bytes()
    }
}

#[derive(Debug)]
struct Extreme<const NEWEST: bool>(Node);

impl<const NEWEST: bool> Measure for Extreme<NEWEST> {
    type State = Dated<NEWEST>;

    /// Finds each group's best row first, and reads only the values of those.
    fn update<'a>(&'a self, states: &mut PerGroup<Dated<NEWEST>>, rows: &mut Rows<'a, '_>) {
        let mut touched: Vec<u32> = Vec::new();
        for (row, group) in rows.rows.iter().zip(rows.groups) {
            if rows.batch.is_null(&self.0, *row) {
                continue;
            }
            let moment = rows.moment(*row);
            let state = states.at(*group);
            if state.loses_to(moment) {
                *state = Dated { moment: Some(moment), value: Value::Null, pending: Some(*row) };
                if touched.last() != Some(group) {
                    touched.push(*group);
                }
            }
        }
        touched.sort_unstable();
        touched.dedup();
        for group in touched {
            let state = states.at(group);
            if let Some(row) = state.pending.take() {
                state.value = self.0.eval(&rows.batch.env(row)).into_value();
            }
        }
    }

    fn finish(&self, state: Dated<NEWEST>, _: &Ending<'_, '_>) -> Value {
        state.value
    }
}
