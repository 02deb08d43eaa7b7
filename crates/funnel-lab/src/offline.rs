//! Operations on a lab's file without a running lab: querying it and erasing events.

use crate::clock::Clock;
use crate::columns::Columns;
use crate::query::{QueryError, options, until};
use crate::report::{ReportError, ReportQuestion, report};
use crate::store::{StoreError, count, erase, fill, related};
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
/// The file is not a lab's, or the question has no answer.
pub fn report_file(file: &Path, question: &ReportQuestion) -> Result<Value, FileReportError> {
    let columns = Columns::new(usize::MAX);
    fill(file, &columns)?;
    Ok(report(&columns.view(), question, Clock::default().millis())?)
}

/// Answers NRQL from the file of a lab, whether or not the lab runs. Reads the whole file, and blocks while it does.
///
/// # Errors
/// The file is not a lab's, or the query has no answer.
pub fn query_file(file: &Path, nrql: &str) -> Result<Value, FileQueryError> {
    let query = nrql::parse(nrql).map_err(QueryError::Parse)?;
    let columns = Columns::new(usize::MAX);
    fill(file, &columns)?;
    let answer =
        columns.read(|store, _| nrql::evaluate_with(&query, store, until(&Clock::default()), &options()));
    Ok(answer.map_err(QueryError::Eval)?.to_nerdgraph())
}

/// How many events of a lab's file hold one of these texts in an attribute.
///
/// # Errors
/// The file is not a lab's, or a lab has it open.
pub fn count_in_file(file: &Path, ids: &[String]) -> Result<u64, StoreError> {
    count(file, ids)
}

/// The values of the attribute `wanted` in the events of a lab's file whose attribute `key` is `value`.
///
/// # Errors
/// The file is not a lab's, or a lab has it open.
pub fn related_in_file(file: &Path, key: &str, value: &str, wanted: &str) -> Result<Vec<String>, StoreError> {
    related(file, key, value, wanted)
}

/// Removes every event of a lab's file that holds one of these texts in an attribute, and what the file keeps of it in free
/// pages and in its log. Gives their number.
///
/// # Errors
/// The file is not a lab's, or a lab has it open.
pub fn erase_from_file(file: &Path, ids: &[String]) -> Result<u64, StoreError> {
    erase(file, ids)
}
