//! Where records can go.

#[cfg(feature = "otel")]
mod provider;

use crate::builder::ConfigError;
use crate::sink::{NilApp, Sink};
use std::sync::Arc;

/// Where records go.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum Backend {
    /// Nowhere. Nothing is recorded; the step counter still counts when a registry is given.
    #[default]
    Noop,
    /// The service's own OpenTelemetry pipeline: no second connection is opened.
    ///
    /// The provider does not say what it lost, so `delivered` then means handed over to it.
    #[cfg(feature = "otel")]
    Provider(opentelemetry_sdk::logs::SdkLoggerProvider),
    /// A [`Sink`] of your own.
    Custom(Arc<dyn Sink>),
    /// Chosen but not configured: every event is dropped and counted as `nil_app`.
    Unconfigured,
}

impl std::fmt::Debug for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Noop => "Noop",
            #[cfg(feature = "otel")]
            Self::Provider(_) => "Provider(..)",
            Self::Custom(_) => "Custom(..)",
            Self::Unconfigured => "Unconfigured",
        })
    }
}

impl Backend {
    pub(crate) fn into_sink(self) -> Result<Option<Arc<dyn Sink>>, ConfigError> {
        Ok(match self {
            Self::Noop => None,
            #[cfg(feature = "otel")]
            Self::Provider(provider) => Some(Arc::new(provider::ProviderSink::new(provider))),
            Self::Custom(sink) => Some(sink),
            Self::Unconfigured => Some(Arc::new(NilApp)),
        })
    }
}
