//! Lists events for the API.

use super::error::StoreError;
use super::file::DatabaseFile;
use super::schema::{self, FIXED};
use crate::judge::EventVerdict;
use crate::layout::{self, CONTRACT, STEP};
use instant_funnel_core::contract::Rule;
use rusqlite::types::{ToSql, ValueRef};
use rusqlite::{Connection, OpenFlags, Row};
use serde_json::{Map, Value, json};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Which events are listed, newest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct EventFilter {
    pub(crate) verdict: Option<EventVerdict>,
    pub(crate) limit: u32,
}

/// The most text that a list holds; records may be long.
const LIST_BYTES: usize = 4 * 1024 * 1024;
/// The most events of one journey that are listed.
const JOURNEY_MAX: u32 = 1_000;

/// Read-only connections beside the writer's.
#[derive(Debug)]
pub(crate) struct Reader {
    newest: Mutex<Connection>,
    /// A journey is looked for in every row, which takes a while.
    journeys: Mutex<Connection>,
    path: PathBuf,
}

impl Reader {
    pub(crate) fn open(file: &DatabaseFile) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = || Connection::open_with_flags(file.path(), flags).map_err(|source| file.sqlite(source));
        Ok(Self { newest: Mutex::new(open()?), journeys: Mutex::new(open()?), path: file.path().to_owned() })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The newest events that pass `filter`; fewer when they are very long. Blocks.
    pub(crate) fn events(&self, filter: &EventFilter) -> rusqlite::Result<Vec<Value>> {
        let mut sql = schema::select();
        if let Some(verdict) = filter.verdict {
            // The word is the lab's own; written out, SQLite can use the partial index of the bad.
            let _ = write!(sql, " WHERE event.verdict = '{}'", verdict.as_str());
        }
        sql.push_str(" ORDER BY event.id DESC LIMIT ?1");
        list(&self.newest, &sql, &[&filter.limit])
    }

    /// The events of one journey that New Relic would store, as they happened: by time to the nanosecond, at the same
    /// time in the order of the steps, then in the order of receipt. Blocks.
    pub(crate) fn journey(&self, key: &str, id: &str) -> rusqlite::Result<Vec<Value>> {
        let mut order = String::from("CASE event.");
        order.push_str(&schema::quoted(CONTRACT.attributes[STEP].key));
        for (at, step) in CONTRACT.steps.iter().enumerate() {
            let _ = write!(order, " WHEN '{}' THEN {at}", step.name);
        }
        let _ = write!(order, " ELSE {} END", CONTRACT.steps.len());
        let sql = format!(
            "{} WHERE event.{} = ?1 AND event.stored ORDER BY event.nanos, {order}, event.id LIMIT {JOURNEY_MAX}",
            schema::select(),
            schema::quoted(key)
        );
        list(&self.journeys, &sql, &[&id])
    }
}

fn list(
    connection: &Mutex<Connection>,
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
        let found: Vec<Value> = problems
            .query_map([id], |row| {
                let text = |at| row.get::<_, String>(at);
                Ok(json!({"key": text(0)?, "rule": text(1)?, "sample": text(2)?, "fate": text(3)?}))
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
            "attributes": attributes(row)?,
            "problems": found,
        }));
    }
    Ok(events)
}

fn attributes(row: &Row<'_>) -> rusqlite::Result<Map<String, Value>> {
    let mut attributes = match row.get_ref(8)?.as_str_or_null()? {
        Some(extra) => serde_json::from_str(extra).unwrap_or_default(),
        None => Map::new(),
    };
    for (column, (at, key)) in (FIXED.len()..).zip(layout::columns()) {
        let value = match row.get_ref(column)? {
            ValueRef::Integer(number) if CONTRACT.attributes[at].rule == Rule::Bool => json!(number != 0),
            ValueRef::Text(text) => json!(String::from_utf8_lossy(text)),
            _ => continue,
        };
        attributes.insert(key.to_owned(), value);
    }
    Ok(attributes)
}
