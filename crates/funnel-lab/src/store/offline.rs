//! Reads a file without a running lab.

use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OpenFlags};

use super::error::StoreError;
use super::file::{Identity, beside, failed, identify};
use super::{scan, schema};
use crate::columns::Columns;
use crate::contracts::Contracts;

/// Fills `columns` from a file that a lab may have open, and that need not be writable.
pub(crate) fn fill(file: &Path, columns: &Columns, contracts: &Arc<Contracts>) -> Result<(), StoreError> {
    let read = |connection: &Connection| read(connection, file, columns, contracts);
    let path = || file.display().to_string();
    match identify(file)? {
        Identity::Lab => {}
        Identity::New => {
            let there = if file.exists() { "an empty file" } else { "no file" };
            return Err(StoreError::Foreign { path: path(), found: there.to_owned() });
        }
        Identity::Stranger(found) => return Err(StoreError::Foreign { path: path(), found }),
    }
    match open(file, "") {
        Ok(connection) => read(&connection),
        Err(error) => {
            // SQLite shares a log through a third file, which it cannot make where nothing may be written.
            let log = beside(file, "-wal");
            if log.metadata().map_or(0, |log| log.len()) == 0 {
                let connection = open(file, "?immutable=1").map_err(|_| error)?;
                return read(&connection);
            }
            let folder = tempfile::tempdir().map_err(|source| failed(file, source))?;
            let copy = folder.path().join("lab.db");
            std::fs::copy(file, &copy).map_err(|source| failed(file, source))?;
            std::fs::copy(&log, beside(&copy, "-wal")).map_err(|source| failed(file, source))?;
            read(&open(&copy, "").map_err(|_| error)?)
        }
    }
}

fn read(
    connection: &Connection,
    file: &Path,
    columns: &Columns,
    contracts: &Arc<Contracts>,
) -> Result<(), StoreError> {
    let shape = schema::check(connection, file, contracts)?;
    columns
        .refill(|fill| scan::scan(connection, &shape, fill, |_| ()))
        .map_err(|source| StoreError::Sqlite { path: file.display().to_string(), source })
}

/// Opens a file to be read and proves that it can be.
fn open(file: &Path, options: &str) -> Result<Connection, StoreError> {
    let failed = |source| StoreError::Sqlite { path: file.display().to_string(), source };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = if options.is_empty() {
        Connection::open_with_flags(file, flags)
    } else {
        let name = uri(&std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned())) + options;
        Connection::open_with_flags(name, flags | OpenFlags::SQLITE_OPEN_URI)
    };
    let connection = connection.map_err(failed)?;
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).map_err(failed)?;
    Ok(connection)
}

/// A path as SQLite's URI.
fn uri(path: &Path) -> String {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-' | b'_') {
            uri.push(char::from(*byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}
