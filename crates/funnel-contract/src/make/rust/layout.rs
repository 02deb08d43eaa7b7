//! How generated Rust is laid out, and for whom.

use super::super::text::Lines;

/// Whose code it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Home {
    /// A file of a service's.
    Service,
    /// The core crate itself.
    Core,
}

/// A string literal.
pub(super) fn literal(text: &str) -> String {
    format!("{text:?}")
}

/// Documentation, a line at a time.
pub(super) fn doc(out: &mut Lines, text: &str) {
    for line in text.lines() {
        out.line(if line.is_empty() { "///".to_owned() } else { format!("/// {line}") });
    }
}
