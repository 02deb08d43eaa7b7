//! Secrets of the service: one signs the cookie, one marks the service's own probes.

use crate::error::{SECRET_BYTES_MIN, SettingError};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The length of a signature, in bytes.
pub(crate) const SIGNATURE_BYTES: usize = 32;

/// A key for HMAC-SHA-256. Its `Debug` form shows nothing of it.
#[derive(Clone)]
pub struct SigningKey {
    state: Hmac<Sha256>,
}

impl SigningKey {
    /// A key of at least 32 bytes.
    ///
    /// # Errors
    /// [`SettingError::Secret`] for a shorter one.
    pub fn new(secret: impl AsRef<[u8]>) -> Result<Self, SettingError> {
        let secret = secret.as_ref();
        let short = SettingError::Secret(secret.len());
        if secret.len() < SECRET_BYTES_MIN {
            return Err(short);
        }
        Hmac::new_from_slice(secret).map(|state| Self { state }).map_err(|_| short)
    }

    pub(crate) fn sign(&self, purpose: &[u8], message: &[u8]) -> [u8; SIGNATURE_BYTES] {
        self.mac(purpose, message).finalize().into_bytes().into()
    }

    /// In constant time.
    pub(crate) fn verifies(&self, purpose: &[u8], message: &[u8], signature: &[u8]) -> bool {
        self.mac(purpose, message).verify_slice(signature).is_ok()
    }

    fn mac(&self, purpose: &[u8], message: &[u8]) -> Hmac<Sha256> {
        self.state.clone().chain_update([purpose.len() as u8]).chain_update(purpose).chain_update(message)
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

/// A secret that the service's own probes send. Its `Debug` form shows nothing of it.
#[derive(Clone)]
pub struct SharedSecret(Box<[u8]>);

impl SharedSecret {
    /// A secret of at least 32 bytes, as it stands in the header.
    ///
    /// # Errors
    /// [`SettingError::Secret`] for a shorter one.
    pub fn new(secret: impl AsRef<[u8]>) -> Result<Self, SettingError> {
        match secret.as_ref() {
            long if long.len() >= SECRET_BYTES_MIN => Ok(Self(long.into())),
            short => Err(SettingError::Secret(short.len())),
        }
    }

    /// In a time that depends on the lengths only.
    pub(crate) fn is(&self, sent: &[u8]) -> bool {
        self.0.len() == sent.len()
            && self.0.iter().zip(sent).fold(0, |different, (a, b)| different | (a ^ b)) == 0
    }
}

impl std::fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SharedSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_compared_whole_and_never_shown() {
        assert_eq!(SigningKey::new("short").unwrap_err(), SettingError::Secret(5));
        assert_eq!(SharedSecret::new("short").unwrap_err(), SettingError::Secret(5));
        let secret = SharedSecret::new("s".repeat(32)).unwrap();
        assert!(secret.is("s".repeat(32).as_bytes()));
        assert!(
            !secret.is("s".repeat(31).as_bytes()) && !secret.is(format!("{}t", "s".repeat(31)).as_bytes())
        );
        let shown = format!("{secret:?} {:?}", SigningKey::new("k".repeat(32)).unwrap());
        assert_eq!(shown, "SharedSecret(..) SigningKey(..)");
    }

    #[test]
    fn a_signature_holds_for_its_purpose_and_message_only() {
        let key = SigningKey::new("k".repeat(32)).unwrap();
        let signature = key.sign(b"cookie", b"journey");
        assert!(key.verifies(b"cookie", b"journey", &signature));
        assert!(!key.verifies(b"cookiej", b"ourney", &signature));
        assert!(!key.verifies(b"cookie", b"journey", &signature[..31]));
        assert!(!SigningKey::new("x".repeat(32)).unwrap().verifies(b"cookie", b"journey", &signature));
    }
}
