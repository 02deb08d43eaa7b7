//! Limits on the size of an answer.

use super::context::Context;
use crate::analysis::{limit_fault, most_rows};
use crate::ast::{Limit, Query};
use crate::error::EvalError;

/// What a row of an answer and a value in it take, as a row and then as JSON.
pub(super) const ROW_BYTES: usize = 512;
pub(super) const VALUE_BYTES: usize = 64;

/// How many facets or rows are wanted.
pub(super) fn limit(query: &Query, default: u64) -> Result<usize, EvalError> {
    if let Some(fault) = limit_fault(query) {
        return Err(fault);
    }
    let wanted = match query.limit {
        None => default,
        Some(Limit::Max) => most_rows(query),
        Some(Limit::Count(count)) => count,
    };
    Ok(usize::try_from(wanted).unwrap_or(usize::MAX))
}

/// Says what a limit left out: an answer that is cut must not look whole.
pub(super) fn note_cut(context: &Context<'_>, limit: usize, cut: usize, what: &str) {
    if cut > 0 {
        let many = if cut == 1 { "" } else { "s" };
        context.note(format!("LIMIT {limit} left out {cut} {what}{many}"));
    }
}
