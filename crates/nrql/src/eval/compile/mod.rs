//! Syntax tree to plan.

mod aggregate;
mod call;
mod condition;
mod expr;
mod lift;
mod select;

use super::Context;
use super::aggregate::Aggregate;
use super::error::EvalError;
use super::node::Settings;
use crate::ast::{Definition, Expr};
use crate::time::TimeRange;

pub(crate) use select::has_aggregate;
pub(super) use select::{aggregates_in, compile_aggregates, compile_rows};

type Compiled<T> = Result<T, EvalError>;

/// Whether a value is of one row or of many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Row,
    Result,
}

/// The state of one query's compilation.
struct Compiler<'q> {
    context: &'q Context<'q>,
    range: TimeRange,
    level: Level,
    slots: Vec<String>,
    aggregates: Vec<Aggregate>,
    memos: usize,
    /// Conditions of the `filter`s and `percentage`s around what is being compiled.
    filters: Vec<&'q Expr>,
    definitions: &'q [Definition],
    /// How many of the definitions may be used: a definition sees only those before it.
    visible: usize,
    /// Canonical texts of the facet's keys, and the names of those that have one.
    facets: Vec<(String, Option<String>)>,
    /// Names that an inner query gives its columns.
    inner: &'q [String],
    settings: Settings,
}

impl<'q> Compiler<'q> {
    fn slot(&mut self, name: &str) -> usize {
        if let Some(slot) = self.slots.iter().position(|known| known == name) {
            return slot;
        }
        self.slots.push(name.to_owned());
        self.slots.len() - 1
    }

    /// Compiles at another level and comes back.
    fn at<T>(&mut self, level: Level, compile: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.level, level);
        let result = compile(self);
        self.level = before;
        result
    }

    /// Compiles what a definition stands for, seeing only the definitions before it.
    fn defined<T>(&mut self, place: usize, compile: impl FnOnce(&mut Self, &'q Definition) -> T) -> T {
        let before = std::mem::replace(&mut self.visible, place);
        let definition = &self.definitions[place];
        let result = compile(self, definition);
        self.visible = before;
        result
    }
}
