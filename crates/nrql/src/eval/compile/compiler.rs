//! The state of one query's compilation.

use crate::ast::{Definition, Expr};
use crate::error::EvalError;
use crate::eval::context::Context;
use crate::eval::plan::PlannedAggregate;
use crate::node::Settings;
use crate::time::TimeRange;

pub(super) type Compiled<T> = Result<T, EvalError>;

/// Whether a value is of one row or of many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Row,
    Result,
}

/// The state of one query's compilation.
pub(super) struct Compiler<'q> {
    pub(super) context: &'q Context<'q>,
    pub(super) range: TimeRange,
    pub(super) level: Level,
    pub(super) slots: Vec<String>,
    pub(super) aggregates: Vec<PlannedAggregate>,
    pub(super) memos: usize,
    /// Conditions of the `filter`s and `percentage`s around what is being compiled.
    pub(super) filters: Vec<&'q Expr>,
    pub(super) definitions: &'q [Definition],
    /// How many of the definitions may be used: a definition sees only those before it.
    pub(super) visible: usize,
    /// Canonical texts of the facet's keys, and the names of those that have one.
    pub(super) facets: Vec<(String, Option<String>)>,
    /// Names that an inner query gives its columns.
    pub(super) inner: &'q [String],
    pub(super) settings: Settings,
}

impl<'q> Compiler<'q> {
    pub(super) fn slot(&mut self, name: &str) -> usize {
        if let Some(slot) = self.slots.iter().position(|known| known == name) {
            return slot;
        }
        self.slots.push(name.to_owned());
        self.slots.len() - 1
    }

    /// Compiles at another level and comes back.
    pub(super) fn at<T>(&mut self, level: Level, compile: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.level, level);
        let result = compile(self);
        self.level = before;
        result
    }

    /// Compiles what a definition stands for, seeing only the definitions before it.
    pub(super) fn defined<T>(
        &mut self,
        place: usize,
        compile: impl FnOnce(&mut Self, &'q Definition) -> T,
    ) -> T {
        let before = std::mem::replace(&mut self.visible, place);
        let definition = &self.definitions[place];
        let result = compile(self, definition);
        self.visible = before;
        result
    }
}
