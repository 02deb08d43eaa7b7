//! Header values: they hold keys, so nothing prints them.

use std::fmt;
use std::path::PathBuf;

/// A header value. `Debug` shows nothing of it, and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, for a [`Transport`](crate::transport::Transport) that puts it into a request.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<T: Into<String>> From<T> for Secret {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

/// Where a header's value comes from.
#[derive(Clone)]
pub(crate) enum HeaderSource {
    Fixed(Secret),
    /// Read at the start and again after the far end refused the key.
    File(PathBuf),
}

/// A header as configured.
#[derive(Clone)]
pub(crate) struct Header {
    pub(crate) name: String,
    pub(crate) source: HeaderSource,
}

/// RFC 9110 token characters.
pub(crate) fn is_header_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// Visible ASCII, blanks and tabs: what every server takes.
pub(crate) fn is_header_value(value: &str) -> bool {
    value.bytes().all(|b| b == b'\t' || (b' '..=b'~').contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::new("abc")), "Secret(…)");
    }

    #[test]
    fn a_key_with_a_line_break_is_no_header_value() {
        assert!(is_header_value("0123abcd"));
        assert!(!is_header_value("0123abcd\n"));
        assert!(!is_header_name("api key"));
        assert!(!is_header_name(""));
    }
}
