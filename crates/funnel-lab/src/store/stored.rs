//! Rows of `event` as they lie in the file, some thousand at a time.

use std::collections::HashMap;
use std::ops::Range;

use nrql::Datum;
use rusqlite::Row;

use super::shape::{Cell, Shape};
use crate::columns::{JourneysFill, RowsFill};
use crate::judge::{EventVerdict, hex16};
use crate::report::Given;

/// Rows of a chunk, unless their texts are long.
const ROWS: usize = 4_096;
/// Bytes of text after which a chunk is full.
const TEXT: usize = 8 * 1024 * 1024;
/// Cells after which a chunk is full: a file with many contracts has hundreds of columns.
const CELLS: usize = 256 * 1024;

/// Rows that were read and are not in the columns yet. Read once, used by the counts and by both kinds of columns.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    rows: Vec<StoredRow>,
    /// Of each row all columns behind [`FIXED`](super::shape::FIXED).
    cells: Vec<Kept>,
    text: String,
}

/// A row of a chunk.
#[derive(Debug)]
struct StoredRow {
    timestamp: i64,
    nanos: i64,
    kind: Range<usize>,
    verdict: EventVerdict,
    stored: bool,
    resource: i64,
    /// By whose rules it was judged, if the lab knows that contract.
    contract: Option<usize>,
    /// Whether it is an event of the contract by which it was judged.
    is_marked: bool,
    extra: Option<Range<usize>>,
}

/// A [`Cell`] whose text is in the chunk.
#[derive(Debug, Clone)]
enum Kept {
    Absent,
    Text(u32, u32),
    Bool(bool),
    Integer(i64),
    Number(f64),
}

/// A row of a chunk with what it needs to be understood.
pub(super) struct Stored<'c> {
    chunk: &'c Chunk,
    row: &'c StoredRow,
    cells: &'c [Kept],
    shape: &'c Shape,
}

impl Chunk {
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.rows.len() >= ROWS || self.text.len() >= TEXT || self.cells.len() >= CELLS
    }

    /// Adds a row that was selected with all columns.
    pub(super) fn push(&mut self, shape: &Shape, row: &Row<'_>) -> rusqlite::Result<()> {
        let kind = row.get_ref(4)?.as_str()?;
        let extra = row.get_ref(8)?.as_str_or_null()?;
        let judge = shape.judge_of(row.get_ref(9)?.as_str_or_null()?, extra.is_some());
        self.rows.push(StoredRow {
            timestamp: row.get(2)?,
            nanos: row.get(3)?,
            is_marked: judge.is_some_and(|(name, _)| name == kind),
            contract: judge.and_then(|(_, at)| at),
            verdict: EventVerdict::named(row.get_ref(5)?.as_str()?).unwrap_or(EventVerdict::Other),
            stored: row.get(6)?,
            resource: row.get(7)?,
            kind: keep(&mut self.text, kind),
            extra: extra.map(|extra| keep(&mut self.text, extra)),
        });
        for at in 0..shape.columns.len() {
            self.cells.push(match shape.cell(row, at) {
                None => Kept::Absent,
                Some(Cell::Bool(value)) => Kept::Bool(value),
                Some(Cell::Integer(value)) => Kept::Integer(value),
                Some(Cell::Number(value)) => Kept::Number(value),
                Some(Cell::Text(text)) => {
                    let Range { start, end } = keep(&mut self.text, text);
                    // A chunk is full long before its text is that long.
                    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
                    Kept::Text(place(start), place(end))
                }
            });
        }
        Ok(())
    }

    /// The rows, oldest first.
    pub(super) fn rows<'c>(&'c self, shape: &'c Shape) -> impl Iterator<Item = Stored<'c>> {
        let width = shape.columns.len();
        self.rows.iter().enumerate().map(move |(at, row)| Stored {
            chunk: self,
            row,
            cells: &self.cells[at * width..(at + 1) * width],
            shape,
        })
    }

    /// Appends the events that queries count to the columns.
    pub(super) fn append(&self, shape: &Shape, fill: &mut RowsFill<'_>, resources: &HashMap<i64, String>) {
        for row in self.rows(shape).filter(Stored::stored) {
            let timestamp = row.row.timestamp;
            if let Some(extra) = &row.row.extra {
                let resource = resources.get(&row.resource()).map_or("{}", String::as_str);
                fill.other(row.kind(), timestamp, &self.text[extra.clone()], resource);
            } else {
                fill.funnel(row.kind(), row.row.is_marked, timestamp, row.attributes());
            }
        }
    }

    /// Adds the same events to their journeys.
    pub(super) fn join(&self, shape: &Shape, fill: &mut JourneysFill<'_>) {
        for row in self.rows(shape).filter(Stored::stored) {
            fill.take(row.kind(), row.contract(), row.row.nanos, row.verdict(), |at| row.given(at));
        }
    }
}

fn keep(text: &mut String, piece: &str) -> Range<usize> {
    let start = text.len();
    text.push_str(piece);
    start..text.len()
}

impl<'c> Stored<'c> {
    pub(super) fn kind(&self) -> &'c str {
        &self.chunk.text[self.row.kind.clone()]
    }

    pub(super) fn verdict(&self) -> EventVerdict {
        self.row.verdict
    }

    pub(super) fn stored(&self) -> bool {
        self.row.stored
    }

    pub(super) fn resource(&self) -> i64 {
        self.row.resource
    }

    pub(super) fn contract(&self) -> Option<usize> {
        self.row.contract
    }

    pub(super) fn step(&self) -> Option<usize> {
        let (contract, name) = self.contract().zip(self.text(self.shape.step))?;
        self.shape.contracts.at(contract).contract.step_position(name)
    }

    pub(super) fn event_id(&self) -> Option<[u8; 16]> {
        self.text(self.shape.event_id).and_then(hex16)
    }

    fn cell(&self, column: usize) -> Option<Cell<'c>> {
        Some(match self.cells.get(column)? {
            Kept::Absent => return None,
            Kept::Text(start, end) => Cell::Text(&self.chunk.text[*start as usize..*end as usize]),
            Kept::Bool(value) => Cell::Bool(*value),
            Kept::Integer(value) => Cell::Integer(*value),
            Kept::Number(value) => Cell::Number(*value),
        })
    }

    fn text(&self, column: Option<usize>) -> Option<&'c str> {
        match self.cell(column?)? {
            Cell::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value of an attribute by its position in the contract by which the row was judged.
    fn given(&self, at: usize) -> Option<Given<'c>> {
        match self.cell(self.shape.place(self.contract()?, at)?)? {
            Cell::Text(text) => Some(Given::Text(text)),
            Cell::Bool(value) => Some(Given::Bool(value)),
            Cell::Integer(value) => Some(Given::Integer(value)),
            Cell::Number(_) => None,
        }
    }

    /// The attributes that the row has, whichever contract they are of.
    fn attributes(&self) -> impl Iterator<Item = (&'c str, Datum<'c>)> {
        let columns = self.shape.columns.iter().enumerate();
        columns.filter_map(|(at, column)| {
            let datum = match self.cell(at)? {
                Cell::Text(text) => Datum::from(text),
                Cell::Bool(value) => Datum::from(value),
                Cell::Integer(value) => Datum::from(value),
                Cell::Number(value) => Datum::from(value),
            };
            Some((column.key(), datum))
        })
    }
}
