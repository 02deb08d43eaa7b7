//! One attribute value, borrowed or small enough to carry along.

use uuid::Uuid;

/// A checked or yet unchecked value. Copies; owns no heap memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// Text, on the wire as it is.
    Text(&'a str),
    /// A boolean.
    Bool(bool),
    /// A UUID, on the wire as 36 lower-case characters.
    Uuid(Uuid),
    /// Bytes, on the wire as lower-case hexadecimal text.
    Hex(HexBytes),
}

/// Up to sixteen bytes that are written as hexadecimal text.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct HexBytes {
    len: u8,
    bytes: [u8; 16],
}

impl HexBytes {
    /// The first sixteen bytes of `bytes`, or all when there are fewer.
    #[must_use]
    #[inline]
    pub fn new(bytes: &[u8]) -> Self {
        let len = bytes.len().min(16);
        let mut kept = [0; 16];
        kept[..len].copy_from_slice(&bytes[..len]);
        Self { len: len as u8, bytes: kept }
    }

    /// No bytes.
    pub(crate) const EMPTY: Self = Self { len: 0, bytes: [0; 16] };

    /// The bytes themselves.
    #[must_use]
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl HexBytes {
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

impl std::fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Bool(value) => value.fmt(f),
            Self::Uuid(uuid) => uuid.hyphenated().fmt(f),
            Self::Hex(bytes) => write!(f, "{bytes:?}"),
        }
    }
}

impl Value<'_> {
    /// The bytes of its text on the wire; 0 for a boolean, which is not text.
    #[inline]
    pub(crate) fn text_len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Bool(_) => 0,
            Self::Uuid(_) => 36,
            Self::Hex(bytes) => 2 * usize::from(bytes.len),
        }
    }
}
