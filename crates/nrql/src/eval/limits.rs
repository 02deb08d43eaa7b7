//! How much an answer may hold.

use crate::ast::{Limit, Query};
use crate::error::EvalError;

/// The most facets or rows a query may ask for.
const MAX_LIMIT: u64 = 5_000;

/// What a row of an answer and a value in it take, as a row and then as JSON.
pub(super) const ROW_BYTES: usize = 512;
pub(super) const VALUE_BYTES: usize = 64;

/// How many facets or rows are wanted.
pub(super) fn limit(query: &Query, default: u64) -> Result<usize, EvalError> {
    let wanted = match query.limit {
        None => default,
        Some(Limit::Max) => MAX_LIMIT,
        Some(Limit::Count(count)) => count,
    };
    if wanted > MAX_LIMIT {
        return Err(EvalError::invalid(
            query.clauses.limit,
            format!("LIMIT {wanted} is above the maximum of {MAX_LIMIT}"),
        ));
    }
    Ok(usize::try_from(wanted).unwrap_or(usize::MAX))
}
