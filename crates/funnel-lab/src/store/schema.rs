//! The tables. `docs/lab.md` describes them for people who open the file with a tool of their own.

use super::error::StoreError;
use super::file::{APPLICATION, DatabaseFile};
use crate::layout::{self, CONTRACT};
use instant_funnel_core::contract::Rule;
use rusqlite::{Connection, OpenFlags};
use std::fmt::Write;
use std::path::Path;

/// Raised when the tables change.
const VERSION: i64 = 2;

/// Columns of `event` before the contract's.
pub(super) const FIXED: [&str; 9] =
    ["id", "received", "timestamp", "nanos", "type", "verdict", "stored", "resource", "extra"];

pub(super) fn quoted(key: &str) -> String {
    format!("\"{}\"", key.replace('"', "\"\""))
}

/// `INSERT INTO event …`, its parameters in the order of [`FIXED`] and the contract's columns.
pub(super) fn insert() -> String {
    let mut sql = format!("INSERT INTO event ({}", FIXED.join(", "));
    let mut count = FIXED.len();
    for (_, key) in layout::columns() {
        let _ = write!(sql, ", {}", quoted(key));
        count += 1;
    }
    let marks: Vec<String> = (1..=count).map(|at| format!("?{at}")).collect();
    let _ = write!(sql, ") VALUES ({})", marks.join(", "));
    sql
}

/// `SELECT` of every column of [`FIXED`] and the contract, to be followed by `WHERE` or `ORDER BY`.
pub(super) fn select() -> String {
    let mut sql = format!("SELECT {}", FIXED.map(|name| format!("event.{name}")).join(", "));
    for (_, key) in layout::columns() {
        let _ = write!(sql, ", event.{}", quoted(key));
    }
    sql.push_str(" FROM event");
    sql
}

fn kind(at: usize) -> &'static str {
    match CONTRACT.attributes[at].rule {
        Rule::Bool => "INTEGER",
        rule if rule.is_integer() => "INTEGER",
        Rule::Number { .. } => "REAL",
        _ => "TEXT",
    }
}

fn tables() -> String {
    let mut event = String::from(
        "CREATE TABLE event (
           id INTEGER PRIMARY KEY,
           received INTEGER NOT NULL,
           timestamp INTEGER NOT NULL,
           nanos INTEGER NOT NULL,
           type TEXT NOT NULL,
           verdict TEXT NOT NULL,
           stored INTEGER NOT NULL,
           resource INTEGER NOT NULL REFERENCES resource (id),
           extra TEXT",
    );
    for (at, key) in layout::columns() {
        let _ = write!(event, ",\n{} {}", quoted(key), kind(at));
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

/// Opens the writing connection, makes the tables where there are none, and adds the columns that an older file lacks.
pub(super) fn open(file: &DatabaseFile) -> Result<Connection, StoreError> {
    let failed = |source| file.sqlite(source);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(file.path(), flags).map_err(failed)?;
    let tables_there: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(failed)?;
    if tables_there == 0 {
        // Committed before the log is switched on, so that the file itself says whose it is.
        let made = format!(
            "BEGIN; {} PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}; COMMIT;",
            tables()
        );
        connection.execute_batch(&made).map_err(failed)?;
    } else {
        if let Some(found) = unknown(&connection).map_err(failed)? {
            return Err(StoreError::Foreign { path: file.path().display().to_string(), found });
        }
        upgrade(&mut connection).map_err(failed)?;
    }
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY;
             PRAGMA wal_autocheckpoint = 8000; PRAGMA cache_size = -32000; PRAGMA journal_size_limit = 67108864;",
        )
        .map_err(failed)?;
    Ok(connection)
}

/// Adds what an older version of the lab, or of the contract, did not have.
fn upgrade(connection: &mut Connection) -> rusqlite::Result<()> {
    let missing = missing(connection)?;
    if missing.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    for column in missing {
        let kind = match layout::columns().find(|(_, key)| *key == column) {
            Some((at, _)) => kind(at),
            None => "INTEGER NOT NULL DEFAULT 0",
        };
        transaction.execute_batch(&format!("ALTER TABLE event ADD COLUMN {} {kind}", quoted(column)))?;
        if column == "nanos" {
            transaction.execute_batch("UPDATE event SET nanos = timestamp * 1000000")?;
        }
    }
    transaction.execute_batch(&format!("PRAGMA user_version = {VERSION}"))?;
    transaction.commit()
}

/// The columns that a file of an older version lacks.
fn missing(connection: &Connection) -> rusqlite::Result<Vec<&'static str>> {
    let mut statement = connection.prepare("SELECT name FROM pragma_table_info('event')")?;
    let there: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let wanted = FIXED.into_iter().chain(layout::columns().map(|(_, key)| key));
    Ok(wanted.filter(|column| !there.iter().any(|name| name == column)).collect())
}

/// What a file is instead of a lab's of this version or an older one; `None` when it is one.
fn unknown(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    let ours = application == i64::from(APPLICATION) && (1..=VERSION).contains(&version);
    Ok((!ours).then(|| format!("application id {application}, version {version}")))
}

/// Checks a file that is opened to be read.
///
/// # Errors
/// It is not a lab's, or of an older version.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let name = || path.display().to_string();
    let failed = |source| StoreError::Sqlite { path: name(), source };
    if let Some(found) = unknown(connection).map_err(failed)? {
        return Err(StoreError::Foreign { path: name(), found });
    }
    if !missing(connection).map_err(failed)?.is_empty() {
        return Err(StoreError::Outdated { path: name() });
    }
    Ok(())
}
