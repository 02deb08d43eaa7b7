//! What stands for a network or an e-mail address. Made only by a [`Pseudonymizer`](crate::Pseudonymizer).

use crate::value::HexBytes;

/// A pseudonym of a network and its ASN. Pseudonymous, never anonymous: who holds the key can test a guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    pub(crate) bucket: [u8; 16],
    pub(crate) key_id: Option<[u8; 4]>,
}

impl Fingerprint {
    /// Which key made it: eight hexadecimal digits; none in the compatibility mode.
    #[must_use]
    pub fn key_id(&self) -> Option<String> {
        self.key_id.map(const_hex::encode)
    }

    pub(crate) fn bucket_bytes(&self) -> HexBytes {
        HexBytes::new(&self.bucket)
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&const_hex::encode(self.bucket))
    }
}

/// A pseudonym of an e-mail address. Pseudonymous, never anonymous: who holds the key can test a guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EmailHash(pub(crate) [u8; 8]);

impl EmailHash {
    pub(crate) fn to_hex_bytes(self) -> HexBytes {
        HexBytes::new(&self.0)
    }
}

impl std::fmt::Display for EmailHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&const_hex::encode(self.0))
    }
}
