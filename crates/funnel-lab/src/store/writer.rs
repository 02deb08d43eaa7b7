//! The one thread that writes: it commits what has gathered and hands it on to be shown and acknowledged.

use super::publish::{Publisher, Waiting};
use super::schema;
use super::{Counts, Place, StoreError};
use crate::columns::Columns;
use crate::judge::{Batch, Slot, Verdict};
use instant_funnel_core::contract::Contract;
use rusqlite::{Connection, Statement, params};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::{mpsc, oneshot};

/// Requests that wait for the writer; with more, senders are told to come again.
const QUEUE: usize = 64;
/// A commit is made after so many records even when more wait.
const COMMIT_RECORDS: usize = 16_384;
/// How often age is looked at; the number of events is looked at after each commit.
const RETENTION_EVERY: Duration = Duration::from_secs(30);
/// The most distinct resources kept at hand.
const RESOURCES_MAX: usize = 4_096;

/// What the writer works with.
#[derive(Debug, Clone)]
pub(crate) struct WriterConfig {
    pub(crate) contract: &'static Contract,
    pub(crate) columns: Arc<Columns>,
    pub(crate) max_events: u64,
    pub(crate) max_age: Duration,
}

/// A stored request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ack {
    pub(crate) bad: usize,
    pub(crate) rejected: u64,
}

/// Why a request was not stored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Refused {
    #[error("the lab is busy; send again in a second")]
    Busy,
    #[error("the lab is shutting down")]
    Stopped,
    #[error("the database refused the records: {0}")]
    Sqlite(String),
}

enum Job {
    Store(Box<Batch>, oneshot::Sender<Result<Ack, Refused>>),
    Reset(oneshot::Sender<Result<(), Refused>>),
    Stop,
}

/// Hands requests to the writing thread.
#[derive(Debug)]
pub(crate) struct Writer {
    jobs: mpsc::Sender<Job>,
    counts: Arc<Mutex<Counts>>,
    thread: Mutex<Option<std::thread::JoinHandle<()>>>,
}

/// How long a request may wait for room in the queue.
const PATIENCE: Duration = Duration::from_secs(5);

impl Writer {
    /// Opens the database, fills the columns from it and starts the thread.
    pub(crate) fn start(place: Arc<Place>, config: WriterConfig) -> Result<Self, StoreError> {
        let connection = schema::open(&place, config.contract)?;
        let counts = Arc::new(Mutex::new(Counts::default()));
        let publisher = Publisher::start(Arc::clone(&config.columns), Arc::clone(&counts))?;
        let mut state =
            State { connection, config, seen: HashSet::new(), resources: HashMap::new(), next: 1, publisher };
        state.reload(&counts).map_err(|source| place.sqlite(source))?;
        let (jobs, queue) = mpsc::channel(QUEUE);
        let shared = Arc::clone(&counts);
        let thread = std::thread::Builder::new()
            .name("funnel-lab-writer".to_owned())
            .spawn(move || {
                state.run(queue, &shared);
                drop(state);
                drop(place);
            })
            .map_err(StoreError::Thread)?;
        Ok(Self { jobs, counts, thread: Mutex::new(Some(thread)) })
    }

    /// Stores a request; ready when it would survive the death of this process.
    pub(crate) async fn store(&self, batch: Batch) -> Result<Ack, Refused> {
        let (answer, answered) = oneshot::channel();
        let sent = self.jobs.send_timeout(Job::Store(Box::new(batch), answer), PATIENCE).await;
        sent.map_err(|error| match error {
            mpsc::error::SendTimeoutError::Timeout(_) => Refused::Busy,
            mpsc::error::SendTimeoutError::Closed(_) => Refused::Stopped,
        })?;
        answered.await.unwrap_or(Err(Refused::Stopped))
    }

    /// Forgets every event.
    pub(crate) async fn reset(&self) -> Result<(), Refused> {
        let (answer, answered) = oneshot::channel();
        self.jobs.send(Job::Reset(answer)).await.map_err(|_| Refused::Stopped)?;
        answered.await.unwrap_or(Err(Refused::Stopped))
    }

