//! The stored events as columns in memory, which queries scan; filled from the file at start and after each commit.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, TryLockError};
use std::time::{Duration, Instant};

use nrql::{Datum, Limits, Store};
use serde_json::{Map, Value};

use crate::contracts::{Contracts, EVENT_TYPE};
use crate::judge::{Batch, Content, EventVerdict, Slot};
use crate::kpi::View;
use crate::report::{Feed, Given};

/// Bytes of committed requests that may wait for a query to end.
const WAITING_MAX: usize = 64 * 1024 * 1024;

/// The columns, and one lock: a query reads what was committed when it began. Requests that are committed while it runs
/// wait beside the columns, up to [`WAITING_MAX`], so that a long query does not keep senders from their answers; the
/// next query puts them in first.
#[derive(Debug)]
pub(crate) struct Columns {
    held: RwLock<Held>,
    waiting: Mutex<Waiting>,
    max_bytes: usize,
    contracts: Arc<Contracts>,
}

/// The same events twice: for NRQL, and for the engine of key figures.
#[derive(Debug)]
struct Held {
    store: Store,
    /// By the contracts' positions. Each has the rows of its event type, those too that were not judged by it.
    feeds: Vec<Feed>,
}

impl Held {
    fn new(contracts: &Contracts, max_bytes: usize) -> Self {
        let store = Store::with_limits(Limits::default().max_bytes(max_bytes));
        Self { store, feeds: contracts.iter().map(Feed::new).collect() }
    }
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

/// Whether a query sees everything that was acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// It does.
    Current,
    /// Another query keeps what came since it began from being shown.
    Behind,
}

/// How long a query waits for the one that keeps it from seeing what was acknowledged.
const PATIENCE: Duration = Duration::from_secs(1);

/// Takes rows while the columns are filled again. Its halves can be filled side by side.
pub(crate) struct Fill<'f> {
    pub(crate) rows: RowsFill<'f>,
    pub(crate) journeys: JourneysFill<'f>,
}

/// For NRQL.
pub(crate) struct RowsFill<'f> {
    store: &'f mut Store,
}

/// For the engine of key figures.
pub(crate) struct JourneysFill<'f> {
    feeds: &'f mut [Feed],
    contracts: &'f Contracts,
}

impl Columns {
    pub(crate) fn new(contracts: Arc<Contracts>, max_bytes: usize) -> Self {
        let held = RwLock::new(Held::new(&contracts, max_bytes));
        Self { held, waiting: Mutex::default(), max_bytes, contracts }
    }

    /// The contracts whose events the columns hold.
    pub(crate) fn contracts(&self) -> &Arc<Contracts> {
        &self.contracts
    }

    /// Reads under the lock what was committed until now; what a longer query keeps out for more than a moment is left
    /// out.
    pub(crate) fn read<R>(&self, read: impl FnOnce(&Store, Freshness) -> R) -> R {
        let freshness = self.refresh();
        let read = read(&self.held.read().unwrap_or_else(PoisonError::into_inner).store, freshness);
        // What came meanwhile holds room that requests need.
        if let Ok(mut held) = self.held.try_write() {
            self.catch_up(&mut held);
        }
        read
    }

    /// The journeys of a contract that were committed until now, for the engine of key figures.
    pub(crate) fn view(&self, contract: usize) -> Arc<View> {
        self.refresh();
        self.held.read().unwrap_or_else(PoisonError::into_inner).feeds[contract].journeys().view()
    }

