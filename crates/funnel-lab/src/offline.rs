//! Operations on a lab's file without a running lab: querying it and erasing events.

use std::path::Path;
use std::sync::Arc;

use funnel_contract::ContractFile;
use serde_json::Value;

use crate::clock::Clock;
use crate::columns::Columns;
use crate::contracts::{Contracts, Given, UnusableContract};
use crate::query::{QueryError, options, until};
use crate::report::{Asked, ReportError, ReportQuestion, contract_of, report};
use crate::store::{StoreError, count, erase, fill, related};

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
    /// A contract.
    #[error(transparent)]
    Contract(#[from] UnusableContract),
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
    report_file_with(file, &[], question)
}

/// As [`report_file`], of a lab that knows these contracts besides InstantFunnel.
///
/// # Errors
/// The file is not a lab's, a contract cannot be used, or the question has no answer.
pub fn report_file_with(
    file: &Path,
    more: &[ContractFile],
    question: &ReportQuestion,
) -> Result<Value, FileReportError> {
    let more: Vec<Given> = more.iter().map(|file| (file.table(), file.kpis.clone())).collect();
    let contracts = Arc::new(Contracts::new(more)?);
    let columns = Columns::new(Arc::clone(&contracts), usize::MAX);
    fill(file, &columns, &contracts)?;
    let contract = contract_of(&contracts, question)?;
    let view = columns.view(contract);
    let asked = Asked { layout: contracts.at(contract), view: &view };
    Ok(report(&asked, question, Clock::default().millis())?)
}

/// Answers NRQL from the file of a lab, whether or not the lab runs, over the events of every contract in it. Reads the whole file, and blocks while it does.
///
/// # Errors
/// The file is not a lab's, or the query has no answer.
pub fn query_file(file: &Path, nrql: &str) -> Result<Value, FileQueryError> {
    let query = nrql::parse(nrql).map_err(QueryError::Parse)?;
    let contracts = Arc::new(Contracts::standard());
    let columns = Columns::new(Arc::clone(&contracts), usize::MAX);
    fill(file, &columns, &contracts)?;
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
