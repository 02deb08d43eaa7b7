//! Aggregates over all attributes of a row at once.

use super::PerGroup;
use super::sets::{BOOLEAN, NUMBER, Names, TEXT};
use crate::eval::ids::Batch;
use crate::value::{Datum, Value, hash_datum};
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

/// Hashing rows needs the same seed in every thread.
static SEED: std::sync::OnceLock<hashbrown::DefaultHashBuilder> = std::sync::OnceLock::new();

pub(super) fn byte_count(batch: &Batch<'_>, row: u32) -> u64 {
    let table = batch.view.table;
    let mut bytes = 8;
    for column in 0..table.columns() {
        let Some(data) = batch.view.segment.column(column) else { continue };
        bytes += match data.get(row as usize, table.dictionary(column)) {
            Datum::Null => continue,
            Datum::Bool(_) => 1,
            Datum::Text(text) => text.len(),
            _ => 8,
        };
        bytes += table.name(column).len();
    }
    bytes as u64
}

pub(super) fn keyset(names: &mut PerGroup<Names>, batch: &Batch<'_>, rows: &[u32], groups: &[u32]) {
    let table = batch.view.table;
    for column in 0..table.columns() {
        let Some(data) = batch.view.segment.column(column) else { continue };
        for (row, group) in rows.iter().zip(groups) {
            let kind = match data.get(*row as usize, table.dictionary(column)) {
                Datum::Text(_) => TEXT,
                Datum::Int(_) | Datum::Float(_) => NUMBER,
                Datum::Bool(_) => BOOLEAN,
                _ => continue,
            };
            let known = names.at(*group).0.get(table.name(column)).copied().unwrap_or(0);
            if known & kind == 0 {
                names.at(*group).0.insert(table.name(column).to_owned(), known | kind);
            }
        }
    }
    for group in groups {
        names.at(*group).0.entry("timestamp".to_owned()).or_insert(NUMBER);
    }
}

pub(super) fn keyset_value(names: &Names, dimensions: bool) -> Value {
    let of = |types: u8| -> Value {
        let found = names.0.iter().filter(|(_, known)| **known & types != 0);
        Value::List(found.map(|(name, _)| Value::text(name.as_str())).collect())
    };
    if dimensions {
        return of(TEXT | BOOLEAN);
    }
    let entries = [
        ("stringKeys", of(TEXT)),
        ("numericKeys", of(NUMBER)),
        ("booleanKeys", of(BOOLEAN)),
        ("allKeys", of(u8::MAX)),
    ];
    Value::Map(entries.into_iter().map(|(name, value)| (Arc::from(name), value)).collect())
}

pub(super) fn row_hash(batch: &Batch<'_>, row: u32, include: &[String], exclude: &[String]) -> u64 {
    let table = batch.view.table;
    let mut hasher = SEED.get_or_init(Default::default).build_hasher();
    for column in 0..table.columns() {
        let name = table.name(column);
        let wanted = (include.is_empty() || include.iter().any(|kept| kept == name))
            && !exclude.iter().any(|left| left == name);
        let Some(data) = batch.view.segment.column(column).filter(|_| wanted) else { continue };
        let datum = data.get(row as usize, table.dictionary(column));
        if matches!(datum, Datum::Text(_) | Datum::Bool(_)) {
            name.hash_into(&mut hasher);
            hash_datum(&datum, &mut hasher);
        }
    }
    hasher.finish()
}

trait HashInto {
    fn hash_into<H: Hasher>(&self, hasher: &mut H);
}

impl HashInto for str {
    fn hash_into<H: Hasher>(&self, hasher: &mut H) {
        std::hash::Hash::hash(self, hasher);
    }
}
