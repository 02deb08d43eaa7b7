//! A query over a lab's file, without the lab.

use crate::clock::Clock;
use crate::columns::Columns;
use crate::query::{QueryError, options, until};
use crate::report::{ReportError, ReportQuestion, report};
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

/// Why a file gave no report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileReportError {
    /// The file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The question.
    #[error(transparent)]
    Report(#[from] ReportError),
}

/// The funnel and its key figures from the file of a lab, whether or not the lab runs. Reads the whole file, and blocks
/// while it does.
///
/// # Errors
/// The file is no lab's, or the question has no answer.
pub fn report_file(file: &Path, question: &ReportQuestion) -> Result<Value, FileReportError> {
    let columns = Columns::new(usize::MAX);
    fill(file, &columns)?;
    Ok(report(&columns.view(), question, Clock::default().millis())?)
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
