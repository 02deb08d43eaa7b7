//! Why a text is not NRQL, said so that it can be mended.

use crate::span::{Position, Span};
use std::fmt;

/// The text is not NRQL.
///
/// `Display` gives New Relic's own first line (`NRQL Syntax Error: Error at line 1 position 8, unexpected
/// 'FORM'`), then what was expected, a guess where there is one, and the line of the query with a mark under the place.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParseError {
    /// Where in the text.
    pub span: Span,
    /// The same place as line and column.
    pub position: Position,
    /// What stood there, as it was written; empty at the end of the text.
    pub found: String,
    /// What would have been understood there, in words.
    pub expected: String,
    /// What the writer probably meant.
    pub hint: Option<String>,
    line: String,
}

impl ParseError {
    pub(crate) fn new(source: &str, span: Span, expected: impl Into<String>, hint: Option<String>) -> Self {
        let position = span.position(source);
        let line = source.lines().nth(position.line - 1).unwrap_or("").to_owned();
        let found: String = span.text(source).chars().take(60).collect();
        Self { span, position, found, expected: expected.into(), hint, line }
    }

    /// One line without the picture of the place: for a log or a table.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut text = format!("NRQL Syntax Error: Error at {}, ", self.position);
        if self.found.is_empty() {
            text.push_str("unexpected end of query");
        } else {
            text.push_str(&format!("unexpected '{}'", self.found));
        }
        if !self.expected.is_empty() {
            text.push_str(&format!("; expected {}", self.expected));
        }
        if let Some(hint) = &self.hint {
            text.push_str(&format!("; {hint}"));
        }
        text
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.summary())?;
        let column = self.position.column;
        let width = self.found.chars().count().max(1);
        let skipped = column.saturating_sub(60);
        let shown: String = self.line.chars().skip(skipped).take(100).collect();
        let lead = if skipped > 0 { "…" } else { "" };
        let indent = column - 1 - skipped + lead.chars().count();
        write!(f, "\n  {lead}{shown}\n  {}{}", " ".repeat(indent), "^".repeat(width.min(40)))
    }
}

impl std::error::Error for ParseError {}
