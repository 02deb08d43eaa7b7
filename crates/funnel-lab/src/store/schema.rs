//! The tables. `docs/lab.md` describes them for people who open the file with a tool of their own.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OpenFlags};

use super::error::StoreError;
use super::file::{APPLICATION, DatabaseFile};
use super::shape::{FIXED, JUDGE, Shape};
use crate::contracts::Contracts;

/// Raised when the tables change.
const VERSION: i64 = 3;

pub(super) fn quoted(key: &str) -> String {
    format!("\"{}\"", key.replace('"', "\"\""))
}

/// `INSERT INTO event …` for records of a contract, its parameters in the order of [`FIXED`] and the contract's attributes.
pub(super) fn insert(shape: &Shape, contract: usize) -> String {
    let mut sql = format!("INSERT INTO event ({}", FIXED.join(", "));
    let mut count = FIXED.len();
    for (at, _) in shape.contracts.at(contract).stored() {
        if let Some(place) = shape.place(contract, at) {
            let _ = write!(sql, ", {}", quoted(&shape.columns[place].name));
            count += 1;
        }
    }
    let marks: Vec<String> = (1..=count).map(|at| format!("?{at}")).collect();
    let _ = write!(sql, ") VALUES ({})", marks.join(", "));
    sql
}

/// `SELECT` of every column of [`FIXED`] and of attributes, to be followed by `WHERE` or `ORDER BY`.
pub(super) fn select(shape: &Shape) -> String {
    let fixed = FIXED.map(|name| match shape.lacking.contains(&name) {
        true => format!("NULL AS {name}"),
        false => format!("event.{name}"),
    });
    let mut sql = format!("SELECT {}", fixed.join(", "));
    for column in &shape.columns {
        let _ = write!(sql, ", event.{}", quoted(&column.name));
    }
    sql.push_str(" FROM event");
    sql
}

const TABLES: &str = "CREATE TABLE event (
           id INTEGER PRIMARY KEY,
           received INTEGER NOT NULL,
           timestamp INTEGER NOT NULL,
           nanos INTEGER NOT NULL,
           type TEXT NOT NULL,
           verdict TEXT NOT NULL,
           stored INTEGER NOT NULL,
           resource INTEGER NOT NULL REFERENCES resource (id),
           extra TEXT,
           contract TEXT
         );
         CREATE TABLE resource (id INTEGER PRIMARY KEY, attributes TEXT NOT NULL UNIQUE);
         CREATE TABLE problem (
           event INTEGER NOT NULL REFERENCES event (id),
           key TEXT NOT NULL, rule TEXT NOT NULL, sample TEXT NOT NULL, fate TEXT NOT NULL
         );
         CREATE INDEX problem_event ON problem (event);
         CREATE INDEX event_bad ON event (id) WHERE verdict = 'bad';";

/// Opens the writing connection, makes the tables where there are none, and adds the columns that the file lacks.
pub(super) fn open(
    file: &DatabaseFile,
    contracts: &Arc<Contracts>,
) -> Result<(Connection, Shape), StoreError> {
    let failed = |source| file.sqlite(source);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(file.path(), flags).map_err(failed)?;
    let tables_there: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(failed)?;
    if tables_there == 0 {
        // Committed before the log is switched on, so that the file itself says whose it is.
        let made = format!(
            "BEGIN; {TABLES} PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}; COMMIT;"
        );
        connection.execute_batch(&made).map_err(failed)?;
    } else if let Some(found) = unknown(&connection).map_err(failed)? {
        return Err(StoreError::Foreign { path: file.path().display().to_string(), found });
    }
    let shape = upgrade(&mut connection, contracts).map_err(failed)?;
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY;
             PRAGMA wal_autocheckpoint = 8000; PRAGMA cache_size = -32000; PRAGMA journal_size_limit = 67108864;",
        )
        .map_err(failed)?;
    Ok((connection, shape))
}

/// Adds what an older version of the lab, or a lab with other contracts, did not have.
fn upgrade(connection: &mut Connection, contracts: &Arc<Contracts>) -> rusqlite::Result<Shape> {
    let shape = Shape::read(connection, contracts)?;
    let missing = shape.missing();
    if missing.is_empty() && shape.lacking.is_empty() {
        return Ok(shape);
    }
    let transaction = connection.transaction()?;
    for name in &shape.lacking {
        let kind = if *name == JUDGE { "TEXT" } else { "INTEGER NOT NULL DEFAULT 0" };
        transaction.execute_batch(&format!("ALTER TABLE event ADD COLUMN {name} {kind}"))?;
        if *name == "nanos" {
            transaction.execute_batch("UPDATE event SET nanos = timestamp * 1000000")?;
        }
    }
    for column in missing {
        let (name, kind) = (quoted(&column.name), column.kind.as_str());
        transaction.execute_batch(&format!("ALTER TABLE event ADD COLUMN {name} {kind}"))?;
    }
    transaction.execute_batch(&format!("PRAGMA user_version = {VERSION}"))?;
    transaction.commit()?;
    Shape::read(connection, contracts)
}

/// What a file is instead of a lab's of this version or an older one; `None` when it is one.
fn unknown(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    let ours = application == i64::from(APPLICATION) && (1..=VERSION).contains(&version);
    Ok((!ours).then(|| format!("application id {application}, version {version}")))
}

/// Checks a file that is opened to be read, and finds its columns. A contract that the file has no columns for has no
/// events in it.
///
/// # Errors
/// It is not a lab's, or of an older version.
pub(super) fn check(
    connection: &Connection,
    path: &Path,
    contracts: &Arc<Contracts>,
) -> Result<Shape, StoreError> {
    let name = || path.display().to_string();
    let failed = |source| StoreError::Sqlite { path: name(), source };
    if let Some(found) = unknown(connection).map_err(failed)? {
        return Err(StoreError::Foreign { path: name(), found });
    }
    let shape = Shape::read(connection, contracts).map_err(failed)?;
    let lacks_own = contracts.at(0).stored().any(|(at, _)| shape.place(0, at).is_none());
    if lacks_own || shape.lacking.iter().any(|name| *name != JUDGE) {
        return Err(StoreError::Outdated { path: name() });
    }
    Ok(shape)
}
