//! The secret that marks the service's own probes.

use crate::error::{SECRET_BYTES_MIN, SettingError};

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
        assert_eq!(SharedSecret::new("short").unwrap_err(), SettingError::Secret(5));
        let secret = SharedSecret::new("s".repeat(32)).unwrap();
        assert!(secret.is("s".repeat(32).as_bytes()));
        assert!(
            !secret.is("s".repeat(31).as_bytes()) && !secret.is(format!("{}t", "s".repeat(31)).as_bytes())
        );
        assert_eq!(format!("{secret:?}"), "SharedSecret(..)");
    }
}
