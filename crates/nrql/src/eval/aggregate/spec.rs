//! Which aggregate, over what.

use crate::eval::node::{Condition, Node};

/// One aggregate of a query.
#[derive(Debug)]
pub(in crate::eval) struct Aggregate {
    pub(in crate::eval) kind: AggregateKind,
    /// Rows that count, beside WHERE.
    pub(in crate::eval) filter: Option<Condition>,
    /// Its text with its filters: what is written twice is worked out once.
    pub(in crate::eval) key: String,
}

/// The kinds of [`Aggregate`].
#[derive(Debug)]
pub(in crate::eval) enum AggregateKind {
    Rows,
    Count(Node),
    Sum(Node),
    Average(Node),
    Min(Node),
    Max(Node),
    Deviation {
        of: Node,
        squared: bool,
    },
    Percentiles {
        of: Node,
        points: Vec<f64>,
        single: bool,
    },
    BucketPercentiles {
        of: Node,
        edge: Node,
        points: Vec<f64>,
    },
    UniqueCount(Vec<Node>),
    Uniques(Vec<Node>, usize),
    Newest(Node),
    Oldest(Node),
    /// Least-squares slope per `per` ms, or the line's value `ahead` ms past the window.
    Slope {
        of: Node,
        per: f64,
        ahead: Option<f64>,
    },
    /// Change between the last two points, per `per` ms if given.
    LastChange {
        of: Node,
        per: Option<f64>,
    },
    Histogram {
        of: Node,
        start: f64,
        width: f64,
        buckets: usize,
    },
    Cdf {
        of: Node,
        thresholds: Vec<f64>,
    },
    Apdex {
        of: Node,
        t: f64,
    },
    Funnel {
        id: Vec<Node>,
        steps: Vec<Condition>,
        labels: Vec<String>,
    },
    Keyset {
        dimensions: bool,
    },
    ByteCount,
    Cardinality {
        of: Option<Node>,
        include: Vec<String>,
        exclude: Vec<String>,
    },
}
