//! Several event types under one bound.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::source::Source;
use super::table_type::Table;
use crate::time::TimeRange;
use crate::value::Datum;

/// How much a [`Store`] keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of all tables together; past it the oldest rows go.
    pub max_bytes: usize,
    /// Event types; rows of a further type are refused.
    pub max_event_types: usize,
}

impl Default for Limits {
    /// 1 GiB, and 250 event types as New Relic has.
    fn default() -> Self {
        Self { max_bytes: 1 << 30, max_event_types: 250 }
    }
}

impl Limits {
    /// The same with another bound of memory.
    #[must_use]
    pub fn max_bytes(self, max_bytes: usize) -> Self {
        Self { max_bytes, ..self }
    }
}

/// Rows in memory, by event type: append, drop what is old, query.
///
/// ```
/// let mut store = nrql::Store::default();
/// store.append("InstantFunnel", 1_000, [("funnelStep", "landing"), ("cohort", "real")]);
/// store.append("InstantFunnel", 2_000, [("funnelStep", "claim"), ("cohort", "real")]);
/// let query = nrql::parse("SELECT count(*) FROM InstantFunnel WHERE funnelStep = 'claim'")?;
/// let answer = nrql::evaluate(&query, &store, 10_000)?;
/// assert_eq!(answer.to_nerdgraph()["results"][0]["count"], 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Store {
    limits: Limits,
    tables: BTreeMap<String, Table>,
    appended: usize,
    dropped: u64,
    refused: u64,
}

/// How many rows go in between two looks at the bound.
const CHECK_EVERY: usize = 4_096;

impl Store {
    /// An empty store.
    #[must_use]
    pub fn with_limits(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Appends a row; see [`Table::append`]. False when the row was refused because its event type would be one
    /// too many.
    pub fn append<'a, N, D>(
        &mut self,
        event_type: &str,
        timestamp: i64,
        attributes: impl IntoIterator<Item = (N, D)>,
    ) -> bool
    where
        N: AsRef<str>,
        D: Into<Datum<'a>>,
    {
        if let Some(table) = self.tables.get_mut(event_type) {
            table.append(timestamp, attributes);
        } else if self.tables.len() < self.limits.max_event_types {
            let mut table = Table::new(event_type);
            table.append(timestamp, attributes);
            self.tables.insert(event_type.to_owned(), table);
        } else {
            self.refused += 1;
            return false;
        }
        self.appended += 1;
        if self.appended >= CHECK_EVERY {
            self.appended = 0;
            self.hold_bound();
        }
        true
    }

    /// Drops oldest segments, of the largest table first, until an eighth of the bound is free again; the texts
    /// that only they held go with them.
    fn hold_bound(&mut self) {
        if self.bytes() <= self.limits.max_bytes {
            return;
        }
        let target = self.limits.max_bytes / 8 * 7;
        while self.bytes() > target {
            let Some(largest) =
                self.tables.values_mut().filter(|table| !table.is_empty()).max_by_key(|table| table.bytes())
            else {
                return;
            };
            // An eighth of its segments at a time: dictionaries are rebuilt once for all of them.
            let segments = largest.segments().count().div_ceil(8);
            for _ in 0..segments {
                self.dropped += largest.drop_oldest() as u64;
            }
            largest.compact();
        }
    }

    /// Drops rows older than `time`, in milliseconds since 1970, by whole segments; see [`Table::drop_before`].
    pub fn drop_before(&mut self, time: i64) -> usize {
        let dropped = self.tables.values_mut().map(|table| table.drop_before(time)).sum();
        self.dropped += dropped as u64;
        dropped
    }

    /// Drops the oldest appended rows of an event type until `rows` are left; see [`Table::keep_newest`].
    pub fn keep_newest(&mut self, event_type: &str, rows: usize) -> usize {
        let dropped = self.tables.get_mut(event_type).map_or(0, |table| table.keep_newest(rows));
        self.dropped += dropped as u64;
        dropped
    }

    /// Forgets every row.
    pub fn clear(&mut self) {
        self.tables.clear();
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tables.values().map(Table::len).sum()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of memory that the rows take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.tables.values().map(Table::bytes).sum()
    }

    /// Rows that the bound, [`Self::drop_before`] and [`Self::keep_newest`] cost so far.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Rows that were refused because of their event type.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// The tables, by event type.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.tables.values()
    }
}

impl Source for Store {
    fn event_types(&self) -> Vec<String> {
        self.tables.iter().filter(|(_, table)| !table.is_empty()).map(|(name, _)| name.clone()).collect()
    }

    fn table(&self, event_type: &str, _: TimeRange) -> Option<Cow<'_, Table>> {
        self.tables.get(event_type).map(Cow::Borrowed)
    }
}
