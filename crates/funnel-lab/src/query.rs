//! NRQL over the columns, bounded in length, number, memory and time.
//!
//! Every query begins in the short lane, where it may run for [`SHORT_TIME`]. One that needs longer starts again in the
//! long lane. So a small query waits for small slices and not for the slow ones before it.

use std::sync::Arc;
use std::time::Duration;

use nrql::{Answer, EvalError, Options};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::clock::Clock;
use crate::columns::{Columns, Freshness};

/// The longest query, in bytes. New Relic's own limit is 4 KB; dashboards exceed it, so the lab is more patient.
pub(crate) const QUERY_MAX: usize = 64 * 1024;
/// How long a query may wait and run.
pub(crate) const QUERY_TIMEOUT: Duration = Duration::from_secs(10);
/// The most bytes that one query's groups may take.
const QUERY_MEMORY: usize = 128 * 1024 * 1024;

/// How long a query may run in the short lane. Wall time, so there is room for a machine that does other things too.
const SHORT_TIME: Duration = Duration::from_millis(500);
/// The most bytes that the groups of a query in the short lane may take.
const SHORT_MEMORY: usize = 16 * 1024 * 1024;
/// Queries at a time in each lane. One in the short lane runs on every core; those in the long lane share the cores, so
/// that they do not take the time of the short ones.
const LANE: usize = 2;
/// Queries that wait or run; with more, the next is asked to retry.
const QUERIES_MAX: usize = 32;

/// A query without an answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// Not NRQL.
    #[error(transparent)]
    Parse(#[from] nrql::ParseError),
    /// NRQL that cannot be evaluated.
    #[error(transparent)]
    Eval(EvalError),
    /// Over 64 KiB.
    #[error("the query is longer than {QUERY_MAX} bytes")]
    TooLong,
    /// It took too long, or too many others ran.
    #[error("the query did not finish within {} seconds; narrow it with SINCE or WHERE", QUERY_TIMEOUT.as_secs())]
    TimedOut,
    /// Too many others wait.
    #[error("{QUERIES_MAX} queries are already waiting or running; retry in 1 s")]
    Busy,
    /// The evaluator failed.
    #[error("the query could not be run; please report this error together with the query")]
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
        let timed_out = matches!(self, Self::Eval(EvalError::TimeLimit | EvalError::Internal));
        matches!(self, Self::Parse(_) | Self::Eval(_)) && !timed_out
    }
}

/// The end of a query's range, which is exclusive: one past now, so that an event of this very millisecond counts.
pub(crate) fn until(clock: &Clock) -> i64 {
    clock.millis() + 1
}

/// What a query may use.
pub(crate) fn options() -> Options {
    Options::default().time_limit(Some(QUERY_TIMEOUT)).memory_limit(QUERY_MEMORY)
}

/// Answers queries.
#[derive(Debug)]
pub(crate) struct Queries {
    columns: Arc<Columns>,
    clock: Clock,
    short: Arc<Semaphore>,
    long: Arc<Semaphore>,
    places: Semaphore,
}

impl Queries {
    pub(crate) fn new(columns: Arc<Columns>, clock: Clock) -> Self {
        let lane = || Arc::new(Semaphore::new(LANE));
        Self { columns, clock, short: lane(), long: lane(), places: Semaphore::new(QUERIES_MAX) }
    }

    /// Answers `text`.
    ///
    /// # Errors
    /// It is not NRQL, it cannot be evaluated, or it was not done in time.
    pub(crate) async fn run(&self, text: &str) -> Result<Answer, QueryError> {
        if text.len() > QUERY_MAX {
            return Err(QueryError::TooLong);
        }
        // A query that waits for its turn waits as text: its tree takes a hundred times as much.
        nrql::parse(text)?;
        let Ok(_place) = self.places.try_acquire() else { return Err(QueryError::Busy) };
        let answering = async {
            let short = Options::default().time_limit(Some(SHORT_TIME)).memory_limit(SHORT_MEMORY);
            match self.attempt(&self.short, text, short).await {
                Err(QueryError::Eval(EvalError::TimeLimit | EvalError::MemoryLimit { .. })) => {
                    let all = options();
                    let share = (all.threads / LANE).max(1);
                    self.attempt(&self.long, text, all.threads(share)).await
                }
                done => done,
            }
        };
        tokio::time::timeout(QUERY_TIMEOUT, answering).await.unwrap_or(Err(QueryError::TimedOut))
    }

    async fn attempt(
        &self,
        lane: &Arc<Semaphore>,
        text: &str,
        options: Options,
    ) -> Result<Answer, QueryError> {
        let permit = Arc::clone(lane).acquire_owned().await.map_err(|_| QueryError::Broken)?;
        let (columns, clock, query) = (Arc::clone(&self.columns), self.clock.clone(), nrql::parse(text)?);
        let task = tokio::task::spawn_blocking(move || {
            let answer = columns.read(|store, freshness| {
                let mut answer = nrql::evaluate_with(&query, store, until(&clock), &options)?;
                if freshness == Freshness::Behind {
                    answer.metadata.messages.push(
                        "A slow query is running: events received since it began are not counted yet."
                            .to_owned(),
                    );
                }
                Ok(answer)
            });
            // Given back when the work is done, not when the asker has gone: that is what bounds the work.
            drop(permit);
            answer
        });
        task.await.map_err(|_| QueryError::Broken)?.map_err(QueryError::Eval)
    }
}
