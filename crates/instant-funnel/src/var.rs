//! The environment variables that the funnel reads. Their names are stable.

pub(crate) const BACKEND: &str = "ANALYTICS_BACKEND";
pub(crate) const ENV: &str = "ANALYTICS_ENV";
pub(crate) const COMMIT_ID: &str = "ANALYTICS_COMMIT_ID";
pub(crate) const COHORT: &str = "ANALYTICS_COHORT";
pub(crate) const PSEUDONYM_KEY: &str = "ANALYTICS_PSEUDONYM_KEY";
pub(crate) const PSEUDONYM_KEY_PREVIOUS: &str = "ANALYTICS_PSEUDONYM_KEY_PREVIOUS";
pub(crate) const PSEUDONYM_MODE: &str = "ANALYTICS_PSEUDONYM_MODE";
pub(crate) const SIGNING_KEY: &str = "ANALYTICS_SIGNING_KEY";
pub(crate) const SIGNING_KEY_PREVIOUS: &str = "ANALYTICS_SIGNING_KEY_PREVIOUS";
pub(crate) const VOCABULARY_PREFIX: &str = "ANALYTICS_VOCABULARY_";
pub(crate) const SERVICE_NAME: &str = "OTEL_SERVICE_NAME";
pub(crate) const RESOURCE: &str = "OTEL_RESOURCE_ATTRIBUTES";
pub(crate) const SDK_DISABLED: &str = "OTEL_SDK_DISABLED";
/// Before `_OTLP_ENDPOINT`, `_OTLP_PROTOCOL`, `_OTLP_HEADERS`, …
#[cfg(feature = "otlp")]
pub(crate) const DELIVERY_PREFIX: &str = "ANALYTICS";
#[cfg(feature = "otlp")]
pub(crate) const JOURNAL_DIR: &str = "ANALYTICS_JOURNAL_DIR";
#[cfg(feature = "otlp")]
pub(crate) const JOURNAL_MAX_BYTES: &str = "ANALYTICS_JOURNAL_MAX_BYTES";
#[cfg(feature = "otlp")]
pub(crate) const LICENSE_KEY: &str = "NEW_RELIC_LICENSE_KEY";
#[cfg(feature = "otlp")]
pub(crate) const API_KEY: &str = "NEW_RELIC_API_KEY";
#[cfg(feature = "otlp")]
pub(crate) const REGION: &str = "NEW_RELIC_REGION";

/// A variable of the process. What is not UTF-8 in it is replaced, so that a value which cannot be read is refused by its
/// rule and named, and is not taken for unset.
pub(crate) fn of_process(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}
