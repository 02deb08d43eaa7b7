//! Deviations and percentiles.

use super::percentile::{bucket_percentile, by_point, percentile};
use crate::error::EvalError;
use crate::function::build::{Args, Build, Built};
use crate::function::entry::{Function, Naming, Standing};
use crate::function::measure::{Aggregate, Ending, Measure, PerGroup, Rows, State};
use crate::node::Node;
use crate::value::{Datum, Value};

pub(in crate::function) const FUNCTIONS: &[Function] = &[
    Function::aggregate("median", (1, 1), "median(value)", "`percentile(value, 50)`. Exact.", median),
    Function::aggregate("percentile", (1, 32), "percentile(value[, p, …])", "Value at each percentile, 95 by default, interpolated between neighbours. Exact, where New Relic estimates within 1.6 to 6.3 %.", percentiles).also(&["percentiles"]).ranks().naming(Naming::Thresholds),
    Function::aggregate("histogramPercentile", (1, 32), "histogramPercentile(value[, p, …])", "Over events, `percentile`.", percentiles).ranks().naming(Naming::Thresholds).standing(Standing::Metrics),
    Function::aggregate("bucketPercentile", (1, 32), "bucketPercentile(attr_bucket[, p, …])", "Percentiles of cumulative buckets, identified by the attribute `le`; without `le`, those of the values.", bucket_percentiles).standing(Standing::Metrics),
    Function::aggregate("stddev", (1, 1), "stddev(value)", "Standard deviation of the population; 0 without numbers.", |build, args| deviation(build, args, false)),
    Function::aggregate("stdvar", (1, 1), "stdvar(value)", "Variance of the population; 0 without numbers.", |build, args| deviation(build, args, true)),
];

fn median<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Box<dyn Aggregate>> {
    let of = build.first(args)?;
    Ok(Box::new(Percentiles { of, points: vec![50.0], single: true }))
}

fn percentiles<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Box<dyn Aggregate>> {
    let of = build.first(args)?;
    Ok(Box::new(Percentiles { of, points: points(build, args)?, single: false }))
}

fn bucket_percentiles<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Box<dyn Aggregate>> {
    let of = build.first(args)?;
    let points = points(build, args)?;
    Ok(match build.other_attribute("le") {
        Some(edge) => Box::new(BucketPercentiles { of, edge, points }),
        None => Box::new(Percentiles { of, points, single: false }),
    })
}

fn deviation<'q>(
    build: &mut (dyn Build<'q> + '_),
    args: &Args<'q>,
    squared: bool,
) -> Built<Box<dyn Aggregate>> {
    let of = build.first(args)?;
    Ok(Box::new(Deviation { of, squared }))
}

fn points<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Vec<f64>> {
    let mut points = Vec::new();
    for arg in args.plain.iter().skip(1) {
        let point = build.constant_number(arg.value.expr(), "a percentile")?;
        if !(0.0..=100.0).contains(&point) {
            return Err(EvalError::invalid(arg.value.expr().span, "a percentile must be from 0 to 100"));
        }
        points.push(point);
    }
    Ok(if points.is_empty() { vec![95.0] } else { points })
}

/// Every number, for exact percentiles.
#[derive(Clone, Debug, Default)]
struct Numbers(Vec<f64>);

impl State for Numbers {
    fn merge(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
    }

    fn heap(&self) -> usize {
        self.0.capacity() * 8
    }
}

#[derive(Debug)]
struct Percentiles {
    of: Node,
    points: Vec<f64>,
    single: bool,
}

impl Measure for Percentiles {
    type State = Numbers;

    fn update<'a>(&'a self, states: &mut PerGroup<Numbers>, rows: &mut Rows<'a, '_>) {
        rows.batch.numbers(&self.of, rows.rows, |at, number| states.at(rows.groups[at]).0.push(number));
    }

    fn finish(&self, numbers: Numbers, _: &Ending<'_, '_>) -> Value {
        let mut numbers = numbers.0;
        numbers.sort_unstable_by(f64::total_cmp);
        let results = self.points.iter().map(|point| (*point, percentile(&numbers, *point)));
        if self.single {
            results.map(|(_, value)| value).next().unwrap_or_default()
        } else {
            by_point(results)
        }
    }
}

/// Sums by upper edge, for cumulative buckets.
#[derive(Clone, Debug, Default)]
struct Edges(Vec<(f64, f64)>);

impl Edges {
    fn add(&mut self, edge: f64, count: f64) {
        match self.0.iter_mut().find(|(known, _)| *known == edge) {
            Some((_, sum)) => *sum += count,
            None => self.0.push((edge, count)),
        }
    }
}

impl State for Edges {
    fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|(edge, count)| self.add(*edge, *count));
    }

    fn heap(&self) -> usize {
        self.0.capacity() * 16
    }
}

#[derive(Debug)]
struct BucketPercentiles {
    of: Node,
    edge: Node,
    points: Vec<f64>,
}

impl Measure for BucketPercentiles {
    type State = Edges;

    fn update<'a>(&'a self, states: &mut PerGroup<Edges>, rows: &mut Rows<'a, '_>) {
        rows.batch.numbers(&self.of, rows.rows, |at, number| {
            let edge = match self.edge.eval(&rows.batch.env(rows.rows[at])) {
                Datum::Text(text) if text == "+Inf" => Some(f64::INFINITY),
                Datum::Text(text) => text.parse().ok(),
                other => other.number(),
            };
            if let Some(edge) = edge {
                states.at(rows.groups[at]).add(edge, number);
            }
        });
    }

    fn finish(&self, edges: Edges, _: &Ending<'_, '_>) -> Value {
        let mut edges = edges.0;
        edges.sort_by(|a, b| a.0.total_cmp(&b.0));
        by_point(self.points.iter().map(|point| (*point, bucket_percentile(&edges, *point))))
    }
}

/// Mean and squared distance from it, updated so that no large sums cancel.
#[derive(Clone, Debug, Default)]
struct Spread {
    count: f64,
    mean: f64,
    squares: f64,
}

impl State for Spread {
    fn merge(&mut self, other: &Self) {
        if other.count == 0.0 {
            return;
        }
        let count = self.count + other.count;
        let distance = other.mean - self.mean;
        self.mean += distance * other.count / count;
        self.squares += other.squares + distance * distance * self.count * other.count / count;
        self.count = count;
    }
}

#[derive(Debug)]
struct Deviation {
    of: Node,
    squared: bool,
}

impl Measure for Deviation {
    type State = Spread;

    fn update<'a>(&'a self, states: &mut PerGroup<Spread>, rows: &mut Rows<'a, '_>) {
        rows.batch.numbers(&self.of, rows.rows, |at, number| {
            let spread = states.at(rows.groups[at]);
            spread.count += 1.0;
            let distance = number - spread.mean;
            spread.mean += distance / spread.count;
            spread.squares += distance * (number - spread.mean);
        });
    }

    fn finish(&self, spread: Spread, _: &Ending<'_, '_>) -> Value {
        let variance = if spread.count > 0.0 { spread.squares / spread.count } else { 0.0 };
        Value::float(if self.squared { variance } else { variance.sqrt() })
    }
}
