//! Reading every event back, to fill the columns.

use super::schema::{self, FIXED};
use crate::columns::Fill;
use crate::judge::{EventVerdict, hex16};
use crate::layout::{self, CONTRACT, EVENT_ID, EVENT_TYPE, STEP};
use crate::report::Given;
use instant_funnel_core::contract::Rule;
use nrql::Datum;
use rusqlite::types::ValueRef;
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
    extra: Option<&'r str>,
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
            fill.funnel(self.kind, self.timestamp, self.attributes());
            fill.journey(self.kind, self.nanos, |at| self.given(at));
        }
    }

    /// The value of an attribute by its position in the contract.
    fn given(&self, at: usize) -> Option<Given<'_>> {
        // The event type has no column.
        let column = FIXED.len() + at - usize::from(at > EVENT_TYPE);
        match self.row.get_ref(column).ok()? {
            _ if at == EVENT_TYPE => None,
            ValueRef::Integer(number) if CONTRACT.attributes[at].rule == Rule::Bool => {
                Some(Given::Bool(number != 0))
            }
            ValueRef::Integer(number) => Some(Given::Integer(number)),
            ValueRef::Text(text) => std::str::from_utf8(text).ok().map(Given::Text),
            _ => None,
        }
    }

    /// The contract's attributes that the row has.
    fn attributes(&self) -> impl Iterator<Item = (&'static str, Datum<'_>)> {
        (FIXED.len()..).zip(layout::columns()).filter_map(|(column, (at, key))| {
            let datum = match self.row.get_ref(column).ok()? {
                ValueRef::Integer(number) if CONTRACT.attributes[at].rule == Rule::Bool => {
                    Datum::from(number != 0)
                }
                ValueRef::Integer(number) => Datum::from(number),
                ValueRef::Real(number) => Datum::from(number),
                ValueRef::Text(text) => Datum::from(std::str::from_utf8(text).ok()?),
                _ => return None,
            };
            Some((key, datum))
        })
    }
}

/// Tells `each` about every row and its resource's attributes, oldest first.
pub(super) fn scan(connection: &Connection, mut each: impl FnMut(&Stored<'_>, &str)) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(&format!("{} ORDER BY event.id", schema::select()))?;
    let column_of = |wanted| layout::columns().position(|(at, _)| at == wanted);
    let (step_at, id_at) = (column_of(STEP), column_of(EVENT_ID));
    let resources = resources(connection)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let text = |column: Option<usize>| {
            column.and_then(|column| row.get_ref(FIXED.len() + column).ok()?.as_str_or_null().ok()?)
        };
        let resource: i64 = row.get(7)?;
        let stored = Stored {
            timestamp: row.get(2)?,
            nanos: row.get(3)?,
            kind: row.get_ref(4)?.as_str()?,
            verdict: EventVerdict::named(row.get_ref(5)?.as_str()?).unwrap_or(EventVerdict::Other),
            stored: row.get(6)?,
            resource,
            extra: row.get_ref(8)?.as_str_or_null()?,
            step: text(step_at).and_then(|name| CONTRACT.step_position(name)),
            event_id: text(id_at).and_then(hex16),
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
