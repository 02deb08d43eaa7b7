//! Attribute values: as given by a caller, and as stored in a record.

use uuid::Uuid;

use crate::contract::Maker;

/// What an attribute is given: unchecked text, a boolean, a number, a UUID, or what one of our types made.
///
/// Made by `From`; nothing but the [`Checker`](crate::Checker) reads it. Its `Debug` form shows no value.
///
/// ```
/// use instant_funnel_core::{Draft, EventId, contract::CONTRACT};
///
/// let mut draft = Draft::new(&CONTRACT, 3);
/// draft.set(CONTRACT.index("tier"), "pro");
/// draft.set(CONTRACT.index("renewal"), false);
/// draft.set(CONTRACT.index("eventId"), EventId::of("paid", "ch_17"));
/// ```
#[derive(Clone, Copy)]
pub struct Given<'a>(pub(crate) Content<'a>);

/// The forms that a value can have. Copies; owns no heap memory.
#[derive(Clone, Copy)]
pub(crate) enum Content<'a> {
    /// Text, on the wire as it is.
    Text(&'a str),
    Bool(bool),
    /// On the wire as 36 lower-case characters.
    Uuid(Uuid),
    /// On the wire as lower-case hexadecimal digits.
    Hex(HexBytes),
    Integer(i64),
    Number(f64),
}

/// A checked value of a [`Record`](crate::Record). Its `Display` form is its text on the wire.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// Text.
    Text(CheckedText<'a>),
    /// A boolean.
    Bool(bool),
    /// A UUID, on the wire as 36 lower-case characters.
    Uuid(Uuid),
    /// Bytes, on the wire as lower-case hexadecimal text.
    Hex(HexBytes),
    /// An integer.
    Integer(i64),
    /// A number.
    Number(f64),
}

/// Text that has passed its rule. Only a [`Record`](crate::Record) gives it out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CheckedText<'a>(&'a str);

impl<'a> CheckedText<'a> {
    /// The text.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

impl std::fmt::Debug for CheckedText<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Up to sixteen bytes that are written as hexadecimal text. Made by our own types alone, so that no text of
/// somebody's can travel as its hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct HexBytes {
    made_by: Source,
    len: u8,
    bytes: [u8; 16],
}

/// Where the bytes come from.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    /// One of our types. Whether a letter is among the digits.
    Maker(Maker, bool),
    /// The active span.
    Span,
}

impl HexBytes {
    #[inline]
    pub(crate) const fn new<const N: usize>(made_by: Source, bytes: [u8; N]) -> Self {
        const { assert!(N <= 16) };
        let mut padded = [0; 16];
        let mut at = 0;
        while at < N {
            padded[at] = bytes[at];
            at += 1;
        }
        Self { made_by, len: N as u8, bytes: padded }
    }

    /// The bytes themselves.
    #[must_use]
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or(&self.bytes)
    }

    #[inline]
    pub(crate) const fn source(&self) -> Source {
        self.made_by
    }

    /// The bytes with zeros behind them.
    #[inline]
    pub(crate) const fn padded(&self) -> &[u8; 16] {
        &self.bytes
    }
}

impl std::fmt::Debug for HexBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&const_hex::encode(self.as_bytes()))
    }
}

impl std::fmt::Debug for Given<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Given(_)")
    }
}

impl std::fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text.0),
            Self::Bool(value) => value.fmt(f),
            Self::Uuid(uuid) => uuid.hyphenated().fmt(f),
            Self::Hex(bytes) => write!(f, "{bytes:?}"),
            Self::Integer(value) => value.fmt(f),
            Self::Number(value) => value.fmt(f),
        }
    }
}

impl<'a> Value<'a> {
    /// Content that passed its rule.
    #[inline]
    pub(crate) const fn checked(content: Content<'a>) -> Self {
        match content {
            Content::Text(text) => Self::Text(CheckedText(text)),
            Content::Bool(value) => Self::Bool(value),
            Content::Uuid(uuid) => Self::Uuid(uuid),
            Content::Hex(bytes) => Self::Hex(bytes),
            Content::Integer(value) => Self::Integer(value),
            Content::Number(value) => Self::Number(value),
        }
    }
}

impl Content<'_> {
    /// The bytes of its text on the wire; 0 for what is not text.
    #[inline]
    pub(crate) const fn text_len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Bool(_) | Self::Integer(_) | Self::Number(_) => 0,
            Self::Uuid(_) => 36,
            Self::Hex(bytes) => 2 * bytes.len as usize,
        }
    }
}

impl<'a> From<&'a str> for Given<'a> {
    #[inline]
    fn from(text: &'a str) -> Self {
        Self(Content::Text(text))
    }
}

impl<'a> From<&'a String> for Given<'a> {
    #[inline]
    fn from(text: &'a String) -> Self {
        Self(Content::Text(text))
    }
}

impl From<bool> for Given<'_> {
    #[inline]
    fn from(value: bool) -> Self {
        Self(Content::Bool(value))
    }
}

impl From<i64> for Given<'_> {
    #[inline]
    fn from(value: i64) -> Self {
        Self(Content::Integer(value))
    }
}

impl From<f64> for Given<'_> {
    #[inline]
    fn from(value: f64) -> Self {
        Self(Content::Number(value))
    }
}

impl From<Uuid> for Given<'_> {
    #[inline]
    fn from(uuid: Uuid) -> Self {
        Self(Content::Uuid(uuid))
    }
}
