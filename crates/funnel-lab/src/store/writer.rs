//! The one thread that writes: it commits what has gathered and hands it on to be shown and acknowledged.

use super::publish::{Publisher, Waiting};
use super::retain::{Bounds, Tally};
use super::schema;
use super::{Counts, Place, StoreError};
use crate::clock::Clock;
use crate::columns::Columns;
use crate::judge::{Batch, Slot, Verdict};
use instant_funnel_core::contract::Contract;
use rusqlite::{Connection, Statement, params};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Requests that wait for the writer; with more, senders are told to come again.
const QUEUE: usize = 64;
/// A commit is made after so many records even when more wait.
const COMMIT_RECORDS: usize = 16_384;
/// The most distinct resources kept at hand.
const RESOURCES_MAX: usize = 4_096;

/// What the writer works with.
#[derive(Debug, Clone)]
pub(crate) struct WriterConfig {
    pub(crate) contract: &'static Contract,
    pub(crate) columns: Arc<Columns>,
    pub(crate) bounds: Bounds,
    pub(crate) clock: Clock,
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
    /// Time to look at what has grown old.
    Retain,
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
        let mut state = State {
            connection,
            config,
            seen: HashSet::new(),
            resources: HashMap::new(),
            tally: Tally::default(),
            first: 1,
            next: 1,
            age_due: i64::MIN,
            publisher,
        };
        state.reload(&counts).map_err(|source| place.sqlite(source))?;
        while state.retain(&counts).map_err(|source| place.sqlite(source))? {}
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

    /// Has what has grown old removed. With a full queue it is removed after the next commit anyway.
    pub(crate) fn retain(&self) {
        let _ = self.jobs.try_send(Job::Retain);
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

pub(super) struct State {
    pub(super) connection: Connection,
    pub(super) config: WriterConfig,
    /// The `eventId`s of good records.
    pub(super) seen: HashSet<[u8; 16]>,
    pub(super) resources: HashMap<String, i64>,
    pub(super) tally: Tally,
    /// The oldest event and the one after the newest; none between them is missing.
    pub(super) first: i64,
    pub(super) next: i64,
    /// When age is looked at again, in milliseconds since 1970.
    pub(super) age_due: i64,
    pub(super) publisher: Publisher,
}

impl State {
    fn run(&mut self, mut queue: mpsc::Receiver<Job>, counts: &Mutex<Counts>) {
        let mut behind = false;
        loop {
            // What is left to remove goes on when nobody waits.
            let job = if behind {
                queue.try_recv().unwrap_or(Job::Retain)
            } else {
                queue.blocking_recv().unwrap_or(Job::Stop)
            };
            match job {
                Job::Store(batch, answer) => {
                    if let Some(other) = self.gather(batch, answer, &mut queue)
                        && !self.attend(other, counts)
                    {
                        return;
                    }
                }
                other => {
                    if !self.attend(other, counts) {
                        return;
                    }
                }
            }
            behind = self.retain(counts).unwrap_or_else(|error| {
                tracing::warn!(target: "funnel_lab", %error, "old events could not be removed");
                false
            });
        }
    }

    /// Commits a request with those that wait behind it; gives back the first job that is none.
    fn gather(
        &mut self,
        batch: Box<Batch>,
        answer: oneshot::Sender<Result<Ack, Refused>>,
        queue: &mut mpsc::Receiver<Job>,
    ) -> Option<Job> {
        let mut records = batch.rows.len();
        let mut group = vec![(batch, answer)];
        let mut other = None;
        while records < COMMIT_RECORDS && other.is_none() {
            match queue.try_recv() {
                Ok(Job::Store(batch, answer)) => {
                    records += batch.rows.len();
                    group.push((batch, answer));
                }
                Ok(job) => other = Some(job),
                Err(_) => break,
            }
        }
        self.commit(group);
        other
    }

    /// Does what is not storing; false when the thread shall end.
    fn attend(&mut self, job: Job, counts: &Mutex<Counts>) -> bool {
        if let Job::Reset(answer) = job {
            let reset = self.reset(counts).map_err(|error| Refused::Sqlite(error.to_string()));
            let _ = answer.send(reset);
            return true;
        }
        !matches!(job, Job::Stop)
    }

    fn commit(&mut self, mut group: Vec<Waiting>) {
        let first = self.next;
        let mut fresh = Vec::new();
        match self.insert(&mut group, &mut fresh) {
            Ok(()) => {
                for (batch, _) in &group {
                    for row in &batch.rows {
                        let resource = batch.resource_ids.get(row.resource as usize).copied().unwrap_or(0);
                        self.tally.add(batch.text(row.kind), row.stored, resource);
                    }
                }
                self.publisher.show(group);
            }
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
        let Self { connection, config, seen, resources, next, .. } = self;
        let received = config.clock.now();
        let transaction = connection.transaction()?;
        {
            let mut event = transaction.prepare_cached(&schema::insert(config.contract))?;
            let mut problem =
                transaction.prepare_cached("INSERT INTO problem VALUES (?1, ?2, ?3, ?4, ?5)")?;
            for (batch, _) in group {
                batch.resource_ids = resource_ids(&transaction, resources, &batch.resources)?;
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
                    let resource = batch.resource_ids.get(row.resource as usize).copied().unwrap_or(0);
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

    /// Counts, known ids and columns from the file.
    fn reload(&mut self, counts: &Mutex<Counts>) -> rusqlite::Result<()> {
        let contract = self.config.contract;
        self.publisher.wait();
        self.seen.clear();
        self.resources.clear();
        self.tally = Tally::default();
        (self.first, self.next) = self.connection.query_row(
            "SELECT (SELECT min(id) FROM event), (SELECT max(id) FROM event)",
            [],
            |row| {
                Ok((
                    row.get::<_, Option<i64>>(0)?.unwrap_or(1),
                    row.get::<_, Option<i64>>(1)?.unwrap_or(0) + 1,
                ))
            },
        )?;
        let mut fresh = Counts::default();
        let columns = &self.config.columns;
        let (seen, tally) = (&mut self.seen, &mut self.tally);
        columns.refill(|fill| {
            super::read::scan(&self.connection, contract, |row, resource| {
                fresh.add(row.verdict, row.step, 1);
                if let (Verdict::Good, Some(id)) = (row.verdict, row.event_id) {
                    seen.insert(id);
                }
                tally.add(row.kind, row.stored, row.resource);
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
