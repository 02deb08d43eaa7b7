//! The secret that pseudonyms are made with.

use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine, alphabet};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::id::{Fingerprint, KeyId, TeamId, lettered};

/// The shortest key, in bytes.
const KEY_BYTES_MIN: usize = 32;

/// A secret of at least 32 bytes. Its `Debug` form shows the key id only.
#[derive(Clone)]
pub struct PseudonymKey {
    state: Hmac<Sha256>,
    id: KeyId,
}

/// A pseudonym key that cannot be used. Holds nothing of the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Fewer than 32 bytes.
    #[error(
        "a pseudonym key needs at least {KEY_BYTES_MIN} bytes, but this one has {0}; make one with `openssl rand -hex 32`"
    )]
    Short(usize),
    /// Neither hexadecimal nor base64.
    #[error("a pseudonym key must be hexadecimal or base64; make one with `openssl rand -hex 32`")]
    Encoding,
}

impl PseudonymKey {
    /// A key from raw bytes.
    ///
    /// # Errors
    /// [`KeyError::Short`].
    pub fn new(secret: &[u8]) -> Result<Self, KeyError> {
        if secret.len() < KEY_BYTES_MIN {
            return Err(KeyError::Short(secret.len()));
        }
        let state = Hmac::<Sha256>::new_from_slice(secret).map_err(|_| KeyError::Short(secret.len()))?;
        let mut key = Self { state, id: KeyId([0; 4]) };
        key.id = KeyId(lettered(&key.digest(b"key-id", &[])));
        Ok(key)
    }

    /// A key from configuration text: hexadecimal, else base64 (standard or URL alphabet, padding optional).
    ///
    /// # Errors
    /// [`KeyError`], which names how to make a good one.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        match const_hex::decode(text) {
            Ok(bytes) => Self::new(&bytes),
            Err(_) => Self::new(&decode_base64(text).ok_or(KeyError::Encoding)?),
        }
    }

    /// The id that travels beside each fingerprint: eight hexadecimal digits, not reversible to the key.
    #[must_use]
    pub fn id(&self) -> String {
        self.id.to_string()
    }

    pub(super) fn fingerprint(&self, network: &[u8], asn: u32) -> Fingerprint {
        let bucket = lettered(&self.digest(b"network", &[network, &asn.to_be_bytes()]));
        Fingerprint { bucket, key_id: Some(self.id) }
    }

    pub(super) fn email(&self, normal: &str) -> [u8; 8] {
        lettered(&self.digest(b"email", &[normal.as_bytes()]))
    }

    pub(super) fn team_id(&self, id: &str) -> TeamId {
        let digest = self.digest(b"team", &[id.as_bytes()]);
        TeamId::of_digest(std::array::from_fn(|at| digest[at]))
    }

    /// HMAC over a purpose and parts, each with its length before it, so that no two inputs run into one another.
    fn digest(&self, purpose: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.state.clone();
        for part in std::iter::once(&purpose).chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl std::fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PseudonymKey(id {})", self.id())
    }
}

fn decode_base64(text: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    [alphabet::STANDARD, alphabet::URL_SAFE]
        .iter()
        .find_map(|alphabet| GeneralPurpose::new(alphabet, LENIENT).decode(text).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_long_enough_and_never_shown() {
        assert_eq!(PseudonymKey::parse("00ff").unwrap_err(), KeyError::Short(2));
        assert_eq!(PseudonymKey::parse("not base64!").unwrap_err(), KeyError::Encoding);
        let hex = PseudonymKey::parse(&"61".repeat(32)).unwrap();
        let base64 = PseudonymKey::parse("YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=").unwrap();
        assert_eq!(hex.id(), base64.id());
        assert_eq!(format!("{hex:?}"), format!("PseudonymKey(id {})", hex.id()));
    }
}
