//! The state of the writer thread: the file and its indexes in memory.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, Statement, params};

use super::answer::{Refused, Waiting};
use super::bounds::Bounds;
use super::counts::HeldCounts;
use super::error::StoreError;
use super::file::DatabaseFile;
use super::publish::Publisher;
use super::shape::{FIXED, Shape};
use super::tally::Tally;
use super::{scan, schema};
use crate::clock::Clock;
use crate::columns::Columns;
use crate::judge::{Batch, Content, EventVerdict, Slot};

/// The most distinct resources kept at hand.
const RESOURCES_MAX: usize = 4_096;

/// What the writer works with.
#[derive(Debug, Clone)]
pub(crate) struct WriterConfig {
    pub(crate) columns: Arc<Columns>,
    pub(crate) bounds: Bounds,
    pub(crate) clock: Clock,
}

pub(super) struct State {
    pub(super) connection: Connection,
    pub(super) shape: Shape,
    /// The statement that inserts records of each contract.
    inserts: Vec<String>,
    pub(super) config: WriterConfig,
    /// The `eventId`s of good records, by contract.
    pub(super) seen: Vec<HashSet<[u8; 16]>>,
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
    /// Opens the file and reads what it holds.
    pub(super) fn open(
        file: &DatabaseFile,
        config: WriterConfig,
        counts: &Arc<Mutex<HeldCounts>>,
    ) -> Result<Self, StoreError> {
        let contracts = config.columns.contracts();
        let (connection, shape) = schema::open(file, contracts)?;
        let inserts: Vec<String> = (0..contracts.len()).map(|at| schema::insert(&shape, at)).collect();
        let seen = vec![HashSet::new(); contracts.len()];
        let publisher = Publisher::start(Arc::clone(&config.columns), Arc::clone(counts))?;
        let mut state = Self {
            connection,
            shape,
            inserts,
            config,
            seen,
            resources: HashMap::new(),
            tally: Tally::default(),
            first: 1,
            next: 1,
            age_due: i64::MIN,
            publisher,
        };
        state.reload(counts).map_err(|source| file.sqlite(source))?;
        Ok(state)
    }

    /// Stores requests in one transaction and hands them on to be shown and acknowledged.
    pub(super) fn commit(&mut self, mut group: Vec<Waiting>) {
        let first = self.next;
        let mut fresh = Vec::new();
        match self.insert(&mut group, &mut fresh) {
            Ok(()) => {
                for (batch, _) in &group {
                    for row in &batch.rows {
                        let resource = batch.resource_ids[row.resource];
                        self.tally.add(batch.text(row.kind), row.stored, resource);
                    }
                }
                self.publisher.show(group);
            }
            Err(error) => {
                self.next = first;
                self.resources.clear();
                for (contract, id) in fresh {
                    self.seen[contract].remove(&id);
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
        fresh: &mut Vec<(usize, [u8; 16])>,
    ) -> rusqlite::Result<()> {
        let Self { connection, shape, inserts, config, seen, resources, next, .. } = self;
        let received = config.clock.millis();
        let transaction = connection.transaction()?;
        {
            let mut events = inserts
                .iter()
                .map(|insert| transaction.prepare_cached(insert))
                .collect::<rusqlite::Result<Vec<_>>>()?;
            let mut problem =
                transaction.prepare_cached("INSERT INTO problem VALUES (?1, ?2, ?3, ?4, ?5)")?;
            for (batch, _) in group {
                batch.resource_ids = resource_ids(&transaction, resources, &batch.resources)?;
                for row in &mut batch.rows {
                    if let (EventVerdict::Good, Some(contract), Some(id)) =
                        (row.verdict, row.contract(), row.event_id())
                    {
                        if seen[contract].insert(id) {
                            fresh.push((contract, id));
                        } else {
                            row.verdict = EventVerdict::Duplicate;
                        }
                    }
                }
                for row in &batch.rows {
                    let id = *next;
                    *next += 1;
                    let event = &mut events[row.contract().unwrap_or(0)];
                    event.raw_bind_parameter(1, id)?;
                    event.raw_bind_parameter(2, received)?;
                    event.raw_bind_parameter(3, row.timestamp())?;
                    event.raw_bind_parameter(4, row.nanos)?;
                    event.raw_bind_parameter(5, batch.text(row.kind))?;
                    event.raw_bind_parameter(6, row.verdict.as_str())?;
                    event.raw_bind_parameter(7, row.stored)?;
                    event.raw_bind_parameter(8, batch.resource_ids[row.resource])?;
                    bind_content(event, shape, batch, &row.content)?;
                    event.raw_execute()?;
                    for found in batch.problems.get(row.problems.clone()).unwrap_or(&[]) {
                        problem.execute(params![id, found.key, found.rule, found.sample, found.fate])?;
                    }
                }
            }
        }
        transaction.commit()
    }

    /// Forgets every event.
    pub(super) fn reset(&mut self, counts: &Mutex<HeldCounts>) -> rusqlite::Result<()> {
        self.connection.execute_batch(
            "BEGIN; DELETE FROM problem; DELETE FROM event; DELETE FROM resource; COMMIT;
             PRAGMA wal_checkpoint(TRUNCATE);",
        )?;
        self.reload(counts)
    }

    /// Counts, known ids and columns from the file.
    fn reload(&mut self, counts: &Mutex<HeldCounts>) -> rusqlite::Result<()> {
        self.publisher.wait();
        self.seen.iter_mut().for_each(HashSet::clear);
        self.resources.clear();
        self.tally = Tally::default();
        (self.first, self.next) = self.connection.query_row(
            "SELECT coalesce(min(id), 1), coalesce(max(id), 0) + 1 FROM event",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let mut fresh = HeldCounts::new(self.seen.len());
        let columns = &self.config.columns;
        let (seen, tally) = (&mut self.seen, &mut self.tally);
        columns.refill(|fill| {
            scan::scan(&self.connection, &self.shape, fill, |row| {
                fresh.add(row.contract(), row.verdict(), row.step());
                if let (EventVerdict::Good, Some(contract), Some(id)) =
                    (row.verdict(), row.contract(), row.event_id())
                {
                    seen[contract].insert(id);
                }
                tally.add(row.kind(), row.stored(), row.resource());
            })
        })?;
        *counts.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }
}

fn bind_content(
    event: &mut Statement<'_>,
    shape: &Shape,
    batch: &Batch,
    content: &Content,
) -> rusqlite::Result<()> {
    let (extra, contract, slots) = match content {
        Content::Other(attributes) => (Some(batch.text(*attributes)), 0, None),
        Content::Funnel { contract, slots, .. } => (None, *contract, Some(slots)),
    };
    let layout = shape.contracts.at(contract);
    event.raw_bind_parameter(FIXED.len() - 1, extra)?;
    event.raw_bind_parameter(FIXED.len(), (contract > 0).then_some(layout.contract.event_name))?;
    for (parameter, (at, _)) in (FIXED.len() + 1..).zip(layout.stored()) {
        match slots.map_or(Slot::Absent, |slots| slots[at]) {
            Slot::Absent => event.raw_bind_parameter(parameter, rusqlite::types::Null)?,
            Slot::Text(piece) => event.raw_bind_parameter(parameter, batch.text(piece))?,
            Slot::Bool(value) => event.raw_bind_parameter(parameter, value)?,
            Slot::Integer(value) => event.raw_bind_parameter(parameter, value)?,
            Slot::Number(value) => event.raw_bind_parameter(parameter, value)?,
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
