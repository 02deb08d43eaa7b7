//! Syntax errors and evaluation errors.

use std::fmt;

use crate::span::{Position, Span};

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

/// A query that is NRQL could not be answered.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EvalError {
    /// It means nothing: an unknown function, a wrong number of arguments, clauses that exclude each other.
    #[error("{message}")]
    Invalid {
        /// What is wrong and what would fix it.
        message: String,
        /// Where in the query text.
        span: Span,
    },
    /// New Relic answers it, this crate does not.
    #[error("unsupported: {message}")]
    Unsupported {
        /// What is not supported.
        message: String,
        /// Where in the query text.
        span: Span,
    },
    /// The range of time is empty or cannot be worked out.
    #[error("{0}")]
    TimeRange(String),
    /// The answer would take more memory than it may.
    #[error("the query needs more than {limit} bytes of memory; narrow the range, or facet by fewer values")]
    MemoryLimit {
        /// The limit that was reached.
        limit: usize,
    },
    /// The answer took longer than it may.
    #[error("the query exceeded its time limit; narrow the range")]
    TimeLimit,
    /// A fault of this crate.
    #[error("internal error while evaluating the query; please report it with the query")]
    Internal,
}

impl EvalError {
    pub(crate) fn invalid(span: Span, message: impl Into<String>) -> Self {
        Self::Invalid { message: message.into(), span }
    }

    pub(crate) fn unsupported(span: Span, message: impl Into<String>) -> Self {
        Self::Unsupported { message: message.into(), span }
    }

    /// The place in the query, where there is one.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        match self {
            Self::Invalid { span, .. } | Self::Unsupported { span, .. } => Some(*span),
            _ => None,
        }
    }
}
