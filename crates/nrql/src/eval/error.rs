//! Why a query could not be answered.

use crate::span::Span;

/// A query that is NRQL could not be answered.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EvalError {
    /// It means nothing: an unknown function, a wrong number of arguments, clauses that exclude each other.
    #[error("{message}")]
    Invalid {
        /// What is wrong and what would mend it.
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
    #[error("the query ran into its time limit; narrow the range")]
    TimeLimit,
    /// A fault of this crate.
    #[error("internal error while evaluating the query; please report it with the query")]
    Internal,
}

impl EvalError {
    pub(super) fn invalid(span: Span, message: impl Into<String>) -> Self {
        Self::Invalid { message: message.into(), span }
    }

    pub(super) fn unsupported(span: Span, message: impl Into<String>) -> Self {
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
