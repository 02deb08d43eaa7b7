//! One NRQL query over the columns, bounded in length, number and time.

use crate::app::App;
use crate::clock::Clock;
use nrql::{Answer, Options};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// The longest query, in bytes. New Relic's own limit is 4 KB; dashboards exceed it, so the lab is more patient.
pub(crate) const QUERY_MAX: usize = 64 * 1024;
/// How long a query may wait and run.
pub(crate) const QUERY_TIMEOUT: Duration = Duration::from_secs(10);

/// The most bytes that one query's groups may take.
pub(crate) const QUERY_MEMORY: usize = 128 * 1024 * 1024;

/// A query without an answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// Not NRQL.
    #[error(transparent)]
    Parse(#[from] nrql::ParseError),
    /// NRQL that cannot be evaluated.
    #[error(transparent)]
    Eval(nrql::EvalError),
    /// Over 64 KiB.
    #[error("the query is longer than {QUERY_MAX} bytes")]
    TooLong,
    /// It took too long, or too many others ran.
    #[error("the query did not end within {} seconds; narrow it with SINCE or WHERE", QUERY_TIMEOUT.as_secs())]
    TimedOut,
    /// The evaluator failed.
    #[error("the query could not be run; please report it with the query")]
    Broken,
}

impl QueryError {
    /// `{"message", "start", "end", "line", "column", "hint"}`: positions count characters, from 0 for start and end.
    #[must_use]
    pub fn to_json(&self, text: &str) -> Value {
        let (message, span, hint) = match self {
            Self::Parse(error) => (error.summary(), Some(error.span), error.hint.clone()),
            Self::Eval(error) => (error.to_string(), error.span(), None),
            other => (other.to_string(), None, None),
        };
        let Some(span) = span else { return json!({"message": message}) };
        let characters = |byte: u32| text.char_indices().take_while(|(at, _)| *at < byte as usize).count();
        let position = span.position(text);
        json!({
            "message": message,
            "start": characters(span.start),
            "end": characters(span.end),
            "line": position.line,
            "column": position.column,
            "hint": hint,
        })
    }

    /// Whether the query itself is at fault, and not the time it took.
    pub(crate) fn is_askers(&self) -> bool {
        let timed_out = matches!(self, Self::Eval(nrql::EvalError::TimeLimit | nrql::EvalError::Internal));
        matches!(self, Self::Parse(_) | Self::Eval(_)) && !timed_out
    }
}

/// The end of a query's range, which is exclusive: one past now, so that an event of this very millisecond counts.
pub(crate) fn until(clock: &Clock) -> i64 {
    clock.now() + 1
}

/// What a query may use.
pub(crate) fn options() -> Options {
    Options::default().time_limit(Some(QUERY_TIMEOUT)).memory_limit(QUERY_MEMORY)
}

/// Answers `text`.
///
/// # Errors
/// It is not NRQL, it cannot be evaluated, or it was not done in time.
pub(crate) async fn run(app: &Arc<App>, text: &str) -> Result<Answer, QueryError> {
    if text.len() > QUERY_MAX {
        return Err(QueryError::TooLong);
    }
    // A query that waits for its turn waits as text: its tree takes a hundred times as much.
    nrql::parse(text)?;
    let answering = async {
        let permit = Arc::clone(&app.queries).acquire_owned().await.map_err(|_| QueryError::Broken)?;
        let (app, query) = (Arc::clone(app), nrql::parse(text)?);
        let task = tokio::task::spawn_blocking(move || {
            let answer =
                app.columns.read(|store| nrql::evaluate_with(&query, store, until(&app.clock), &options()));
            // Given back when the work is done, not when the asker has gone: that is what bounds the work.
            drop(permit);
            answer
        });
        task.await.map_err(|_| QueryError::Broken)?.map_err(QueryError::Eval)
    };
    tokio::time::timeout(QUERY_TIMEOUT, answering).await.unwrap_or(Err(QueryError::TimedOut))
}
