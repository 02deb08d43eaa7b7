//! Errors. Each names the setting that fixes it.

use super::stats::LossReason;

/// A setting that cannot work. Only settings that are wrong whatever the machine does are errors; a directory that
/// cannot be used is an [`DeliveryAdvisory`](crate::DeliveryAdvisory).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryConfigError {
    /// Not an `http://` or `https://` URL with a host.
    #[error("{setting} is not an http:// or https:// URL: {why}")]
    Endpoint {
        /// The method or variable.
        setting: String,
        /// What is wrong with it; never the URL itself, which can hold a password.
        why: &'static str,
    },
    /// A header name or value that HTTP does not allow, such as a key with a line break.
    #[error("{setting}: header number {position} {why}")]
    Header {
        /// The method or variable.
        setting: String,
        /// Which one, from 1.
        position: usize,
        /// What is wrong with it; never the value.
        why: &'static str,
    },
    /// A number or word out of range.
    #[error("{setting}: {why}")]
    Value {
        /// The method or variable.
        setting: String,
        /// What it should be.
        why: String,
    },
    /// A file that must be readable at the start is not.
    #[error("{setting}: cannot use the file that it names: {why}")]
    File {
        /// The method or variable; never the path, which may be a key that was put into the wrong place.
        setting: String,
        /// What the system or the parser said; never its content.
        why: String,
    },
    /// Needs a feature of the crate that this build does not have.
    #[error("{setting}: this build lacks the feature `{feature}` of otlp-journal")]
    Feature {
        /// The method or variable.
        setting: String,
        /// The cargo feature.
        feature: &'static str,
    },
}

/// Why `append` did not take a record. Already counted when it is returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// The journal is full, or full to the mark of [`Priority::Bulk`](crate::Priority::Bulk).
    #[error("the journal is full (Builder::max_bytes)")]
    QueueFull,
    /// Larger than [`Delivery::max_record_bytes`](crate::Delivery::max_record_bytes).
    #[error("the record is larger than a request may be (Builder::request_limit)")]
    TooLarge,
    /// The delivery was shut down.
    #[error("the delivery was shut down")]
    Shutdown,
}

impl AppendError {
    /// The reason under which it was counted.
    #[must_use]
    pub const fn reason(self) -> LossReason {
        match self {
            Self::QueueFull => LossReason::QueueFull,
            Self::TooLarge => LossReason::TooLarge,
            Self::Shutdown => LossReason::Shutdown,
        }
    }
}
