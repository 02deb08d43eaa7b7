//! Rows of one event type.

use std::collections::VecDeque;

use hashbrown::HashMap;

use super::column::ColumnData;
use super::dictionary::Dictionary;
use crate::value::Datum;

/// Rows in a segment: few enough that a column of one stays in a core's cache, many enough that its overhead is
/// nothing beside them. Retention drops whole segments.
const SEGMENT_ROWS: usize = 16_384;

/// New Relic keeps this many elements of an array.
const MAX_ELEMENTS: usize = 64;

/// Rows of one event type, by column.
///
/// Texts are kept once per column. Rows may be appended in any order of time; they are dropped by the segment,
/// oldest appended first.
#[derive(Clone, Debug, Default)]
pub struct Table {
    event_type: String,
    names: Vec<String>,
    by_name: HashMap<String, usize>,
    dictionaries: Vec<Dictionary>,
    segments: VecDeque<Segment>,
    dropped_rows: usize,
    /// Whether rows stand outside of time, as those of an inner query without TIMESERIES do.
    pub(crate) timeless: bool,
}

/// A run of rows.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    /// Milliseconds since 1970.
    pub(crate) times: Vec<i64>,
    columns: Vec<Option<ColumnData>>,
    pub(crate) earliest: i64,
    pub(crate) latest: i64,
}

impl Segment {
    fn new() -> Self {
        Self { times: Vec::new(), columns: Vec::new(), earliest: i64::MAX, latest: i64::MIN }
    }

    pub(crate) fn rows(&self) -> usize {
        self.times.len()
    }

    pub(crate) fn column(&self, index: usize) -> Option<&ColumnData> {
        self.columns.get(index).and_then(Option::as_ref)
    }

    fn cut(&mut self, rows: usize) {
        self.times.drain(..rows);
        self.columns.iter_mut().flatten().for_each(|column| column.cut(rows));
        self.earliest = self.times.iter().copied().min().unwrap_or(i64::MAX);
        self.latest = self.times.iter().copied().max().unwrap_or(i64::MIN);
    }

    fn bytes(&self) -> usize {
        let columns: usize = self.columns.iter().flatten().map(ColumnData::bytes).sum();
        columns + self.times.capacity() * 8 + self.columns.capacity() * size_of::<Option<ColumnData>>()
    }
}

impl Table {
    /// An empty table.
    #[must_use]
    pub fn new(event_type: impl Into<String>) -> Self {
        Self { event_type: event_type.into(), ..Self::default() }
    }

    /// The event type of its rows.
    #[must_use]
    pub fn event_type(&self) -> &str {
        &self.event_type
    }

    /// Appends a row. `timestamp` is in milliseconds since 1970; an attribute of that name is ignored, as is one
    /// that is NULL. Of two attributes of one name the first counts. Texts are cut at 4,095 characters and arrays at 64
    /// elements, as New Relic does.
    pub fn append<'a, N, D>(&mut self, timestamp: i64, attributes: impl IntoIterator<Item = (N, D)>)
    where
        N: AsRef<str>,
        D: Into<Datum<'a>>,
    {
        if self.segments.back().is_none_or(|segment| segment.rows() >= SEGMENT_ROWS) {
            if let Some(full) = self.segments.back_mut() {
                full.times.shrink_to_fit();
                full.columns.iter_mut().flatten().for_each(ColumnData::shrink);
            }
            self.segments.push_back(Segment::new());
        }
        let Some(segment) = self.segments.back_mut() else { return };
        let row = segment.rows();
        for (name, datum) in attributes {
            let (name, datum) = (name.as_ref(), shortened(datum.into()));
            if name == "timestamp" || datum.is_null() {
                continue;
            }
            let index = if let Some(index) = self.by_name.get(name) {
                *index
            } else {
                self.names.push(name.to_owned());
                self.dictionaries.push(Dictionary::default());
                self.by_name.insert(name.to_owned(), self.names.len() - 1);
                self.names.len() - 1
            };
            if segment.columns.len() <= index {
                segment.columns.resize(index + 1, None);
            }
            ColumnData::set(&mut segment.columns[index], row, &datum, &mut self.dictionaries[index]);
        }
        segment.times.push(timestamp);
        segment.earliest = segment.earliest.min(timestamp);
        segment.latest = segment.latest.max(timestamp);
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.segments.iter().map(Segment::rows).sum()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Attribute names that some row has or had, without `timestamp`.
    pub fn attributes(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Bytes of memory that the rows take, unused capacity included.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let names: usize = self.names.iter().map(|name| 2 * (name.len() + 24) + 32).sum();
        let segments: usize = self.segments.iter().map(Segment::bytes).sum();
        names + segments + self.dictionaries.iter().map(Dictionary::bytes).sum::<usize>()
    }

    /// Drops the segments whose every row is older than `time`; returns the number of rows dropped.
    ///
    /// Up to one segment's worth (16,384) of older rows may stay. Texts that no row holds any more are forgotten
    /// once as many rows have gone as are left.
    pub fn drop_before(&mut self, time: i64) -> usize {
        let before = self.len();
        self.segments.retain(|segment| segment.latest >= time);
        let dropped = before - self.len();
        self.forget(dropped);
        dropped
    }

    /// Drops the oldest appended segment; returns the number of rows dropped.
    pub(crate) fn drop_oldest(&mut self) -> usize {
        let dropped = self.segments.pop_front().map_or(0, |segment| segment.rows());
        self.forget(dropped);
        dropped
    }

    /// Drops the oldest appended rows until `rows` are left; returns the number of rows dropped.
    pub fn keep_newest(&mut self, rows: usize) -> usize {
        let dropped = self.len().saturating_sub(rows);
        let mut over = dropped;
        while let Some(oldest) = self.segments.front_mut().filter(|_| over > 0) {
            if oldest.rows() > over {
                oldest.cut(over);
                break;
            }
            over -= oldest.rows();
            self.segments.pop_front();
        }
        self.forget(dropped);
        dropped
    }

    fn forget(&mut self, dropped: usize) {
        self.dropped_rows += dropped;
        if self.dropped_rows > 0 && self.dropped_rows >= self.len() {
            self.compact();
        }
    }

    /// Rebuilds the dictionaries from the texts that rows still hold.
    pub fn compact(&mut self) {
        self.dropped_rows = 0;
        for (index, dictionary) in self.dictionaries.iter_mut().enumerate() {
            let mut fresh = Dictionary::default();
            let mut moved = vec![0_u32; dictionary.codes()];
            for segment in &mut self.segments {
                let Some(Some(ColumnData::Codes(codes))) = segment.columns.get_mut(index) else { continue };
                for code in codes.iter_mut().filter(|code| **code != 0) {
                    let slot = &mut moved[*code as usize];
                    if *slot == 0 {
                        *slot = fresh.take_over(dictionary, *code).unwrap_or(0);
                    }
                    *code = *slot;
                }
            }
            *dictionary = fresh;
        }
    }

    pub(crate) fn column_index(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn name(&self, index: usize) -> &str {
        &self.names[index]
    }

    pub(crate) fn columns(&self) -> usize {
        self.names.len()
    }

    pub(crate) fn dictionary(&self, index: usize) -> &Dictionary {
        &self.dictionaries[index]
    }

    pub(crate) fn segments(&self) -> impl Iterator<Item = &Segment> {
        self.segments.iter()
    }
}

fn shortened(datum: Datum<'_>) -> Datum<'_> {
    match datum {
        Datum::List(items) if items.len() > MAX_ELEMENTS => Datum::List(items[..MAX_ELEMENTS].into()),
        datum => datum,
    }
}
