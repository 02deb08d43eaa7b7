//! Counts by range of a value.

use super::percentile::by_point;
use crate::ast::Expr;
use crate::error::EvalError;
use crate::function::build::{Args, Build, Built};
use crate::function::entry::Function;
use crate::function::measure::{Aggregate, Ending, Measure, PerGroup, Rows, State};
use crate::node::Node;
use crate::value::Value;

pub(in crate::function) const FUNCTIONS: &[Function] = &[
    Function::aggregate("histogram", (1, 4), "histogram(value[, width: 10][, buckets: 40][, start: 0])", "Rows in each of the equal buckets of a range that begins at start and is width wide; values below and above go to the first and the last. The positional arguments are width, buckets, start.", histogram).labels(&["width", "buckets", "start"]).parameters(&[("width", "width", 10.0), ("buckets", "buckets", 40.0), ("start", "start", 0.0)]).no_alerts(),
    Function::aggregate("cdfPercentage", (2, 11), "cdfPercentage(value, t1[, …])", "Share of the numbers that are at most t, for each of up to ten thresholds.", cdf_percentage),
    Function::aggregate("apdex", (1, 2), "apdex(value, t: 0.5)", "(rows ≤ t + half of the rows ≤ 4t) ÷ rows.", apdex).labels(&["t"]).parameters(&[("t", "threshold", 0.5)]),
];

fn histogram<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Box<dyn Aggregate>> {
    let of = build.first(args)?;
    let mut number = |label: &str, place: usize, default: f64| match args.label(label).or(args.expr(place)) {
        Some(expr) => build.constant_number(expr, label),
        None => Ok(default),
    };
    let width = number("width", 1, 10.0)?;
    let buckets = number("buckets", 2, 40.0)?;
    let start = number("start", 3, 0.0)?;
    let wrong = |expr: Option<&Expr>, message: &str| {
        Err(EvalError::invalid(expr.map_or(args.span, |expr| expr.span), message))
    };
    if width <= 0.0 {
        return wrong(args.label("width").or(args.expr(1)), "the width of a histogram must be above 0");
    }
    if !(1.0..=500.0).contains(&buckets) || buckets.fract() != 0.0 {
        return wrong(args.label("buckets").or(args.expr(2)), "a histogram has 1 to 500 buckets");
    }
    Ok(Box::new(Histogram { of, start, width, buckets: buckets as usize }))
}

fn cdf_percentage<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Box<dyn Aggregate>> {
    let of = build.first(args)?;
    let mut thresholds = Vec::new();
    for arg in args.plain.iter().skip(1) {
        thresholds.push(build.constant_number(arg.value.expr(), "a threshold")?);
    }
    Ok(Box::new(Cdf { of, thresholds }))
}

fn apdex<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Box<dyn Aggregate>> {
    let of = build.first(args)?;
    let t = args.label("t").or(args.expr(1));
    let t = t.map_or(Ok(0.5), |expr| build.constant_number(expr, "t"))?;
    if t <= 0.0 {
        return Err(EvalError::invalid(args.span, "the t of apdex must be above 0"));
    }
    Ok(Box::new(Apdex { of, t }))
}

/// Counts by place.
#[derive(Clone, Debug, Default)]
struct Counts(Vec<u64>);

impl Counts {
    fn add(&mut self, place: usize, places: usize) {
        if self.0.len() < places {
            self.0.resize(places, 0);
        }
        self.0[place] += 1;
    }
}

impl State for Counts {
    fn merge(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        self.0.iter_mut().zip(&other.0).for_each(|(mine, theirs)| *mine += theirs);
    }

    fn heap(&self) -> usize {
        self.0.capacity() * 8
    }
}

#[derive(Debug)]
struct Histogram {
    of: Node,
    start: f64,
    /// Of the whole range.
    width: f64,
    buckets: usize,
}

impl Measure for Histogram {
    type State = Counts;

    fn update<'a>(&'a self, states: &mut PerGroup<Counts>, rows: &mut Rows<'a, '_>) {
        rows.batch.numbers(&self.of, rows.rows, |at, number| {
            let place = ((number - self.start) * self.buckets as f64 / self.width).floor();
            let place = place.clamp(0.0, (self.buckets - 1) as f64);
            states.at(rows.groups[at]).add(place as usize, self.buckets);
        });
    }

    fn finish(&self, counts: Counts, _: &Ending<'_, '_>) -> Value {
        let mut counts = counts.0;
        counts.resize(self.buckets, 0);
        Value::List(counts.into_iter().map(|count| Value::Int(count.cast_signed())).collect())
    }
}

#[derive(Debug)]
struct Cdf {
    of: Node,
    thresholds: Vec<f64>,
}

impl Measure for Cdf {
    type State = Counts;

    fn update<'a>(&'a self, states: &mut PerGroup<Counts>, rows: &mut Rows<'a, '_>) {
        let places = self.thresholds.len() + 1;
        rows.batch.numbers(&self.of, rows.rows, |at, number| {
            let state = states.at(rows.groups[at]);
            state.add(self.thresholds.len(), places);
            for (place, _) in
                self.thresholds.iter().enumerate().filter(|(_, threshold)| number <= **threshold)
            {
                state.add(place, places);
            }
        });
    }

    fn finish(&self, counts: Counts, _: &Ending<'_, '_>) -> Value {
        let counts = counts.0;
        let all = counts.last().copied().unwrap_or(0) as f64;
        by_point(self.thresholds.iter().enumerate().map(|(place, threshold)| {
            let share =
                counts.get(place).map_or(Value::Null, |count| Value::float(100.0 * *count as f64 / all));
            (*threshold, share)
        }))
    }
}

#[derive(Debug)]
struct Apdex {
    of: Node,
    t: f64,
}

impl Measure for Apdex {
    type State = Counts;

    fn update<'a>(&'a self, states: &mut PerGroup<Counts>, rows: &mut Rows<'a, '_>) {
        rows.batch.numbers(&self.of, rows.rows, |at, number| {
            let place = if number <= self.t { 0 } else { 1 + usize::from(number > 4.0 * self.t) };
            states.at(rows.groups[at]).add(place, 3);
        });
    }

    fn finish(&self, counts: Counts, _: &Ending<'_, '_>) -> Value {
        let [satisfied, tolerating, frustrated] = counts.0.as_slice() else { return Value::Null };
        let all = (satisfied + tolerating + frustrated) as f64;
        Value::float((*satisfied as f64 + *tolerating as f64 / 2.0) / all)
    }
}
