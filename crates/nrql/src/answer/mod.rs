//! The result of a query, and its output formats.

mod csv;
mod nerdgraph;
mod raw;
mod table;

use crate::value::Value;

/// The answer to a query.
///
/// Its rows are flat, as NerdGraph's `results` are: one for each facet and window. [`Self::to_nerdgraph`] gives the
/// JSON that New Relic's API would, [`Self::to_table`] and [`Self::to_csv`] texts for people.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Answer {
    /// What kind of rows these are.
    pub kind: Kind,
    /// The columns, in the order of each row's values.
    pub columns: Vec<Column>,
    /// Names of the facet's keys, in the order of each row's facet.
    pub facets: Vec<String>,
    /// The rows: by facet, within a facet by window.
    pub rows: Vec<Row>,
    /// The rows of the earlier range, where COMPARE WITH asked for it.
    pub previous: Option<Vec<Row>>,
    /// Everything as one: a row, or with FACET and TIMESERIES one for each window.
    pub total: Vec<Row>,
    /// The facets that are not shown as one.
    pub other: Vec<Row>,
    /// About the query.
    pub metadata: Metadata,
    /// About the work.
    pub stats: QueryStats,
}

/// The kinds of [`Answer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// `SHOW EVENT TYPES`
    EventTypes,
    /// Rows of events.
    Events {
        /// Whether ORDER BY sorted them; else the newest is first.
        ordered: bool,
    },
    /// Results of aggregates.
    Aggregates {
        /// Whether there is FACET.
        faceted: bool,
        /// Whether there is TIMESERIES.
        timeseries: bool,
    },
}

/// A column.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Column {
    /// Its key in NerdGraph's rows: the label, or the function's name with its attribute, as `average.duration`.
    pub key: String,
    /// Its heading for people: the label, or the text of the item.
    pub heading: String,
    /// `AS …`
    pub alias: Option<String>,
    /// The outermost function.
    pub function: Option<String>,
    /// The attribute that is the function's first argument.
    pub attribute: Option<String>,
    /// What `percentile` was asked for.
    pub thresholds: Vec<f64>,
    /// Labels of the steps of `funnel`.
    pub steps: Vec<String>,
    /// Other constants that the function was given, by name, as the raw response tells them.
    pub parameters: Vec<(String, f64)>,
    /// Whether another column wanted the same key.
    pub collided: bool,
}

impl Column {
    pub(crate) fn named(name: &str) -> Self {
        Self { key: name.to_owned(), heading: name.to_owned(), ..Self::default() }
    }
}

/// A row.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Row {
    /// Values of the facet's keys; empty without FACET.
    pub facet: Vec<Value>,
    /// Begin and end of the window in milliseconds since 1970, with TIMESERIES.
    pub window: Option<(i64, i64)>,
    /// A value for each column.
    pub values: Vec<Value>,
    /// Events that went into it.
    pub inspected: u64,
}

/// About a query: NerdGraph's `metadata`, and what the raw response says beside it.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Metadata {
    /// Event types of FROM.
    pub event_types: Vec<String>,
    /// First millisecond of the range.
    pub begin: i64,
    /// One past the last millisecond of the range.
    pub end: i64,
    /// SINCE as New Relic words it, `60 MINUTES AGO` when it is absent.
    pub since: String,
    /// UNTIL in the same way.
    pub until: String,
    /// COMPARE WITH in the same way.
    pub compare_with: Option<String>,
    /// What the analyst should know: unknown names, choices that the answer hangs on.
    pub messages: Vec<String>,
    /// LIMIT, or the default, where one applies.
    pub limit: Option<u64>,
    /// OFFSET
    pub offset: Option<u64>,
    /// Width of the windows, with TIMESERIES.
    pub bucket_millis: Option<i64>,
}

/// About the work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueryStats {
    /// Events in the range.
    pub inspected: u64,
    /// Events that WHERE kept.
    pub matched: u64,
    /// Milliseconds it took.
    pub wall_clock_millis: u64,
}

impl Answer {
    /// The value of the first row's first column: for a query that asks for one number.
    #[must_use]
    pub fn value(&self) -> Option<&Value> {
        self.rows.first().and_then(|row| row.values.first())
    }

    /// The values that an outer query compares with: the first column, an array in it as its elements.
    pub(crate) fn into_values(self) -> Vec<Value> {
        let firsts = self.rows.into_iter().filter_map(|row| row.values.into_iter().next());
        let spread = firsts.flat_map(|value| match value {
            Value::List(items) => items.to_vec(),
            Value::Map(entries) if entries.len() == 1 => vec![entries[0].1.clone()],
            other => vec![other],
        });
        spread.collect()
    }
}
