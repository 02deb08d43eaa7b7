//! State shared by an outer query and its inner ones.

use std::cell::{Cell, RefCell};

use super::budget::Budget;
use super::options::Options;
use crate::answer::{Answer, Column};
use crate::ast::Query;
use crate::error::EvalError;
use crate::span::Span;
use crate::table::Source;
use crate::time::TimeRange;
use crate::value::Value;

/// Subqueries that one query may have.
const MAX_SUBQUERIES: usize = 3;

/// Runs a query; an inner one takes the outer one's range unless it has its own.
pub(super) type RunQuery =
    for<'c, 's> fn(&'c Query, &'c Context<'s>, Option<TimeRange>) -> Result<Answer, EvalError>;

/// What an outer query and its inner ones share.
pub(super) struct Context<'s> {
    pub(super) source: &'s dyn Source,
    pub(super) options: &'s Options,
    pub(super) now: i64,
    pub(super) budget: Budget,
    run: RunQuery,
    notes: RefCell<Vec<String>>,
    subqueries: Cell<usize>,
    /// Event types of the query that is being compiled.
    event_types: RefCell<Vec<String>>,
    /// How far back COMPARE WITH has moved the range that is looked at; joined queries keep theirs.
    pub(super) moved_back: Cell<i64>,
}

impl<'s> Context<'s> {
    pub(super) fn new(
        source: &'s dyn Source,
        options: &'s Options,
        now: i64,
        budget: Budget,
        run: RunQuery,
    ) -> Self {
        let (notes, subqueries, event_types, moved_back) = Default::default();
        Self { source, options, now, budget, run, notes, subqueries, event_types, moved_back }
    }

    /// Adds a message to the answer, once.
    pub(super) fn note(&self, message: impl Into<String>) {
        let message = message.into();
        let mut notes = self.notes.borrow_mut();
        if !notes.contains(&message) {
            notes.push(message);
        }
    }

    /// The messages so far.
    pub(super) fn notes(&self) -> Vec<String> {
        self.notes.take()
    }

    pub(super) fn note_collisions(&self, columns: &[Column]) {
        for column in columns.iter().filter(|column| column.collided) {
            self.note(format!(
                "two results have the same name; one became {}: write AS to name them",
                column.key
            ));
        }
    }

    /// Tells which event types the query reads that is compiled next.
    pub(super) fn reads(&self, event_types: &[String]) {
        *self.event_types.borrow_mut() = event_types.to_vec();
    }

    /// Whether some row of the query's event types has the attribute.
    pub(super) fn has_attribute(&self, name: &str) -> bool {
        let types = self.event_types.borrow();
        let has = |event_type: &String| {
            self.source
                .table(event_type, TimeRange::ALL)
                .is_some_and(|table| table.column_index(name).is_some())
        };
        types.iter().any(has)
    }

    /// The answer to a query in FROM or JOIN.
    pub(super) fn inner(&self, query: &Query, range: TimeRange) -> Result<Answer, EvalError> {
        (self.run)(query, self, Some(range))
    }

    /// The values that a query in WHERE or SELECT gives.
    pub(super) fn subquery(
        &self,
        query: &Query,
        range: TimeRange,
        span: Span,
    ) -> Result<Vec<Value>, EvalError> {
        self.subqueries.set(self.subqueries.get() + 1);
        if self.subqueries.get() > MAX_SUBQUERIES {
            return Err(EvalError::invalid(
                span,
                format!("a query may have at most {MAX_SUBQUERIES} subqueries"),
            ));
        }
        if query.timeseries.is_some() || query.compare_with.is_some() {
            return Err(EvalError::invalid(span, "a subquery takes no TIMESERIES and no COMPARE WITH"));
        }
        let outer_types = self.event_types.take();
        let answer = self.inner(query, range);
        *self.event_types.borrow_mut() = outer_types;
        answer.map(|answer| answer.into_values())
    }
}
