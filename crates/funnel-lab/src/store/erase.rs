//! Erases events from a file that no lab has open.

use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;

use super::error::StoreError;
use super::file::DatabaseFile;
use super::schema;
use crate::contracts::Contracts;

/// The values of `wanted` in the events whose `key` is `value`.
pub(crate) fn related(file: &Path, key: &str, value: &str, wanted: &str) -> Result<Vec<String>, StoreError> {
    let claimed = DatabaseFile::claim(Some(file))?;
    let connection = open(&claimed)?;
    let read = || -> rusqlite::Result<Vec<String>> {
        let columns = columns(&connection)?;
        if ![key, wanted].iter().all(|name| columns.iter().any(|column| column == name)) {
            return Ok(Vec::new());
        }
        let (key, wanted) = (schema::quoted(key), schema::quoted(wanted));
        let sql = format!("SELECT DISTINCT {wanted} FROM event WHERE {key} = ?1 AND {wanted} IS NOT NULL");
        let mut statement = connection.prepare(&sql)?;
        statement.query_map([value], |row| row.get(0))?.collect()
    };
    read().map_err(|source| claimed.sqlite(source))
}

/// Removes every event in which one of these texts stands, and what SQLite keeps of it in free pages and in its log. Gives
/// the number of events.
pub(crate) fn erase(file: &Path, ids: &[String]) -> Result<u64, StoreError> {
    let claimed = DatabaseFile::claim(Some(file))?;
    let mut connection = open(&claimed)?;
    remove(&mut connection, ids).map_err(|source| claimed.sqlite(source))
}

/// How many events hold one of these texts.
pub(crate) fn count(file: &Path, ids: &[String]) -> Result<u64, StoreError> {
    let claimed = DatabaseFile::claim(Some(file))?;
    let connection = open(&claimed)?;
    let read = || -> rusqlite::Result<u64> {
        let condition = condition(&connection, ids)?;
        let sql = format!("SELECT count(*) FROM event WHERE {condition}");
        let count: i64 = connection.query_row(&sql, [], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    };
    read().map_err(|source| claimed.sqlite(source))
}

/// Texts are looked for in every column, whichever contract it is of.
fn open(claimed: &DatabaseFile) -> Result<Connection, StoreError> {
    Ok(schema::open(claimed, &Arc::new(Contracts::standard()))?.0)
}

fn remove(connection: &mut Connection, ids: &[String]) -> rusqlite::Result<u64> {
    connection.execute_batch("PRAGMA secure_delete = ON")?;
    let condition = condition(connection, ids)?;
    let transaction = connection.transaction()?;
    let problems = format!("DELETE FROM problem WHERE event IN (SELECT id FROM event WHERE {condition})");
    transaction.execute(&problems, [])?;
    let removed = transaction.execute(&format!("DELETE FROM event WHERE {condition}"), [])?;
    transaction.commit()?;
    if removed > 0 {
        // The log goes into the file, the file is written anew without free pages, and the log ends empty.
        connection
            .execute_batch("PRAGMA wal_checkpoint(TRUNCATE); VACUUM; PRAGMA wal_checkpoint(TRUNCATE);")?;
    }
    Ok(removed as u64)
}

fn columns(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement =
        connection.prepare("SELECT name FROM pragma_table_info('event') WHERE type = 'TEXT'")?;
    statement.query_map([], |row| row.get(0))?.collect()
}

/// Whether one of these texts stands in any text of an event. They go into a table in memory, since a statement takes a
/// limited number of values.
fn condition(connection: &Connection, ids: &[String]) -> rusqlite::Result<String> {
    connection.execute_batch(
        "CREATE TEMP TABLE IF NOT EXISTS wanted (id TEXT NOT NULL); DELETE FROM temp.wanted;",
    )?;
    let mut insert = connection.prepare("INSERT INTO temp.wanted VALUES (?1)")?;
    for id in ids {
        insert.execute([id])?;
    }
    let texts: Vec<String> = columns(connection)?
        .iter()
        .map(|column| format!("coalesce(event.{}, '')", schema::quoted(column)))
        .collect();
    let all = texts.join(" || char(10) || ");
    Ok(format!("EXISTS (SELECT 1 FROM temp.wanted WHERE instr({all}, wanted.id) > 0)"))
}
