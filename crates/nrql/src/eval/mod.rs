//! Evaluation.
//!
//! A query is compiled to a plan (`compile`), the plan runs over the segments of the tables in one pass (`scan`),
//! and what was kept for each group becomes rows of an [`Answer`] (`run`). Inner queries are evaluated
//! first: to values, or to tables that are then scanned like any other.

mod aggregate;
mod compile;
mod derived;
mod error;
mod facets;
mod function;
mod group;
mod ids;
mod matcher;
mod naming;
mod node;
mod options;
mod pace;
mod plan;
mod rows;
mod run;
mod scan;
mod truth;

pub use error::EvalError;
pub use options::Options;

pub(crate) use compile::has_aggregate;

use crate::answer::{Answer, Column};
use crate::ast::Query;
use crate::span::Span;
use crate::table::Source;
use crate::time::TimeRange;
use crate::value::Value;
use scan::Budget;
use std::cell::{Cell, RefCell};
use std::time::Instant;

/// Subqueries that one query may have.
const MAX_SUBQUERIES: usize = 3;

/// Answers a query over a source, with the default [`Options`]; `now` is in milliseconds since 1970.
///
/// # Errors
///
/// [`EvalError`] when the query means nothing, asks for what is not supported, or reaches a limit. An unknown
/// attribute or event type is no error, as in New Relic: it gives 0 or NULL and a message in the answer.
///
/// # Examples
///
/// ```
/// let mut store = nrql::Store::default();
/// for (minute, step) in [(1, "landing"), (2, "provision"), (3, "landing")] {
///     store.append("InstantFunnel", minute * 60_000, [("funnelStep", step), ("journeyId", "j1")]);
/// }
/// let query = nrql::parse("SELECT count(*) FROM InstantFunnel FACET funnelStep SINCE 1 hour ago")?;
/// let answer = nrql::evaluate(&query, &store, 600_000)?;
/// assert_eq!(answer.to_table(), "\
/// funnelStep  count(*)
/// landing            2
/// provision          1
/// ");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn evaluate(query: &Query, source: &impl Source, now: i64) -> Result<Answer, EvalError> {
    evaluate_with(query, source, now, &Options::default())
}

/// Answers a query with options of one's own; see [`evaluate`].
///
/// # Errors
///
/// As [`evaluate`].
pub fn evaluate_with(
    query: &Query,
    source: &impl Source,
    now: i64,
    options: &Options,
) -> Result<Answer, EvalError> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("nrql".to_owned()).stack_size(STACK);
        match thread.spawn_scoped(scope, || answer(query, source, now, options)) {
            Ok(handle) => handle.join().unwrap_or(Err(EvalError::Internal)),
            // The system has no thread to give.
            Err(_) => answer(query, source, now, options),
        }
    })
}

fn answer(query: &Query, source: &dyn Source, now: i64, options: &Options) -> Result<Answer, EvalError> {
    let started = Instant::now();
    let budget = Budget {
        deadline: options.time_limit.and_then(|limit| started.checked_add(limit)),
        bytes: options.memory_limit,
        threads: options.threads.max(1),
    };
    let context = Context {
        source,
        options,
        now,
        budget,
        notes: RefCell::default(),
        subqueries: Cell::new(0),
        event_types: RefCell::default(),
    };
    let mut answer = run::run(query, &context, None)?;
    answer.metadata.messages.extend(context.notes.take());
    answer.stats.wall_clock_millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(answer)
}

/// Whether a text matches a LIKE pattern.
pub(crate) fn like(pattern: &str, text: &str) -> bool {
    matcher::Pattern::new(pattern).matches(text)
}

/// The stack of a thread that evaluates: an expression may be 300 operators tall, and a level of that takes up to 25 KiB
/// where nothing is optimized.
const STACK: usize = 16 << 20;

/// What an outer query and its inner ones share.
struct Context<'s> {
    source: &'s dyn Source,
    options: &'s Options,
    now: i64,
    budget: Budget,
    notes: RefCell<Vec<String>>,
    subqueries: Cell<usize>,
    /// Event types of the query that is being compiled.
    event_types: RefCell<Vec<String>>,
}

impl Context<'_> {
    /// Adds a message to the answer, once.
    fn note(&self, message: impl Into<String>) {
        let message = message.into();
        let mut notes = self.notes.borrow_mut();
        if !notes.contains(&message) {
            notes.push(message);
        }
    }

    fn note_collisions(&self, columns: &[Column]) {
        for column in columns.iter().filter(|column| column.collided) {
            self.note(format!(
                "two results have the same name; one became {}: write AS to name them",
                column.key
            ));
        }
    }

    /// Whether some row of the query's event types has the attribute.
    fn has_attribute(&self, name: &str) -> bool {
        let types = self.event_types.borrow();
        let has = |event_type: &String| {
            self.source
                .table(event_type, TimeRange::ALL)
                .is_some_and(|table| table.column_index(name).is_some())
        };
        types.iter().any(has)
    }

    /// The values that a query in WHERE or SELECT gives.
    fn subquery(&self, query: &Query, range: TimeRange, span: Span) -> Result<Vec<Value>, EvalError> {
        self.subqueries.set(self.subqueries.get() + 1);
        if self.subqueries.get() > MAX_SUBQUERIES {
            return Err(EvalError::invalid(span, format!("a query may have {MAX_SUBQUERIES} subqueries")));
        }
        if query.timeseries.is_some() || query.compare_with.is_some() {
            return Err(EvalError::invalid(span, "a subquery takes no TIMESERIES and no COMPARE WITH"));
        }
        let outer_types = self.event_types.take();
        let answer = run::run(query, self, Some(range));
        *self.event_types.borrow_mut() = outer_types;
        answer.map(|answer| answer.into_values())
    }
}
