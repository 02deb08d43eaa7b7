//! The key that trust comes from.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The shortest signing key, in bytes.
pub const SIGNING_KEY_BYTES_MIN: usize = 32;

/// A key for HMAC-SHA-256, and while a rotation lasts the one before it. Its `Debug` form shows nothing of either.
#[derive(Clone)]
pub struct SigningKey {
    state: Hmac<Sha256>,
    previous: Option<Box<Hmac<Sha256>>>,
}

/// A signing key that could be guessed. Holds its length in bytes, and nothing of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "`SigningKey::new` needs at least {SIGNING_KEY_BYTES_MIN} bytes, but this secret has {0}; make one with `openssl rand -hex 32`"
)]
pub struct ShortSigningKey(pub usize);

impl SigningKey {
    /// A key of at least 32 bytes.
    ///
    /// # Errors
    /// [`ShortSigningKey`] for a shorter one.
    pub fn new(secret: impl AsRef<[u8]>) -> Result<Self, ShortSigningKey> {
        let secret = secret.as_ref();
        let short = ShortSigningKey(secret.len());
        if secret.len() < SIGNING_KEY_BYTES_MIN {
            return Err(short);
        }
        Hmac::new_from_slice(secret).map(|state| Self { state, previous: None }).map_err(|_| short)
    }

    /// Also accepts what `previous` signed, while a rotation lasts. What it signs itself is not changed.
    #[must_use]
    pub fn with_previous(mut self, previous: Self) -> Self {
        self.previous = Some(Box::new(previous.state));
        self
    }

    /// The signature of a message for one purpose, of at most 255 bytes.
    #[must_use]
    pub fn sign(&self, purpose: &[u8], message: &[u8]) -> [u8; 32] {
        mac(&self.state, purpose, message).finalize().into_bytes().into()
    }

    /// Whether this key, or the one before it, signed the message for that purpose. In constant time.
    #[must_use]
    pub fn verifies(&self, purpose: &[u8], message: &[u8], signature: &[u8]) -> bool {
        let mut keys = std::iter::once(&self.state).chain(self.previous.as_deref());
        keys.any(|state| mac(state, purpose, message).verify_slice(signature).is_ok())
    }
}

fn mac(state: &Hmac<Sha256>, purpose: &[u8], message: &[u8]) -> Hmac<Sha256> {
    state.clone().chain_update([purpose.len() as u8]).chain_update(purpose).chain_update(message)
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_long_and_never_shown() {
        assert_eq!(SigningKey::new("short").unwrap_err(), ShortSigningKey(5));
        let key = SigningKey::new("k".repeat(32)).unwrap();
        assert_eq!(format!("{:?}", key.clone().with_previous(key)), "SigningKey(..)");
    }

    #[test]
    fn a_signature_holds_for_its_purpose_and_message_only() {
        let key = SigningKey::new("k".repeat(32)).unwrap();
        let signature = key.sign(b"cookie", b"journey");
        assert!(key.verifies(b"cookie", b"journey", &signature));
        assert!(!key.verifies(b"cookiej", b"ourney", &signature));
        assert!(!key.verifies(b"cookie", b"journey", &signature[..31]));
        let other = SigningKey::new("x".repeat(32)).unwrap();
        assert!(!other.verifies(b"cookie", b"journey", &signature));
        assert!(other.with_previous(key).verifies(b"cookie", b"journey", &signature));
    }
}
