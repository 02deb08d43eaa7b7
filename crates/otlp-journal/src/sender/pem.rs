//! Reads PEM files with certificates and keys.

use std::path::Path;

use crate::settings::error::DeliveryConfigError;

/// # Errors
/// The file cannot be read, or the setting is not a path.
pub(crate) fn load(setting: &str, path: &Path) -> Result<Vec<u8>, DeliveryConfigError> {
    if path.as_os_str().as_encoded_bytes().starts_with(b"-----BEGIN") {
        return Err(unusable(setting, "it contains the PEM text itself; give the path of a file instead"));
    }
    std::fs::read(path).map_err(|error| unusable(setting, &error.kind().to_string()))
}

pub(crate) fn unusable(setting: &str, why: &str) -> DeliveryConfigError {
    DeliveryConfigError::File { setting: setting.to_owned(), why: why.to_owned() }
}
