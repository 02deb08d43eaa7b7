//! Regular expressions of RLIKE and capture.

use crate::error::EvalError;
use crate::span::Span;
use regex::{Regex, RegexBuilder};

/// How large a compiled regular expression may get.
const REGEX_BYTES: usize = 1 << 20;

/// A regular expression that must match the whole text.
pub(crate) fn whole_regex(pattern: &str, at: Span) -> Result<Regex, EvalError> {
    let built = RegexBuilder::new(&format!("^(?:{pattern})$"))
        .size_limit(REGEX_BYTES)
        .dfa_size_limit(REGEX_BYTES)
        .build();
    built.map_err(|error| {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or("it is too large").trim_start_matches("error: ");
        EvalError::invalid(at, format!("the regular expression is not one: {reason}"))
    })
}
