//! A query over a lab's file, without the lab.

use crate::clock::Clock;
use crate::columns::Columns;
use crate::query::{QueryError, options, until};
use crate::store::{StoreError, fill};
use serde_json::Value;
use std::path::Path;

/// Why a file did not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileQueryError {
    /// The file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The query.
    #[error(transparent)]
    Query(#[from] QueryError),
}

/// Answers NRQL from the file of a lab, whether or not the lab runs. Reads the whole file, and blocks while it does.
///
/// # Errors
/// The file is no lab's, or the query has no answer.
pub fn query_file(file: &Path, nrql: &str) -> Result<Value, FileQueryError> {
    let query = nrql::parse(nrql).map_err(QueryError::Parse)?;
    let columns = Columns::new(usize::MAX);
    fill(file, &columns)?;
    let answer =
        columns.read(|store, _| nrql::evaluate_with(&query, store, until(&Clock::default()), &options()));
    Ok(answer.map_err(QueryError::Eval)?.to_nerdgraph())
}
