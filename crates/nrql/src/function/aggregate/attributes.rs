//! Aggregates over all attributes of a row at once.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

use hashbrown::HashSet;

use crate::function::build::{Args, Build, Built};
use crate::function::entry::{Function, Standing};
use crate::function::measure::{Aggregate, Ending, Measure, PerGroup, Rows, State};
use crate::node::{Batch, Node};
use crate::value::{Datum, Value, hash_datum};

pub(in crate::function) const FUNCTIONS: &[Function] = &[
    Function::aggregate("keyset", (0, 0), "keyset()", "Attribute names that hold a value, by type.", |_, _| Ok(Box::new(Keyset))).no_alerts(),
    Function::aggregate("bytecountestimate", (0, 0), "bytecountestimate()", "Bytes of the names and values of the rows: 8 a number, 1 a boolean, the length of a string. New Relic's formula is not published.", |_, _| Ok(Box::new(ByteCount))).no_alerts(),
    Function::aggregate("cardinality", (0, 1), "cardinality([attr][, include: {…}][, exclude: {…}])", "Distinct combinations of the text and boolean attributes of the rows, where the attribute is not NULL.", cardinality).labels(&["include", "exclude"]).standing(Standing::Metrics).no_alerts(),
];

fn cardinality<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Box<dyn Aggregate>> {
    let of = args.expr(0).map(|first| build.value(first)).transpose()?;
    Ok(Box::new(Cardinality { of, include: args.names("include"), exclude: args.names("exclude") }))
}

#[derive(Debug)]
struct ByteCount;

impl Measure for ByteCount {
    type State = u64;

    fn update<'a>(&'a self, states: &mut PerGroup<u64>, rows: &mut Rows<'a, '_>) {
        for (row, group) in rows.rows.iter().zip(rows.groups) {
            *states.at(*group) += byte_count(rows.batch, *row);
        }
    }

    fn finish(&self, count: u64, _: &Ending<'_, '_>) -> Value {
        Value::Int(count.cast_signed())
    }
}

fn byte_count(batch: &Batch<'_>, row: u32) -> u64 {
    let table = batch.view.table;
    let mut bytes = 8;
    for column in 0..table.columns() {
        let Some(data) = batch.view.segment.column(column) else { continue };
        bytes += match data.get(row as usize, table.dictionary(column)) {
            Datum::Null => continue,
            Datum::Bool(_) => 1,
            Datum::Text(text) => text.len(),
            Datum::Int(_) | Datum::Float(_) | Datum::List(_) | Datum::Map(_) => 8,
        };
        bytes += table.name(column).len();
    }
    bytes as u64
}

/// Names with the types they hold.
#[derive(Clone, Debug, Default)]
struct Names(BTreeMap<String, u8>);

const TEXT: u8 = 1;
const NUMBER: u8 = 2;
const BOOLEAN: u8 = 4;

impl State for Names {
    fn merge(&mut self, other: &Self) {
        for (name, types) in &other.0 {
            *self.0.entry(name.clone()).or_default() |= types;
        }
    }

    fn heap(&self) -> usize {
        self.0.keys().map(|name| name.len() + 40).sum()
    }
}

#[derive(Debug)]
struct Keyset;

impl Measure for Keyset {
    type State = Names;

    fn update<'a>(&'a self, states: &mut PerGroup<Names>, rows: &mut Rows<'a, '_>) {
        let table = rows.batch.view.table;
        for column in 0..table.columns() {
            let Some(data) = rows.batch.view.segment.column(column) else { continue };
            for (row, group) in rows.rows.iter().zip(rows.groups) {
                let kind = match data.get(*row as usize, table.dictionary(column)) {
                    Datum::Text(_) => TEXT,
                    Datum::Int(_) | Datum::Float(_) => NUMBER,
                    Datum::Bool(_) => BOOLEAN,
                    Datum::Null | Datum::List(_) | Datum::Map(_) => continue,
                };
                let names = &mut states.at(*group).0;
                let known = names.get(table.name(column)).copied().unwrap_or(0);
                if known & kind == 0 {
                    names.insert(table.name(column).to_owned(), known | kind);
                }
            }
        }
        for group in rows.groups {
            states.at(*group).0.entry("timestamp".to_owned()).or_insert(NUMBER);
        }
    }

    fn finish(&self, names: Names, _: &Ending<'_, '_>) -> Value {
        let of = |types: u8| -> Value {
            let found = names.0.iter().filter(|(_, known)| **known & types != 0);
            Value::List(found.map(|(name, _)| Value::text(name.as_str())).collect())
        };
        let entries = [
            ("stringKeys", of(TEXT)),
            ("numericKeys", of(NUMBER)),
            ("booleanKeys", of(BOOLEAN)),
            ("allKeys", of(u8::MAX)),
        ];
        Value::Map(entries.into_iter().map(|(name, value)| (Arc::from(name), value)).collect())
    }
}

/// Hashes of rows, each once.
#[derive(Clone, Debug, Default)]
struct Hashes(HashSet<u64>);

impl State for Hashes {
    fn merge(&mut self, other: &Self) {
        self.0.extend(&other.0);
    }

    fn heap(&self) -> usize {
        self.0.capacity() * 9
    }
}

#[derive(Debug)]
struct Cardinality {
    of: Option<Node>,
    include: Vec<String>,
    exclude: Vec<String>,
}

impl Measure for Cardinality {
    type State = Hashes;

    fn update<'a>(&'a self, states: &mut PerGroup<Hashes>, rows: &mut Rows<'a, '_>) {
        for (row, group) in rows.rows.iter().zip(rows.groups) {
            if self.of.as_ref().is_none_or(|of| !rows.batch.is_null(of, *row)) {
                states.at(*group).0.insert(self.row_hash(rows.batch, *row));
            }
        }
    }

    fn finish(&self, hashes: Hashes, _: &Ending<'_, '_>) -> Value {
        Value::Int(hashes.0.len() as i64)
    }
}

/// Hashing rows needs the same seed in every thread.
static SEED: std::sync::OnceLock<hashbrown::DefaultHashBuilder> = std::sync::OnceLock::new();

impl Cardinality {
    fn row_hash(&self, batch: &Batch<'_>, row: u32) -> u64 {
        use std::hash::Hasher;
        let table = batch.view.table;
        let mut hasher = SEED.get_or_init(Default::default).build_hasher();
        for column in 0..table.columns() {
            let name = table.name(column);
            let wanted = (self.include.is_empty() || self.include.iter().any(|kept| kept == name))
                && !self.exclude.iter().any(|left| left == name);
            let Some(data) = batch.view.segment.column(column).filter(|_| wanted) else { continue };
            let datum = data.get(row as usize, table.dictionary(column));
            if matches!(datum, Datum::Text(_) | Datum::Bool(_)) {
                name.hash(&mut hasher);
                hash_datum(&datum, &mut hasher);
            }
        }
        hasher.finish()
    }
}
