//! What queries scan: the stored events as columns in memory, filled from the file at start and after each commit.

use crate::judge::{Batch, Slot};
use crate::store::Stored;
use instant_funnel_core::contract::{Contract, Rule};
use nrql::{Datum, Limits, Store};
use rusqlite::types::ValueRef;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, TryLockError};

/// Bytes of committed requests that may wait for a query to end.
const WAITING_MAX: usize = 64 * 1024 * 1024;

/// The columns, and one lock: a query reads what was committed when it began. Requests that are committed while it runs
/// wait beside the columns, up to [`WAITING_MAX`], so that a long query does not keep senders from their answers; the
/// next query puts them in first.
#[derive(Debug)]
pub(crate) struct Columns {
    store: RwLock<Store>,
    waiting: Mutex<Waiting>,
    contract: &'static Contract,
    max_bytes: usize,
}

#[derive(Debug, Default)]
struct Waiting {
    changes: Vec<Change>,
    bytes: usize,
}

#[derive(Debug)]
enum Change {
    Append(Box<Batch>),
    /// Of each event type the newest rows, so many of them.
    Keep(BTreeMap<String, u64>),
}

/// Takes rows while the columns are filled again.
pub(crate) struct Fill<'f> {
    store: &'f mut Store,
    contract: &'static Contract,
}

impl Columns {
    pub(crate) fn new(contract: &'static Contract, max_bytes: usize) -> Self {
        let store = RwLock::new(Store::with_limits(Limits::default().max_bytes(max_bytes)));
        Self { store, waiting: Mutex::default(), contract, max_bytes }
    }

    /// Reads what was committed until now, under the lock.
    pub(crate) fn read<R>(&self, read: impl FnOnce(&Store) -> R) -> R {
        if !self.waiting().changes.is_empty() {
            self.catch_up(&mut self.store.write().unwrap_or_else(PoisonError::into_inner));
        }
        let read = read(&self.store.read().unwrap_or_else(PoisonError::into_inner));
        // What came meanwhile holds room that requests need.
        if let Ok(mut store) = self.store.try_write() {
            self.catch_up(&mut store);
        }
        read
    }

    /// Bytes that the columns take; does not wait for a query.
    pub(crate) fn bytes(&self) -> Option<usize> {
        self.store.try_read().ok().map(|store| store.bytes())
    }

    /// Appends committed requests.
    pub(crate) fn append(&self, batches: impl Iterator<Item = Box<Batch>>) {
        self.change(batches.map(Change::Append));
    }

    /// Forgets the oldest rows of each event type until so many are left.
    pub(crate) fn keep_newest(&self, rows: BTreeMap<String, u64>) {
        self.change([Change::Keep(rows)].into_iter());
    }

    fn change(&self, changes: impl Iterator<Item = Change>) {
        let full = {
            let mut waiting = self.waiting();
            for change in changes {
                waiting.bytes += if let Change::Append(batch) = &change { batch.bytes() } else { 0 };
                waiting.changes.push(change);
            }
            waiting.bytes > WAITING_MAX
        };
        let mut store = match self.store.try_write() {
            Ok(store) => store,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) if !full => return,
            Err(TryLockError::WouldBlock) => self.store.write().unwrap_or_else(PoisonError::into_inner),
        };
        self.catch_up(&mut store);
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn catch_up(&self, store: &mut Store) {
        // Taken under the lock of the columns, so that the order is that of the commits.
        let waiting = std::mem::take(&mut *self.waiting());
        for change in &waiting.changes {
            let batch = match change {
                Change::Append(batch) => batch,
                Change::Keep(rows) => {
                    for (kind, rows) in rows {
                        store.keep_newest(kind, usize::try_from(*rows).unwrap_or(usize::MAX));
                    }
                    continue;
                }
            };
            for row in batch.rows.iter().filter(|row| row.stored) {
                let kind = batch.text(row.kind);
                let resource = batch.resources.get(row.resource as usize).map_or("{}", String::as_str);
                if let Some(extra) = row.extra {
                    append_other(store, kind, row.timestamp, batch.text(extra), resource);
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
        *self.waiting() = Waiting::default();
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
