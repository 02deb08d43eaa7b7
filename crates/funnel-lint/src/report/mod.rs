//! A report as text, JSON or SARIF.

mod sarif;
mod text;

use nrql::Severity;
use serde_json::{Value, json};

pub use self::sarif::sarif;
pub use self::text::text;
use crate::linter::LintReport;

fn word(severity: Severity) -> &'static str {
    if severity == Severity::Error { "error" } else { "warning" }
}

/// One object for each query: `file`, `line`, `column`, `query`, `alert`, `ok` and its `problems`, each with `rule`,
/// `severity`, `message`, `hint`, its place in the file (`line`, `column`, `endLine`, `endColumn`) and in the query
/// (`queryLine`, `queryColumn`).
#[must_use]
pub fn json(report: &LintReport) -> Value {
    let queries = report.queries.iter().map(|query| {
        let problems: Vec<Value> = query
            .findings
            .iter()
            .map(|finding| {
                json!({
                    "rule": finding.rule,
                    "severity": word(finding.severity),
                    "message": finding.message,
                    "hint": finding.hint,
                    "line": finding.start.line,
                    "column": finding.start.column,
                    "endLine": finding.end.line,
                    "endColumn": finding.end.column,
                    "queryLine": finding.in_query.line,
                    "queryColumn": finding.in_query.column,
                })
            })
            .collect();
        json!({
            "file": query.file,
            "line": query.start.line,
            "column": query.start.column,
            "query": query.query,
            "alert": query.alert,
            "ok": query.is_ok(),
            "problems": problems,
        })
    });
    queries.collect()
}
