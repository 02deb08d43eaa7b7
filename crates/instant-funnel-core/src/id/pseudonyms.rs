//! What stands for a network or an e-mail address. Made only by a [`Pseudonymizer`](crate::Pseudonymizer).

use super::has_letter;
use crate::contract::Maker;
use crate::value::{Content, Given, HexBytes, Source};

/// A pseudonym of a network and its ASN. Pseudonymous, never anonymous: who holds the key can test a guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    pub(crate) bucket: [u8; 16],
    pub(crate) key_id: Option<KeyId>,
}

impl Fingerprint {
    /// Which key made it: eight hexadecimal digits; none in the compatibility mode.
    #[must_use]
    pub fn key_id(&self) -> Option<String> {
        self.key_id.map(|id| id.to_string())
    }

    /// Which key made it, to be recorded beside it; none in the compatibility mode.
    #[must_use]
    pub const fn key(&self) -> Option<KeyId> {
        self.key_id
    }

    #[inline]
    pub(crate) fn to_hex_bytes(self) -> HexBytes {
        let letter = self.key_id.is_some() || has_letter(&self.bucket);
        HexBytes::new(Source::Maker(Maker::Fingerprint, letter), self.bucket)
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&const_hex::encode(self.bucket))
    }
}

/// The id of a [`PseudonymKey`](crate::PseudonymKey), not reversible to the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId(pub(crate) [u8; 4]);

impl KeyId {
    #[inline]
    pub(crate) const fn to_hex_bytes(self) -> HexBytes {
        HexBytes::new(Source::Maker(Maker::KeyId, true), self.0)
    }
}

impl std::fmt::Display for KeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&const_hex::encode(self.0))
    }
}

/// A pseudonym of an e-mail address. Pseudonymous, never anonymous: who holds the key can test a guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EmailHash(pub(crate) [u8; 8]);

impl EmailHash {
    #[inline]
    pub(crate) fn to_hex_bytes(self) -> HexBytes {
        HexBytes::new(Source::Maker(Maker::EmailHash, has_letter(&self.0)), self.0)
    }
}

impl std::fmt::Display for EmailHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&const_hex::encode(self.0))
    }
}

impl From<Fingerprint> for Given<'_> {
    #[inline]
    fn from(fingerprint: Fingerprint) -> Self {
        Self(Content::Hex(fingerprint.to_hex_bytes()))
    }
}

impl From<KeyId> for Given<'_> {
    #[inline]
    fn from(id: KeyId) -> Self {
        Self(Content::Hex(id.to_hex_bytes()))
    }
}

impl From<EmailHash> for Given<'_> {
    #[inline]
    fn from(hash: EmailHash) -> Self {
        Self(Content::Hex(hash.to_hex_bytes()))
    }
}
