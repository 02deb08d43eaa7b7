//! Change over time.

use crate::function::build::{Args, Build, Built};
use crate::function::entry::{Function, Standing};
use crate::function::measure::{Aggregate, Ending, Measure, PerGroup, Rows, State};
use crate::node::Node;
use crate::value::Value;

pub(in crate::function) const FUNCTIONS: &[Function] = &[
    Function::aggregate(
        "derivative",
        (1, 2),
        "derivative(value[, n unit])",
        "Slope of the least-squares line, per n units (1 second by default); NULL for fewer than two points.",
        derivative,
    )
    .also(&["deriv"]),
    Function::aggregate(
        "predictLinear",
        (2, 2),
        "predictLinear(value, n unit)",
        "The least-squares line, n units past the end of the range.",
        predict_linear,
    ),
    Function::aggregate(
        "latestrate",
        (1, 2),
        "latestrate(value, n unit)",
        "Change between the last two points, per n units.",
        last_rate,
    ),
    Function::aggregate(
        "irate",
        (1, 2),
        "irate(value[, n unit])",
        "Change between the last two points, per n units (1 second by default).",
        last_rate,
    )
    .standing(Standing::Metrics),
    Function::aggregate(
        "idelta",
        (1, 1),
        "idelta(value)",
        "Change between the last two points.",
        last_change,
    )
    .standing(Standing::Metrics),
];

fn derivative<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Box<dyn Aggregate>> {
    let per = args.period(1)?.unwrap_or(1_000.0);
    Ok(Box::new(Slope { of: build.first(args)?, per, ahead: None }))
}

fn predict_linear<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Box<dyn Aggregate>> {
    let ahead = args.period(1)?;
    Ok(Box::new(Slope { of: build.first(args)?, per: 1.0, ahead }))
}

fn last_rate<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Box<dyn Aggregate>> {
    let per = Some(args.period(1)?.unwrap_or(1_000.0));
    Ok(Box::new(LastChange { of: build.first(args)?, per }))
}

fn last_change<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Box<dyn Aggregate>> {
    Ok(Box::new(LastChange { of: build.first(args)?, per: None }))
}

/// Sums for a least-squares line; times are taken from the first one seen, so that they stay small.
#[derive(Clone, Debug, Default)]
struct Line {
    count: f64,
    origin: i64,
    t: f64,
    v: f64,
    tt: f64,
    tv: f64,
}

impl Line {
    fn add(&mut self, time: i64, value: f64) {
        if self.count == 0.0 {
            self.origin = time;
        }
        let t = time.saturating_sub(self.origin) as f64;
        self.count += 1.0;
        self.t += t;
        self.v += value;
        self.tt += t * t;
        self.tv += t * value;
    }

    /// Slope per millisecond, and the value at the origin.
    fn fit(&self) -> Option<(f64, f64)> {
        let spread = self.count * self.tt - self.t * self.t;
        if self.count < 2.0 || spread <= 0.0 {
            return None;
        }
        let slope = (self.count * self.tv - self.t * self.v) / spread;
        Some((slope, (self.v - slope * self.t) / self.count))
    }
}

impl State for Line {
    fn merge(&mut self, other: &Self) {
        if other.count == 0.0 {
            return;
        }
        if self.count == 0.0 {
            self.clone_from(other);
            return;
        }
        // The other's times, counted from this origin.
        let shift = other.origin.saturating_sub(self.origin) as f64;
        self.tt += other.tt + 2.0 * shift * other.t + other.count * shift * shift;
        self.tv += other.tv + shift * other.v;
        self.t += other.t + other.count * shift;
        self.v += other.v;
        self.count += other.count;
    }
}

/// Least-squares slope per `per` ms, or the line's value `ahead` ms past the window.
#[derive(Debug)]
struct Slope {
    of: Node,
    per: f64,
    ahead: Option<f64>,
}

impl Measure for Slope {
    type State = Line;

    fn update<'a>(&'a self, states: &mut PerGroup<Line>, rows: &mut Rows<'a, '_>) {
        rows.batch.numbers(&self.of, rows.rows, |at, number| {
            states.at(rows.groups[at]).add(rows.moment(rows.rows[at]).0, number);
        });
    }

    fn finish(&self, line: Line, ending: &Ending<'_, '_>) -> Value {
        let Some((slope, at_origin)) = line.fit() else { return Value::Null };
        let Some(ahead) = self.ahead else { return Value::float(slope * self.per) };
        let distance = ending.window_end.saturating_sub(line.origin) as f64 + ahead;
        Value::float(at_origin + slope * distance)
    }
}

/// The last two points: time, place in the scan, value.
#[derive(Clone, Debug, Default)]
struct LastTwo(Vec<(i64, u64, f64)>);

impl LastTwo {
    fn add(&mut self, time: i64, order: u64, value: f64) {
        let newer = |a: &(i64, u64, f64), b: &(i64, u64, f64)| (a.0, a.1) < (b.0, b.1);
        let point = (time, order, value);
        if self.0.len() == 2 {
            if newer(&point, &self.0[0]) {
                return;
            }
            self.0[0] = point;
        } else {
            self.0.push(point);
        }
        self.0.sort_by_key(|point| (point.0, point.1));
    }
}

impl State for LastTwo {
    fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|point| self.add(point.0, point.1, point.2));
    }

    fn heap(&self) -> usize {
        self.0.capacity() * 24
    }
}

/// Change between the last two points, per `per` ms if given.
#[derive(Debug)]
struct LastChange {
    of: Node,
    per: Option<f64>,
}

impl Measure for LastChange {
    type State = LastTwo;

    fn update<'a>(&'a self, states: &mut PerGroup<LastTwo>, rows: &mut Rows<'a, '_>) {
        rows.batch.numbers(&self.of, rows.rows, |at, number| {
            let (time, order) = rows.moment(rows.rows[at]);
            states.at(rows.groups[at]).add(time, order, number);
        });
    }

    fn finish(&self, points: LastTwo, _: &Ending<'_, '_>) -> Value {
        let [first, second] = points.0.as_slice() else { return Value::Null };
        let change = second.2 - first.2;
        match self.per {
            None => Value::float(change),
            Some(per) => Value::float(change * per / second.0.saturating_sub(first.0) as f64),
        }
    }
}
