//! Reading every event back, to fill the columns.

use super::schema;
use super::shape::{Cell, Shape};
use crate::columns::Fill;
use crate::judge::{EventVerdict, hex16};
use crate::report::Given;
use nrql::Datum;
use rusqlite::{Connection, Row};
use std::collections::HashMap;

/// A row of `event` as it lies in the file.
pub(super) struct Stored<'r> {
    pub(super) timestamp: i64,
    nanos: i64,
    pub(super) kind: &'r str,
    pub(super) verdict: EventVerdict,
    pub(super) stored: bool,
    pub(super) resource: i64,
    pub(super) step: Option<usize>,
    pub(super) event_id: Option<[u8; 16]>,
    /// By whose rules it was judged, if the lab knows that contract.
    pub(super) contract: Option<usize>,
    /// Whether it is an event of the contract by which it was judged.
    is_marked: bool,
    extra: Option<&'r str>,
    shape: &'r Shape,
    row: &'r Row<'r>,
}

impl Stored<'_> {
    /// Appends the event to the columns, when queries count it.
    pub(super) fn show(&self, fill: &mut Fill<'_>, resource: &str) {
        if !self.stored {
            return;
        }
        if let Some(attributes) = self.extra {
            fill.other(self.kind, self.timestamp, attributes, resource);
        } else {
            fill.funnel(self.kind, self.is_marked, self.timestamp, self.attributes());
        }
        fill.journey(self.kind, self.contract, self.nanos, |at| self.given(at));
    }

    /// The value of an attribute by its position in the contract by which the row was judged.
    fn given(&self, at: usize) -> Option<Given<'_>> {
        match self.shape.cell(self.row, self.shape.place(self.contract?, at)?)? {
            Cell::Text(text) => Some(Given::Text(text)),
            Cell::Bool(value) => Some(Given::Bool(value)),
            Cell::Integer(value) => Some(Given::Integer(value)),
            Cell::Number(_) => None,
        }
    }

    /// The attributes that the row has, whichever contract they are of.
    fn attributes(&self) -> impl Iterator<Item = (&str, Datum<'_>)> {
        self.shape.columns.iter().enumerate().filter_map(|(at, column)| {
            let datum = match self.shape.cell(self.row, at)? {
                Cell::Text(text) => Datum::from(text),
                Cell::Bool(value) => Datum::from(value),
                Cell::Integer(value) => Datum::from(value),
                Cell::Number(value) => Datum::from(value),
            };
            Some((column.key(), datum))
        })
    }
}

/// Tells `each` about every row and its resource's attributes, oldest first.
pub(super) fn scan(
    connection: &Connection,
    shape: &Shape,
    mut each: impl FnMut(&Stored<'_>, &str),
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(&format!("{} ORDER BY event.id", schema::select(shape)))?;
    let resources = resources(connection)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let text = |column: Option<usize>| match shape.cell(row, column?)? {
            Cell::Text(text) => Some(text),
            _ => None,
        };
        let resource: i64 = row.get(7)?;
        let kind = row.get_ref(4)?.as_str()?;
        let extra = row.get_ref(8)?.as_str_or_null()?;
        let judge = shape.judge_of(row.get_ref(9)?.as_str_or_null()?, extra.is_some());
        let contract = judge.and_then(|(_, at)| at);
        let step = contract.zip(text(shape.step));
        let stored = Stored {
            timestamp: row.get(2)?,
            nanos: row.get(3)?,
            kind,
            verdict: EventVerdict::named(row.get_ref(5)?.as_str()?).unwrap_or(EventVerdict::Other),
            stored: row.get(6)?,
            resource,
            contract,
            is_marked: judge.is_some_and(|(name, _)| name == kind),
            extra,
            step: step.and_then(|(at, name)| shape.contracts.at(at).contract.step_position(name)),
            event_id: text(shape.event_id).and_then(hex16),
            shape,
            row,
        };
        each(&stored, resources.get(&resource).map_or("{}", String::as_str));
    }
    Ok(())
}

fn resources(connection: &Connection) -> rusqlite::Result<HashMap<i64, String>> {
    let mut statement = connection.prepare("SELECT id, attributes FROM resource")?;
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}