    fn refresh(&self) -> Freshness {
        let begin = Instant::now();
        while !self.waiting().changes.is_empty() {
            match self.held.try_write() {
                Ok(mut held) => {
                    self.catch_up(&mut held);
                    break;
                }
                Err(TryLockError::Poisoned(poisoned)) => {
                    self.catch_up(&mut poisoned.into_inner());
                    break;
                }
                Err(TryLockError::WouldBlock) if begin.elapsed() > PATIENCE => return Freshness::Behind,
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(2)),
            }
        }
        Freshness::Current
    }

    /// Bytes that the columns take; does not wait for a query.
    pub(crate) fn bytes(&self) -> Option<usize> {
        self.held.try_read().ok().map(|held| held.store.bytes())
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
        let mut held = match self.held.try_write() {
            Ok(held) => held,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) if !full => return,
            Err(TryLockError::WouldBlock) => self.held.write().unwrap_or_else(PoisonError::into_inner),
        };
        self.catch_up(&mut held);
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn catch_up(&self, held: &mut Held) {
        let Held { store, feeds } = held;
        // Taken under the lock of the columns, so that the order is that of the commits.
        let waiting = std::mem::take(&mut *self.waiting());
        for change in &waiting.changes {
            let batch = match change {
                Change::Append(batch) => batch,
                Change::Keep(rows) => {
                    for (kind, rows) in rows {
                        let rows = usize::try_from(*rows).unwrap_or(usize::MAX);
                        store.keep_newest(kind, rows);
                        if let Some(at) = self.contracts.find(kind) {
                            feeds[at].keep_newest(rows);
                        }
                    }
                    continue;
                }
            };
            for row in batch.rows.iter().filter(|row| row.stored) {
                let kind = batch.text(row.kind);
                match &row.content {
                    Content::Other(attributes) => {
                        let resource = &batch.resources[row.resource];
                        append_other(store, kind, row.timestamp(), batch.text(*attributes), resource);
                    }
                    Content::Funnel { contract, slots, .. } => {
                        let contract = self.contracts.at(*contract).contract;
                        let own = contract.attributes.iter().zip(slots).filter_map(|(attribute, slot)| {
                            let datum = match *slot {
                                Slot::Absent => return None,
                                Slot::Text(piece) => Datum::from(batch.text(piece)),
                                Slot::Bool(value) => Datum::from(value),
                                Slot::Integer(value) => Datum::from(value),
                                Slot::Number(value) => Datum::from(value),
                            };
                            Some((attribute.key, datum))
                        });
                        let is_marked = kind == contract.event_name;
                        store.append(kind, row.timestamp(), mark(kind, is_marked).chain(own));
                    }
                }
                if let Some(at) = self.contracts.find(kind) {
                    feeds[at].take(row.nanos, row.verdict, |key| match &row.content {
                        Content::Funnel { contract, slots, .. } if *contract == at => {
                            given(batch, slots[key])
                        }
                        _ => None,
                    });
                }
            }
        }
    }

    /// Empties the columns and fills them with what `fill` receives.
    pub(crate) fn refill<R>(&self, fill: impl FnOnce(&mut Fill<'_>) -> R) -> R {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        *self.waiting() = Waiting::default();
        *held = Held::new(&self.contracts, self.max_bytes);
        let Held { store, feeds } = &mut *held;
        let journeys = JourneysFill { feeds, contracts: &self.contracts };
        fill(&mut Fill { rows: RowsFill { store }, journeys })
    }
}

impl RowsFill<'_> {
    /// Appends a record of a contract; `own` are the attributes that have a column in the file.
    pub(crate) fn funnel<'a>(
        &mut self,
        kind: &'a str,
        is_marked: bool,
        timestamp: i64,
        own: impl Iterator<Item = (&'a str, Datum<'a>)>,
    ) {
        self.store.append(kind, timestamp, mark(kind, is_marked).chain(own));
    }

    /// Appends another record; both texts are JSON objects.
    pub(crate) fn other(&mut self, kind: &str, timestamp: i64, attributes: &str, resource: &str) {
        append_other(self.store, kind, timestamp, attributes, resource);
    }
}

impl JourneysFill<'_> {
    /// Takes any record; `given` are its values by the contract by which it was judged.
    pub(crate) fn take<'a>(
        &mut self,
        kind: &str,
        judge: Option<usize>,
        nanos: i64,
        verdict: EventVerdict,
        given: impl Fn(usize) -> Option<Given<'a>>,
    ) {
        if let Some(at) = self.contracts.find(kind) {
            self.feeds[at].take(nanos, verdict, |key| if judge == Some(at) { given(key) } else { None });
        }
    }
}

fn given(batch: &Batch, slot: Slot) -> Option<Given<'_>> {
    Some(match slot {
        Slot::Text(piece) => Given::Text(batch.text(piece)),
        Slot::Bool(value) => Given::Bool(value),
        Slot::Integer(value) => Given::Integer(value),
        Slot::Absent | Slot::Number(_) => return None,
    })
}

/// The attribute that makes a record an event of its contract, on those that New Relic stores as one.
fn mark(kind: &str, is_marked: bool) -> impl Iterator<Item = (&str, Datum<'_>)> {
    is_marked.then(|| (EVENT_TYPE, Datum::from(kind))).into_iter()
}

/// A record that is not of the funnel: its own attributes first, because the first of two equal names counts.
fn append_other(store: &mut Store, kind: &str, timestamp: i64, extra: &str, resource: &str) {
    let parse = |json: &str| serde_json::from_str::<Map<String, Value>>(json).unwrap_or_default();
    let (own, resource) = (parse(extra), parse(resource));
    let rows = own.iter().chain(&resource).filter_map(|(key, value)| Some((key.as_str(), datum(value)?)));
    store.append(kind, timestamp, rows);
}

fn datum(value: &Value) -> Option<Datum<'_>> {
    Some(match value {
        Value::String(text) => Datum::from(text.as_str()),
        Value::Bool(value) => Datum::from(*value),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Datum::from(whole),
            None => Datum::from(number.as_f64()?),
        },
        Value::Array(items) => {
            Datum::List(items.iter().map(|item| datum(item).unwrap_or_default().into_value()).collect())
        }
        Value::Null | Value::Object(_) => return None,
    })
}
