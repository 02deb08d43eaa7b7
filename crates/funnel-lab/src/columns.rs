//! What queries scan: the stored events as columns in memory, filled from the file at start and after each commit.

use crate::judge::{Batch, Slot};
use crate::store::Stored;
use instant_funnel_core::contract::{Contract, Rule};
use nrql::{Datum, Limits, Store};
use rusqlite::types::ValueRef;
use serde_json::{Map, Value};
use std::sync::{PoisonError, RwLock};

/// The columns, and one lock: a query reads what was committed when it began.
#[derive(Debug)]
pub(crate) struct Columns {
    store: RwLock<Store>,
    contract: &'static Contract,
    max_bytes: usize,
}

/// Takes rows while the columns are filled again.
pub(crate) struct Fill<'f> {
    store: &'f mut Store,
    contract: &'static Contract,
}

impl Columns {
    pub(crate) fn new(contract: &'static Contract, max_bytes: usize) -> Self {
        let store = RwLock::new(Store::with_limits(Limits::default().max_bytes(max_bytes)));
        Self { store, contract, max_bytes }
    }

    /// Reads under the lock.
    pub(crate) fn read<R>(&self, read: impl FnOnce(&Store) -> R) -> R {
        read(&self.store.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Appends committed requests.
    pub(crate) fn append<'b>(&self, batches: impl Iterator<Item = &'b Batch>) {
        let mut store = self.store.write().unwrap_or_else(PoisonError::into_inner);
        for batch in batches {
            for row in batch.rows.iter().filter(|row| row.stored) {
                let kind = batch.text(row.kind);
                let resource = batch.resources.get(row.resource as usize).map_or("{}", String::as_str);
                if let Some(extra) = row.extra {
                    append_other(&mut store, kind, row.timestamp, batch.text(extra), resource);
                    continue;
                }
                let own = self.contract.attributes.iter().zip(&row.slots).filter_map(|(attribute, slot)| {
                    let datum = match *slot {
                        Slot::Absent => return None,
                        Slot::Text(piece) => Datum::from(batch.text(piece)),
                        Slot::Bool(value) => Datum::from(value),
                    };
                    Some((attribute.key, datum))
                });
                store.append(kind, row.timestamp, own);
            }
        }
    }

    /// Empties the columns and fills them with what `fill` is told.
    pub(crate) fn refill<R>(&self, fill: impl FnOnce(&mut Fill<'_>) -> R) -> R {
        let mut store = self.store.write().unwrap_or_else(PoisonError::into_inner);
        *store = Store::with_limits(Limits::default().max_bytes(self.max_bytes));
        fill(&mut Fill { store: &mut store, contract: self.contract })
    }
}

impl Fill<'_> {
    /// Appends a row of the file.
    pub(crate) fn push(&mut self, row: &Stored<'_>, resource: &str) {
        if !row.stored {
            return;
        }
        if let Some(extra) = row.extra {
            append_other(self.store, row.kind, row.timestamp, extra, resource);
            return;
        }
        // The event type is the only attribute without a column of its own.
        let declared = (row.kind == self.contract.event_name)
            .then(|| {
                self.contract.attributes.iter().find(|attribute| matches!(attribute.rule, Rule::Const(_)))
            })
            .flatten()
            .map(|attribute| (attribute.key, Datum::from(row.kind)));
        let own = row.attributes().filter_map(|(at, value)| {
            let attribute = &self.contract.attributes[at];
            let datum = match value {
                ValueRef::Integer(number) if attribute.rule == Rule::Bool => Datum::from(number != 0),
                ValueRef::Text(text) => Datum::from(std::str::from_utf8(text).ok()?),
                _ => return None,
            };
            Some((attribute.key, datum))
        });
        self.store.append(row.kind, row.timestamp, declared.into_iter().chain(own));
    }
}

/// A record that is not of the funnel: its own attributes first, because the first of two equal names counts.
fn append_other(store: &mut Store, kind: &str, timestamp: i64, extra: &str, resource: &str) {
    let parse = |json: &str| serde_json::from_str::<Map<String, Value>>(json).unwrap_or_default();
    let (own, resource) = (parse(extra), parse(resource));
    let rows = own.iter().chain(&resource).filter_map(|(key, value)| {
        let datum = match value {
            Value::String(text) => Datum::from(text.as_str()),
            Value::Bool(value) => Datum::from(*value),
            Value::Number(number) => match number.as_i64() {
                Some(whole) => Datum::from(whole),
                None => Datum::from(number.as_f64()?),
            },
            Value::Null | Value::Array(_) | Value::Object(_) => return None,
        };
        Some((key.as_str(), datum))
    });
    store.append(kind, timestamp, rows);
}
