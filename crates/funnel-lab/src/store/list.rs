//! Lists events for the API.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::types::ToSql;
use rusqlite::{Connection, OpenFlags, Row};
use serde_json::{Map, Value, json};

use super::error::StoreError;
use super::file::DatabaseFile;
use super::schema;
use super::shape::{Cell, Shape};
use super::wanted::wanted;
use crate::contracts::{Contracts, STEP};
use crate::judge::EventVerdict;

/// Which events are listed, newest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct EventFilter {
    pub(crate) verdict: Option<EventVerdict>,
    /// Only events that break this rule.
    pub(crate) rule: Option<String>,
    pub(crate) step: Option<String>,
    /// Only events that were received before the one with this id.
    pub(crate) before: Option<i64>,
    pub(crate) limit: u32,
}

/// The most text that a list holds; records may be long.
const LIST_BYTES: usize = 4 * 1024 * 1024;
/// The most events of one journey that are listed.
const JOURNEY_MAX: u32 = 1_000;
/// The most pairs of rule and key that are counted.
const PROBLEMS_MAX: u32 = 200;

/// Read-only connections beside the writer's.
#[derive(Debug)]
pub(crate) struct Reader {
    newest: Mutex<Connection>,
    /// A journey is looked for in every row, which takes a while.
    journeys: Mutex<Connection>,
    path: PathBuf,
    shape: Shape,
}

impl Reader {
    /// Opens a file that the writer has open.
    pub(crate) fn open(file: &DatabaseFile, contracts: &Arc<Contracts>) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = || Connection::open_with_flags(file.path(), flags).map_err(|source| file.sqlite(source));
        let newest = open()?;
        let shape = Shape::read(&newest, contracts).map_err(|source| file.sqlite(source))?;
        let (newest, journeys) = (Mutex::new(newest), Mutex::new(open()?));
        Ok(Self { newest, journeys, path: file.path().to_owned(), shape })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The newest events that pass `filter`; fewer when they are very long. Blocks.
    pub(crate) fn events(&self, filter: &EventFilter) -> rusqlite::Result<Vec<Value>> {
        let mut sql = schema::select(&self.shape) + " WHERE event.id < ?1";
        if let Some(verdict) = filter.verdict {
            // The word is the lab's own; written out, SQLite can use the partial index of the bad.
            let _ = write!(sql, " AND event.verdict = '{}'", verdict.as_str());
        }
        let _ = write!(
            sql,
            " AND (?2 IS NULL OR event.{} = ?2)
              AND (?3 IS NULL OR event.id IN (SELECT event FROM problem WHERE rule = ?3))
              ORDER BY event.id DESC LIMIT ?4",
            schema::quoted(STEP)
        );
        let before = filter.before.unwrap_or(i64::MAX);
        list(&self.newest, &self.shape, &sql, &[&before, &filter.step, &filter.rule, &filter.limit])
    }

    /// How many events break which rule with which attribute, the most frequent first. Blocks.
    pub(crate) fn problems(&self) -> rusqlite::Result<Vec<Value>> {
        let connection = self.journeys.lock().unwrap_or_else(PoisonError::into_inner);
        let mut statement = connection.prepare_cached(
            "SELECT rule, key, count(DISTINCT event) FROM problem GROUP BY rule, key ORDER BY 3 DESC, rule, key LIMIT ?1",
        )?;
        let rows = statement.query_map([PROBLEMS_MAX], |row| {
            let text = |at| row.get::<_, String>(at);
            Ok(json!({"rule": text(0)?, "key": text(1)?, "events": row.get::<_, i64>(2)?}))
        })?;
        rows.collect()
    }

    /// The events of one journey that New Relic would store, as they happened: by time to the nanosecond, at the same
    /// time in the order of the steps, then in the order of receipt. Blocks.
    pub(crate) fn journey(&self, key: &str, id: &str) -> rusqlite::Result<Vec<Value>> {
        let mut order = format!("CASE coalesce(event.contract, '') || ' ' || event.{}", schema::quoted(STEP));
        for (contract, layout) in self.shape.contracts.iter().enumerate() {
            let name = if contract == 0 { "" } else { layout.contract.event_name };
            for (at, step) in layout.contract.steps.iter().enumerate() {
                let _ = write!(order, " WHEN '{name} {}' THEN {at}", step.name.replace('\'', "''"));
            }
        }
        // A contract has fewer steps.
        order.push_str(" ELSE 99 END");
        let sql = format!(
            "{} WHERE event.{} = ?1 AND event.stored ORDER BY event.nanos, {order}, event.id LIMIT {JOURNEY_MAX}",
            schema::select(&self.shape),
            schema::quoted(key)
        );
        list(&self.journeys, &self.shape, &sql, &[&id])
    }
}

fn list(
    connection: &Mutex<Connection>,
    shape: &Shape,
    sql: &str,
    parameters: &[&dyn ToSql],
) -> rusqlite::Result<Vec<Value>> {
    let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
    let mut problems = connection
        .prepare_cached("SELECT key, rule, sample, fate FROM problem WHERE event = ?1 ORDER BY rowid")?;
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(parameters)?;
    let mut events = Vec::new();
    let mut bytes = 0;
    while let Some(row) = rows.next()? {
        bytes += row.get_ref(8)?.as_str_or_null()?.map_or(0, str::len);
        if bytes > LIST_BYTES && !events.is_empty() {
            break;
        }
        let id: i64 = row.get(0)?;
        let contract = row.get_ref(9)?.as_str_or_null()?;
        let found: Vec<Value> = problems
            .query_map([id], |row| {
                let text = |at| row.get::<_, String>(at);
                let (key, rule) = (text(0)?, text(1)?);
                let wanted = wanted(&shape.contracts, contract, &key, &rule);
                Ok(json!({"key": key, "rule": rule, "sample": text(2)?, "fate": text(3)?, "wanted": wanted}))
            })?
            .collect::<rusqlite::Result<_>>()?;
        events.push(json!({
            "id": id,
            "received": row.get::<_, i64>(1)?,
            "timestamp": row.get::<_, i64>(2)?,
            // More than JavaScript's numbers hold.
            "nanos": row.get::<_, i64>(3)?.to_string(),
            "type": row.get::<_, String>(4)?,
            "verdict": row.get::<_, String>(5)?,
            "stored": row.get::<_, bool>(6)?,
            "attributes": attributes(row, shape)?,
            "problems": found,
        }));
    }
    Ok(events)
}

fn attributes(row: &Row<'_>, shape: &Shape) -> rusqlite::Result<Map<String, Value>> {
    let mut attributes = match row.get_ref(8)?.as_str_or_null()? {
        Some(extra) => serde_json::from_str(extra).unwrap_or_default(),
        None => Map::new(),
    };
    for (at, column) in shape.columns.iter().enumerate() {
        let value = match shape.cell(row, at) {
            Some(Cell::Text(text)) => json!(text),
            Some(Cell::Bool(value)) => json!(value),
            Some(Cell::Integer(value)) => json!(value),
            Some(Cell::Number(value)) => json!(value),
            None => continue,
        };
        attributes.insert(column.key().to_owned(), value);
    }
    Ok(attributes)
}
