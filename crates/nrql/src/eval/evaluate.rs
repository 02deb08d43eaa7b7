//! From a query and a source to an answer.

use std::time::Instant;

use super::budget::{Budget, STACK};
use super::context::Context;
use super::options::Options;
use super::run::run;
use crate::answer::Answer;
use crate::ast::Query;
use crate::error::EvalError;
use crate::table::Source;

/// Answers a query over a source, with the default [`Options`]; `now` is in milliseconds since 1970.
///
/// # Errors
///
/// [`EvalError`] when the query means nothing, asks for what is not supported, or reaches a limit. An unknown
/// attribute or event type is not an error, as in New Relic: it gives 0 or NULL and a message in the answer.
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
    let context = Context::new(source, options, now, budget, run);
    let mut answer = run(query, &context, None)?;
    answer.metadata.messages.extend(context.notes());
    answer.stats.wall_clock_millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(answer)
}
