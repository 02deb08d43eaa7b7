//! Errors of the builder.

use instant_funnel_core::{KeyError, VocabularyError};

/// A funnel that cannot be built as configured. Names the method that fixes it; holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The service name breaks its rule.
    #[error("`FunnelBuilder::service_name` takes 1 to 64 letters, digits, `_`, `.` and `-`")]
    ServiceName,
    /// The environment is not a slug.
    #[error("`FunnelBuilder::environment` takes a slug: a lower-case letter, then up to 31 of `a-z0-9_-`")]
    Environment,
    /// The commit id is not hexadecimal of 7 to 40 digits.
    #[error(
        "`FunnelBuilder::commit_id` takes 7 to 40 lower-case hexadecimal digits, at least one of them a letter"
    )]
    CommitId,
    /// A pseudonym key cannot be used.
    #[error("`FunnelBuilder::pseudonym_key`: {0}")]
    PseudonymKey(#[from] KeyError),
    /// A previous key without a current one, or a key together with the compatibility mode.
    #[error(
        "`FunnelBuilder::legacy_pseudonyms` and `pseudonym_key` cannot be used together, and \
         `previous_pseudonym_key` needs `pseudonym_key`"
    )]
    PseudonymMode,
    /// A vocabulary cannot be used.
    #[error("`FunnelBuilder::vocabulary`: {0}")]
    Vocabulary(#[from] VocabularyError),
    /// The metrics are there already, or the registry refuses them.
    #[error("`FunnelBuilder::registry`: {0}; give each funnel of a process its own registry or prefix")]
    Registry(String),
    /// The backend cannot work as configured.
    #[error("`FunnelBuilder::backend`: {0}")]
    Backend(String),
}
