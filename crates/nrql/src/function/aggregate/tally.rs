//! Counts, sums and bounds.

use crate::ast::ExprKind;
use crate::function::build::{Args, Build, Built};
use crate::function::entry::{Function, Standing};
use crate::function::measure::{Aggregate, Ending, Measure, PerGroup, Rows, State};
use crate::node::Node;
use crate::value::Value;

pub(in crate::function) const FUNCTIONS: &[Function] = &[
    Function::aggregate(
        "count",
        (0, 1),
        "count(*) | count(attr)",
        "Rows, or rows where the attribute is not NULL.",
        count,
    )
    .ranks(),
    Function::aggregate(
        "sum",
        (1, 1),
        "sum(value)",
        "Sum of the numbers; 0 without numbers.",
        |build, args| tally(build, args, Part::Sum),
    )
    .labels(TIMES),
    Function::aggregate(
        "average",
        (1, 1),
        "average(value)",
        "Mean of the numbers; NULL without numbers.",
        |build, args| tally(build, args, Part::Average),
    )
    .labels(TIMES)
    .also(&["avg"])
    .ranks(),
    Function::aggregate(
        "min",
        (1, 1),
        "min(value)",
        "Smallest number; NULL without numbers.",
        |build, args| tally(build, args, Part::Min),
    )
    .labels(TIMES)
    .ranks(),
    Function::aggregate(
        "max",
        (1, 1),
        "max(value)",
        "Largest number; NULL without numbers.",
        |build, args| tally(build, args, Part::Max),
    )
    .labels(TIMES)
    .ranks(),
    Function::aggregate(
        "datapointcount",
        (0, 1),
        "datapointcount()",
        "Over events, the number of rows.",
        |_, _| Ok(count_of_rows()),
    )
    .standing(Standing::Metrics),
];

/// Whether a metric's own time alone counts: events have no other.
const TIMES: &[&str] = &["exclusiveTime"];

fn count<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Box<dyn Aggregate>> {
    match args.expr(0).map(|first| &first.kind) {
        None | Some(ExprKind::Star | ExprKind::Literal(_)) => Ok(count_of_rows()),
        Some(_) => build.first(args).map(count_of),
    }
}

fn tally<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>, part: Part) -> Built<Box<dyn Aggregate>> {
    let of = build.first(args)?;
    Ok(Box::new(Tallied { of, part }))
}

/// Counts rows.
pub(crate) fn count_of_rows() -> Box<dyn Aggregate> {
    Box::new(CountRows)
}

/// Counts rows where a value is not NULL.
pub(crate) fn count_of(value: Node) -> Box<dyn Aggregate> {
    Box::new(Count(value))
}

#[derive(Debug)]
struct CountRows;

#[derive(Debug)]
struct Count(Node);

impl State for u64 {
    fn merge(&mut self, other: &Self) {
        *self += other;
    }
}

impl Measure for CountRows {
    type State = u64;

    fn same_as(&self) -> Option<&'static str> {
        Some("rows")
    }

    fn update<'a>(&'a self, states: &mut PerGroup<u64>, rows: &mut Rows<'a, '_>) {
        let Some(greatest) = rows.groups.iter().max() else { return };
        states.at(*greatest);
        for group in rows.groups {
            states.states[*group as usize] += 1;
        }
    }

    fn finish(&self, count: u64, _: &Ending<'_, '_>) -> Value {
        Value::Int(count.cast_signed())
    }
}

impl Measure for Count {
    type State = u64;

    fn update<'a>(&'a self, states: &mut PerGroup<u64>, rows: &mut Rows<'a, '_>) {
        for (row, group) in rows.rows.iter().zip(rows.groups) {
            if !rows.batch.is_null(&self.0, *row) {
                *states.at(*group) += 1;
            }
        }
    }

    fn finish(&self, count: u64, _: &Ending<'_, '_>) -> Value {
        Value::Int(count.cast_signed())
    }
}

/// Number, sum and bounds.
#[derive(Clone, Debug)]
struct Tally {
    count: u64,
    sum: f64,
    min: f64,
    max: f64,
}

impl Default for Tally {
    fn default() -> Self {
        Self { count: 0, sum: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY }
    }
}

impl State for Tally {
    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }
}

#[derive(Clone, Copy, Debug)]
enum Part {
    Sum,
    Average,
    Min,
    Max,
}

#[derive(Debug)]
struct Tallied {
    of: Node,
    part: Part,
}

impl Measure for Tallied {
    type State = Tally;

    fn update<'a>(&'a self, states: &mut PerGroup<Tally>, rows: &mut Rows<'a, '_>) {
        rows.batch.numbers(&self.of, rows.rows, |at, number| {
            let tally = states.at(rows.groups[at]);
            tally.count += 1;
            tally.sum += number;
            tally.min = tally.min.min(number);
            tally.max = tally.max.max(number);
        });
    }

    fn finish(&self, tally: Tally, _: &Ending<'_, '_>) -> Value {
        Value::float(match self.part {
            Part::Sum => tally.sum,
            Part::Average => tally.sum / tally.count as f64,
            Part::Min => tally.min,
            Part::Max => tally.max,
        })
    }
}
