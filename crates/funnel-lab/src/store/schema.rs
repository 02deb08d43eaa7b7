//! The tables. `docs/lab.md` describes them for people who open the file with a tool of their own.

use super::StoreError;
use super::file::Place;
use crate::judge::Positions;
use instant_funnel_core::contract::{Contract, Rule};
use rusqlite::Connection;
use std::fmt::Write;

/// Raised when the tables change.
const VERSION: i64 = 1;
/// `PRAGMA application_id`: "Flab".
const APPLICATION: i64 = 0x466c_6162;

/// Columns of `event` before the contract's.
pub(crate) const FIXED: [&str; 8] =
    ["id", "received", "timestamp", "type", "verdict", "stored", "resource", "extra"];

/// The contract's attributes that have a column: all but the event type, which is the column `type`.
pub(crate) fn columns(contract: &'static Contract) -> impl Iterator<Item = (usize, &'static str)> {
    let event_type = Positions::of(contract).event_type;
    contract.attributes.iter().enumerate().filter(move |(at, _)| *at != event_type).map(|(at, a)| (at, a.key))
}

pub(super) fn quoted(key: &str) -> String {
    format!("\"{}\"", key.replace('"', "\"\""))
}

/// `INSERT INTO event …`, its parameters in the order of [`FIXED`] and [`columns`].
pub(crate) fn insert(contract: &'static Contract) -> String {
    let mut sql = format!("INSERT INTO event ({}", FIXED.join(", "));
    let mut count = FIXED.len();
    for (_, key) in columns(contract) {
        let _ = write!(sql, ", {}", quoted(key));
        count += 1;
    }
    let marks: Vec<String> = (1..=count).map(|at| format!("?{at}")).collect();
    let _ = write!(sql, ") VALUES ({})", marks.join(", "));
    sql
}

/// `SELECT` of every column of [`FIXED`] and [`columns`], to be followed by `WHERE` or `ORDER BY`.
pub(crate) fn select(contract: &'static Contract) -> String {
    let mut sql = format!("SELECT {}", FIXED.map(|name| format!("event.{name}")).join(", "));
    for (_, key) in columns(contract) {
        let _ = write!(sql, ", event.{}", quoted(key));
    }
    sql.push_str(" FROM event");
    sql
}

fn tables(contract: &'static Contract) -> String {
    let mut event = String::from(
        "CREATE TABLE event (
           id INTEGER PRIMARY KEY,
           received INTEGER NOT NULL,
           timestamp INTEGER NOT NULL,
           type TEXT NOT NULL,
           verdict TEXT NOT NULL,
           stored INTEGER NOT NULL,
           resource INTEGER NOT NULL REFERENCES resource (id),
           extra TEXT",
    );
    for (at, key) in columns(contract) {
        let kind = if contract.attributes[at].rule == Rule::Bool { "INTEGER" } else { "TEXT" };
        let _ = write!(event, ",\n{} {kind}", quoted(key));
    }
    event.push_str(");\n");
    event
        + "CREATE TABLE resource (id INTEGER PRIMARY KEY, attributes TEXT NOT NULL UNIQUE);
           CREATE TABLE problem (
             event INTEGER NOT NULL REFERENCES event (id),
             key TEXT NOT NULL, rule TEXT NOT NULL, sample TEXT NOT NULL, fate TEXT NOT NULL
           );
           CREATE INDEX problem_event ON problem (event);
           CREATE INDEX event_bad ON event (id) WHERE verdict = 'bad';"
}

/// Opens the writing connection and makes the tables where there are none.
pub(crate) fn open(place: &Place, contract: &'static Contract) -> Result<Connection, StoreError> {
    let failed = |source| place.sqlite(source);
    let connection = Connection::open(place.path()).map_err(failed)?;
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY;
             PRAGMA wal_autocheckpoint = 8000; PRAGMA cache_size = -32000; PRAGMA journal_size_limit = 67108864;",
        )
        .map_err(failed)?;
    let tables_there: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(failed)?;
    if tables_there == 0 {
        let sql = tables(contract);
        connection
            .execute_batch(&format!(
                "BEGIN; {sql} PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}; COMMIT;"
            ))
            .map_err(failed)?;
    } else if let Some(found) = foreign(&connection).map_err(failed)? {
        return Err(StoreError::Foreign { path: place.path().display().to_string(), found });
    }
    Ok(connection)
}

/// What a file is instead of this version's; `None` when it is one.
pub(crate) fn foreign(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    let ours = application == APPLICATION && version == VERSION;
    Ok((!ours).then(|| format!("application id {application}, version {version}")))
}