    /// What is held now.
    pub(crate) fn counts(&self) -> Counts {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores what was handed in, then ends the thread.
    pub(crate) async fn stop(&self) {
        let _ = self.jobs.send(Job::Stop).await;
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

struct State {
    connection: Connection,
    config: WriterConfig,
    /// The `eventId`s of good records.
    seen: HashSet<[u8; 16]>,
    resources: HashMap<String, i64>,
    next: i64,
    publisher: Publisher,
}

impl State {
    fn run(&mut self, mut queue: mpsc::Receiver<Job>, counts: &Mutex<Counts>) {
        let mut retention_due = Instant::now() + RETENTION_EVERY;
        while let Some(job) = queue.blocking_recv() {
            match job {
                Job::Stop => return,
                Job::Reset(answer) => {
                    let _ =
                        answer.send(self.reset(counts).map_err(|error| Refused::Sqlite(error.to_string())));
                }
                Job::Store(batch, answer) => {
                    let mut group = vec![(batch, answer)];
                    let mut records = group[0].0.rows.len();
                    let mut after = None;
                    while records < COMMIT_RECORDS {
                        match queue.try_recv() {
                            Ok(Job::Store(batch, answer)) => {
                                records += batch.rows.len();
                                group.push((batch, answer));
                            }
                            Ok(other) => {
                                after = Some(other);
                                break;
                            }
                            Err(_) => break,
                        }
                    }
                    self.commit(group);
                    match after {
                        Some(Job::Stop) => return,
                        Some(Job::Reset(answer)) => {
                            let reset =
                                self.reset(counts).map_err(|error| Refused::Sqlite(error.to_string()));
                            let _ = answer.send(reset);
                        }
                        Some(Job::Store(..)) | None => {}
                    }
                }
            }
            let held = counts.lock().unwrap_or_else(PoisonError::into_inner).total;
            let over = held > self.config.max_events + self.config.max_events / 10;
            if over || Instant::now() >= retention_due {
                retention_due = Instant::now() + RETENTION_EVERY;
                if let Err(error) = self.retain(counts) {
                    tracing::warn!(target: "funnel_lab", %error, "old events could not be removed");
                }
            }
        }
    }

    fn commit(&mut self, mut group: Vec<Waiting>) {
        let first = self.next;
        let mut fresh = Vec::new();
        match self.insert(&mut group, &mut fresh) {
            Ok(()) => self.publisher.show(group),
            Err(error) => {
                self.next = first;
                self.resources.clear();
                for id in fresh {
                    self.seen.remove(&id);
                }
                tracing::warn!(target: "funnel_lab", %error, "records could not be stored");
                for (_, answer) in group {
                    let _ = answer.send(Err(Refused::Sqlite(error.to_string())));
                }
            }
        }
    }

    fn insert<A>(
        &mut self,
        group: &mut [(Box<Batch>, A)],
        fresh: &mut Vec<[u8; 16]>,
    ) -> rusqlite::Result<()> {
        let Self { connection, config, seen, resources, next, publisher: _ } = self;
        let received = now();
        let transaction = connection.transaction()?;
        {
            let mut event = transaction.prepare_cached(&schema::insert(config.contract))?;
            let mut problem =
                transaction.prepare_cached("INSERT INTO problem VALUES (?1, ?2, ?3, ?4, ?5)")?;
            for (batch, _) in group {
                let resource_ids = resource_ids(&transaction, resources, &batch.resources)?;
                for row in &mut batch.rows {
                    if let (Verdict::Good, Some(id)) = (row.verdict, row.event_id) {
                        if seen.insert(id) {
                            fresh.push(id);
                        } else {
                            row.verdict = Verdict::Duplicate;
                        }
                    }
                }
                for row in &batch.rows {
                    let id = *next;
                    *next += 1;
                    let resource = resource_ids.get(row.resource as usize).copied().unwrap_or(0);
                    event.raw_bind_parameter(1, id)?;
                    event.raw_bind_parameter(2, received)?;
                    event.raw_bind_parameter(3, row.timestamp)?;
                    event.raw_bind_parameter(4, batch.text(row.kind))?;
                    event.raw_bind_parameter(5, row.verdict.as_str())?;
                    event.raw_bind_parameter(6, row.stored)?;
                    event.raw_bind_parameter(7, resource)?;
                    event.raw_bind_parameter(8, row.extra.map(|extra| batch.text(extra)))?;
                    bind_slots(&mut event, config.contract, batch, &row.slots)?;
                    event.raw_execute()?;
                    for found in batch.problems.get(row.problems.clone()).unwrap_or(&[]) {
                        problem.execute(params![id, found.key, found.rule, found.sample, found.fate])?;
                    }
                }
            }
        }
        transaction.commit()
    }

    fn reset(&mut self, counts: &Mutex<Counts>) -> rusqlite::Result<()> {
        self.connection.execute_batch(
            "BEGIN; DELETE FROM problem; DELETE FROM event; DELETE FROM resource; COMMIT;
             PRAGMA wal_checkpoint(TRUNCATE);",
        )?;
        self.reload(counts)
    }

    /// Removes what is over the bounds; a tenth at a time, so that the columns are seldom filled again.
    fn retain(&mut self, counts: &Mutex<Counts>) -> rusqlite::Result<()> {
        self.publisher.wait();
        let age = i64::try_from(self.config.max_age.as_millis()).unwrap_or(i64::MAX);
        let oldest = now().saturating_sub(age);
        let held = counts.lock().unwrap_or_else(PoisonError::into_inner).total;
        let first: Option<i64> =
            self.connection.query_row("SELECT min(id) FROM event", [], |row| row.get(0))?;
        let Some(first) = first else { return Ok(()) };
        let slack = self.config.max_events / 10;
        let over = held.saturating_sub(self.config.max_events);
        let over = if over > 0 { i64::try_from(over + slack).unwrap_or(i64::MAX) } else { 0 };
        // Ids are given in the order of receipt, so the first event young enough ends what age removes.
        let young: Option<i64> =
            self.connection
                .query_row("SELECT min(id) FROM event WHERE received >= ?1", [oldest], |row| row.get(0))?;
        let aged = young.unwrap_or(self.next) - first;
        let aged =
            if aged > i64::try_from(held / 10).unwrap_or(i64::MAX) || young.is_none() { aged } else { 0 };
        let cut = first.saturating_add(over.max(aged));
        if cut > first {
            self.connection.execute("DELETE FROM problem WHERE event < ?1", [cut])?;
            self.connection.execute("DELETE FROM event WHERE id < ?1", [cut])?;
            self.reload(counts)?;
        }
        Ok(())
    }

    /// Counts, known ids and columns from the file.
    fn reload(&mut self, counts: &Mutex<Counts>) -> rusqlite::Result<()> {
        let contract = self.config.contract;
        self.publisher.wait();
        self.seen.clear();
        self.resources.clear();
        self.next =
            self.connection.query_row("SELECT coalesce(max(id), 0) + 1 FROM event", [], |row| row.get(0))?;
        let mut fresh = Counts::default();
        let columns = &self.config.columns;
        let seen = &mut self.seen;
        columns.refill(|fill| {
            super::read::scan(&self.connection, contract, |row, resource| {
                fresh.add(row.verdict, row.step, 1);
                if let (Verdict::Good, Some(id)) = (row.verdict, row.event_id) {
                    seen.insert(id);
                }
                fill.push(row, resource);
            })
        })?;
        *counts.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }
}

fn bind_slots(
    event: &mut Statement<'_>,
    contract: &'static Contract,
    batch: &Batch,
    slots: &[Slot],
) -> rusqlite::Result<()> {
    for (parameter, (at, _)) in (schema::FIXED.len() + 1..).zip(schema::columns(contract)) {
        match slots[at] {
            Slot::Absent => event.raw_bind_parameter(parameter, rusqlite::types::Null)?,
            Slot::Text(piece) => event.raw_bind_parameter(parameter, batch.text(piece))?,
            Slot::Bool(value) => event.raw_bind_parameter(parameter, value)?,
        }
    }
    Ok(())
}

fn resource_ids(
    connection: &Connection,
    known: &mut HashMap<String, i64>,
    resources: &[String],
) -> rusqlite::Result<Vec<i64>> {
    let mut ids = Vec::with_capacity(resources.len());
    for attributes in resources {
        if let Some(id) = known.get(attributes) {
            ids.push(*id);
            continue;
        }
        connection
            .prepare_cached("INSERT INTO resource (attributes) VALUES (?1) ON CONFLICT DO NOTHING")?
            .execute([attributes])?;
        let id = connection
            .prepare_cached("SELECT id FROM resource WHERE attributes = ?1")?
            .query_row([attributes], |row| row.get(0))?;
        if known.len() >= RESOURCES_MAX {
            known.clear();
        }
        known.insert(attributes.clone(), id);
        ids.push(id);
    }
    Ok(ids)
}

/// Milliseconds since 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
