//! Which column of `event` holds which attribute.
//!
//! An attribute's column has its key as its name. Where another attribute has the name already and another kind of value,
//! or differs from it by letter case, which SQLite does not tell apart, the kind follows in brackets.

use std::sync::Arc;

use instant_funnel_core::contract::Rule;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use crate::contracts::{Contracts, EVENT_ID, STEP};

/// The last of [`FIXED`]: by whose rules a record was judged. Null is InstantFunnel, or nobody where `extra` is set.
pub(super) const JUDGE: &str = "contract";

/// Columns of `event` before those of attributes.
pub(super) const FIXED: [&str; 10] =
    ["id", "received", "timestamp", "nanos", "type", "verdict", "stored", "resource", "extra", JUDGE];

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColumnKind {
    Text,
    Integer,
    Real,
    Boolean,
}

impl ColumnKind {
    fn of(rule: &Rule) -> Self {
        match rule {
            Rule::Bool => Self::Boolean,
            rule if rule.is_integer() => Self::Integer,
            Rule::Number { .. } => Self::Real,
            _ => Self::Text,
        }
    }

    fn named(name: &str) -> Self {
        match name {
            "BOOLEAN" => Self::Boolean,
            "INTEGER" => Self::Integer,
            "REAL" => Self::Real,
            _ => Self::Text,
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Text => "TEXT",
            Self::Integer => "INTEGER",
            Self::Real => "REAL",
            Self::Boolean => "BOOLEAN",
        }
    }
}

/// A column behind those of [`FIXED`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: ColumnKind,
}

impl Column {
    /// The attribute's key, which has no blank.
    pub(super) fn key(&self) -> &str {
        self.name.split(' ').next().unwrap_or_default()
    }
}

/// A value as it lies in the file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cell<'r> {
    Text(&'r str),
    Bool(bool),
    Integer(i64),
    Number(f64),
}

/// The columns of a file.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub(super) contracts: Arc<Contracts>,
    pub(super) columns: Vec<Column>,
    /// Of each contract: the column of each attribute.
    places: Vec<Vec<Option<usize>>>,
    pub(super) step: Option<usize>,
    pub(super) event_id: Option<usize>,
    /// The columns of [`FIXED`] that the file lacks.
    pub(super) lacking: Vec<&'static str>,
}

impl Shape {
    /// The columns of a file, which may be older than the contracts.
    pub(super) fn read(connection: &Connection, contracts: &Arc<Contracts>) -> rusqlite::Result<Self> {
        let mut statement = connection.prepare("SELECT name, type FROM pragma_table_info('event')")?;
        let found: Vec<(String, String)> = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let lacking = FIXED.into_iter().filter(|name| found.iter().all(|(there, _)| there != name)).collect();
        let instant = contracts.at(0).contract;
        let own = found.into_iter().filter(|(name, _)| !FIXED.contains(&name.as_str()));
        let columns = own.map(|(name, kind)| {
            // Older labs declared booleans as integers.
            let known = instant.position(&name).map(|at| ColumnKind::of(&instant.attributes[at].rule));
            Column { kind: known.unwrap_or_else(|| ColumnKind::named(&kind)), name }
        });
        Ok(Self::of(contracts, columns.collect(), lacking))
    }

    fn of(contracts: &Arc<Contracts>, columns: Vec<Column>, lacking: Vec<&'static str>) -> Self {
        let place = |key: &str, kind: ColumnKind| {
            columns.iter().position(|column| column.kind == kind && column.key() == key)
        };
        let places = contracts.iter().map(|layout| {
            let mut places = vec![None; layout.contract.attributes.len()];
            for (at, key) in layout.stored() {
                places[at] = place(key, ColumnKind::of(&layout.contract.attributes[at].rule));
            }
            places
        });
        Self {
            places: places.collect(),
            step: place(STEP, ColumnKind::Text),
            event_id: place(EVENT_ID, ColumnKind::Text),
            contracts: Arc::clone(contracts),
            lacking,
            columns,
        }
    }

    /// The columns that the contracts need and the file lacks.
    pub(super) fn missing(&self) -> Vec<Column> {
        let mut all = self.columns.clone();
        for layout in self.contracts.iter() {
            for (at, key) in layout.stored() {
                let kind = ColumnKind::of(&layout.contract.attributes[at].rule);
                if !all.iter().any(|column| column.kind == kind && column.key() == key) {
                    all.push(Column { name: free(&all, key, kind), kind });
                }
            }
        }
        all.split_off(self.columns.len())
    }

    /// The column of an attribute.
    pub(super) fn place(&self, contract: usize, attribute: usize) -> Option<usize> {
        self.places[contract].get(attribute).copied().flatten()
    }

    /// The value of a column in a row that was selected with all columns.
    pub(super) fn cell<'r>(&self, row: &'r Row<'_>, column: usize) -> Option<Cell<'r>> {
        Some(match row.get_ref(FIXED.len() + column).ok()? {
            ValueRef::Integer(value) if self.columns[column].kind == ColumnKind::Boolean => {
                Cell::Bool(value != 0)
            }
            ValueRef::Integer(value) => Cell::Integer(value),
            ValueRef::Real(value) => Cell::Number(value),
            ValueRef::Text(text) => Cell::Text(std::str::from_utf8(text).ok()?),
            ValueRef::Null | ValueRef::Blob(_) => return None,
        })
    }

    /// By the rules of which contract a row was judged: its name, and its position where it is known. Nothing of a record
    /// that is of no contract.
    pub(super) fn judge_of<'n>(
        &self,
        name: Option<&'n str>,
        is_other: bool,
    ) -> Option<(&'n str, Option<usize>)>
    where
        'static: 'n,
    {
        let name = name.unwrap_or(self.contracts.at(0).contract.event_name);
        (!is_other).then(|| (name, self.contracts.find(name)))
    }
}

/// A name for a column that no other column has.
fn free(columns: &[Column], key: &str, kind: ColumnKind) -> String {
    let plain = key.to_owned();
    let with_kind = format!("{key} ({})", kind.as_str());
    let numbered = (2..).map(|number| format!("{key} ({}) {number}", kind.as_str()));
    let is_free = |name: &String| {
        !FIXED.iter().any(|fixed| fixed.eq_ignore_ascii_case(name))
            && !columns.iter().any(|column| column.name.eq_ignore_ascii_case(name))
    };
    [plain, with_kind.clone()].into_iter().chain(numbered).find(is_free).unwrap_or(with_kind)
}
