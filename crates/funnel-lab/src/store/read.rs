//! Reading events back: for the list of the API, and to fill the columns at start.

use super::schema::{self, FIXED};
use super::{Place, StoreError};
use crate::columns::Columns;
use crate::judge::{Positions, Verdict, hex16};
use instant_funnel_core::contract::{Contract, Rule};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row, params_from_iter};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// A row of `event` as it lies in the file.
pub(crate) struct Stored<'r> {
    pub(crate) timestamp: i64,
    pub(crate) kind: &'r str,
    pub(crate) verdict: Verdict,
    pub(crate) stored: bool,
    pub(crate) resource: i64,
    pub(crate) step: Option<usize>,
    pub(crate) event_id: Option<[u8; 16]>,
    pub(crate) extra: Option<&'r str>,
    row: &'r Row<'r>,
    contract: &'static Contract,
}

impl Stored<'_> {
    /// The contract's attributes that the row has.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = (usize, ValueRef<'_>)> {
        schema::columns(self.contract).enumerate().filter_map(|(column, (at, _))| {
            let value = self.row.get_ref(FIXED.len() + column).ok()?;
            (value != ValueRef::Null).then_some((at, value))
        })
    }
}

/// Tells `each` about every row, oldest first.
pub(crate) fn scan(
    connection: &Connection,
    contract: &'static Contract,
    mut each: impl FnMut(&Stored<'_>, &str),
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(&format!("{} ORDER BY event.id", schema::select(contract)))?;
    let positions = Positions::of(contract);
    let column_of = |wanted: usize| schema::columns(contract).position(|(at, _)| at == wanted);
    let (step_at, id_at) = (column_of(positions.step), column_of(positions.event_id));
    let resources = resources(connection)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let resource: i64 = row.get(6)?;
        let text = |column: Option<usize>| {
            column.and_then(|column| row.get_ref(FIXED.len() + column).ok()?.as_str_or_null().ok()?)
        };
        let stored = Stored {
            timestamp: row.get(2)?,
            kind: row.get_ref(3)?.as_str()?,
            verdict: Verdict::named(row.get_ref(4)?.as_str()?).unwrap_or(Verdict::Other),
            stored: row.get(5)?,
            resource,
            extra: row.get_ref(7)?.as_str_or_null()?,
            step: text(step_at).and_then(|name| contract.step_position(name)),
            event_id: text(id_at).and_then(hex16),
            row,
            contract,
        };
        each(&stored, resources.get(&resource).map_or("{}", String::as_str));
    }
    Ok(())
}

fn resources(connection: &Connection) -> rusqlite::Result<HashMap<i64, String>> {
    let mut statement = connection.prepare("SELECT id, attributes FROM resource")?;
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// Fills `columns` from a file that a lab may have open.
pub(crate) fn fill(file: &Path, contract: &'static Contract, columns: &Columns) -> Result<(), StoreError> {
    let path = || file.display().to_string();
    let failed = |source| StoreError::Sqlite { path: path(), source };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags).map_err(failed)?;
    if let Some(found) = schema::foreign(&connection).map_err(failed)? {
        return Err(StoreError::Foreign { path: path(), found });
    }
    columns
        .refill(|fill| scan(&connection, contract, |row, resource| fill.push(row, resource)))
        .map_err(failed)
}

/// Which events are listed, newest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) verdict: Option<Verdict>,
    pub(crate) limit: u32,
}

/// The most text that a list holds; records may be long.
const LIST_BYTES: usize = 4 * 1024 * 1024;

/// A read-only connection beside the writer's.
#[derive(Debug)]
pub(crate) struct Reader {
    connection: Mutex<Connection>,
    contract: &'static Contract,
    path: PathBuf,
}

impl Reader {
    pub(crate) fn open(place: &Place, contract: &'static Contract) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection =
            Connection::open_with_flags(place.path(), flags).map_err(|source| place.sqlite(source))?;
        Ok(Self { connection: Mutex::new(connection), contract, path: place.path().to_owned() })
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The newest events that pass `filter`, as the API shows them; fewer when they are very long. Blocks.
    pub(crate) fn events(&self, filter: &Filter) -> rusqlite::Result<Vec<Value>> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sql = schema::select(self.contract);
        let mut parameters = Vec::new();
        if let Some(verdict) = filter.verdict {
            // The word is the lab's own; written out, SQLite can use the partial index of the bad.
            sql.push_str(&format!(" WHERE event.verdict = '{}'", verdict.as_str()));
        }
        sql.push_str(" ORDER BY event.id DESC LIMIT ?1");
        parameters.push(filter.limit);
        let mut problems = connection
            .prepare_cached("SELECT key, rule, sample, fate FROM problem WHERE event = ?1 ORDER BY rowid")?;
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(parameters))?;
        let mut events = Vec::new();
        let mut bytes = 0;
        while let Some(row) = rows.next()? {
            bytes += row.get_ref(7)?.as_str_or_null()?.map_or(0, str::len);
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
                "type": row.get::<_, String>(3)?,
                "verdict": row.get::<_, String>(4)?,
                "stored": row.get::<_, bool>(5)?,
                "attributes": self.attributes(row)?,
                "problems": found,
            }));
        }
        Ok(events)
    }

    fn attributes(&self, row: &Row<'_>) -> rusqlite::Result<Map<String, Value>> {
        let mut attributes = match row.get_ref(7)?.as_str_or_null()? {
            Some(extra) => serde_json::from_str(extra).unwrap_or_default(),
            None => Map::new(),
        };
        for (column, (at, key)) in (FIXED.len()..).zip(schema::columns(self.contract)) {
            let value = match row.get_ref(column)? {
                ValueRef::Integer(number) if self.contract.attributes[at].rule == Rule::Bool => {
                    json!(number != 0)
                }
                ValueRef::Text(text) => json!(String::from_utf8_lossy(text)),
                _ => continue,
            };
            attributes.insert(key.to_owned(), value);
        }
        Ok(attributes)
    }
}
