//! Lines for people.

use nrql::Severity;

use super::word;
use crate::linter::LintReport;

/// One line for each finding, `file:line:column: severity: message [rule]`, with the line of the query below it and a mark
/// under the place; last a line that sums up. With `colour`, in the colours of a terminal.
#[must_use]
pub fn text(report: &LintReport, colour: bool) -> String {
    let paint = |code: &str, text: &str| {
        if colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    };
    let mut out = String::new();
    for query in &report.queries {
        for finding in &query.findings {
            let place = format!("{}:{}:{}:", clean(&query.file), finding.start.line, finding.start.column);
            let code = if finding.severity == Severity::Error { "1;31" } else { "1;33" };
            out.push_str(&format!(
                "{} {} {} {}\n",
                paint("1", &place),
                paint(code, &format!("{}:", word(finding.severity))),
                clean(&finding.message),
                paint("2", &format!("[{}]", finding.rule)),
            ));
            let (line, mark) = picture(&query.query, finding.in_query.line, finding.in_query.column);
            out.push_str(&format!("    {}\n    {}\n", clean(&line), paint(code, &mark)));
            if let Some(hint) = &finding.hint {
                out.push_str(&format!("    {}\n", clean(hint)));
            }
        }
    }
    let known = if report.known > 0 { format!(", {} in the baseline", report.known) } else { String::new() };
    let plural =
        |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    out.push_str(&format!(
        "{} in {}: {}, {}{known}\n",
        plural(report.queries.len(), "query", "queries"),
        plural(report.files, "file", "files"),
        plural(report.errors(), "error", "errors"),
        plural(report.warnings(), "warning", "warnings"),
    ));
    out
}

/// The text without what a terminal would obey.
fn clean(text: &str) -> String {
    let commands = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
    };
    text.chars()
        .map(|c| {
            if c == '\t' || c == '\n' {
                ' '
            } else if commands(c) {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

/// How much of a line is shown.
const SHOWN: usize = 72;

/// A line of the query around a column, and a mark under it.
fn picture(query: &str, line: usize, column: usize) -> (String, String) {
    let text: Vec<char> = query
        .lines()
        .nth(line.saturating_sub(1))
        .unwrap_or("")
        .chars()
        .map(|c| if c == '\t' { ' ' } else { c })
        .collect();
    let skipped = column.saturating_sub(SHOWN / 2 + 1).min(text.len().saturating_sub(SHOWN));
    let lead = if skipped > 0 { "…" } else { "" };
    let shown: String = text.iter().skip(skipped).take(SHOWN).collect();
    let more = if text.len() > skipped + SHOWN { "…" } else { "" };
    let blanks = column.saturating_sub(1).saturating_sub(skipped) + lead.chars().count();
    (format!("{lead}{shown}{more}"), format!("{}^", " ".repeat(blanks)))
}
