//! A secret that signs, for one purpose at a time.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The shortest secret, in bytes.
const BYTES_MIN: usize = 32;

/// A key for HMAC-SHA-256. Its `Debug` form shows nothing of it.
#[derive(Clone)]
pub struct Secret {
    state: Hmac<Sha256>,
    bytes: Vec<u8>,
}

/// A secret that could be guessed.
#[derive(Debug, thiserror::Error)]
#[error("needs at least {BYTES_MIN} bytes; make one with `openssl rand -hex 32`")]
pub struct WeakSecret;

impl Secret {
    /// A secret of at least 32 bytes.
    ///
    /// # Errors
    /// [`WeakSecret`] for a shorter one.
    pub fn new(secret: impl AsRef<[u8]>) -> Result<Self, WeakSecret> {
        let bytes = secret.as_ref().to_vec();
        if bytes.len() < BYTES_MIN {
            return Err(WeakSecret);
        }
        Hmac::new_from_slice(&bytes).map(|state| Self { state, bytes }).map_err(|_| WeakSecret)
    }

    /// A secret that ends with the process.
    #[must_use]
    pub fn random() -> Option<Self> {
        Self::new([*uuid::Uuid::new_v4().as_bytes(), *uuid::Uuid::new_v4().as_bytes()].concat()).ok()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The signature of a message.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 32] {
        self.state.clone().chain_update(message).finalize().into_bytes().into()
    }

    /// In constant time.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.state.clone().chain_update(message).verify_slice(signature).is_ok()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}
