//! Where records can go.

#[cfg(feature = "otlp")]
mod new_relic;
#[cfg(feature = "otlp")]
mod otlp;
#[cfg(feature = "otel")]
mod provider;

#[cfg(feature = "otlp")]
pub use new_relic::{NewRelicConfig, Region};
#[cfg(feature = "otlp")]
pub(crate) use otlp::JOURNAL_BYTES_MIN;
#[cfg(feature = "otlp")]
pub use otlp::OtlpConfig;
#[cfg(feature = "otel")]
pub(crate) use provider::ProviderSink;

use crate::advisory::Advisory;
use crate::error::ConfigError;
use crate::sink::{NilApp, Sink};
use std::sync::Arc;

/// Where records go.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum Backend {
    /// Nowhere. Nothing is recorded; the step counter still counts when a registry is given.
    #[default]
    Noop,
    /// An OTLP receiver over HTTP, through our own delivery.
    #[cfg(feature = "otlp")]
    Otlp(OtlpConfig),
    /// New Relic, through our own delivery.
    #[cfg(feature = "otlp")]
    NewRelic(NewRelicConfig),
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
            #[cfg(feature = "otlp")]
            Self::Otlp(_) => "Otlp(..)",
            #[cfg(feature = "otlp")]
            Self::NewRelic(_) => "NewRelic(..)",
            #[cfg(feature = "otel")]
            Self::Provider(_) => "Provider(..)",
            Self::Custom(_) => "Custom(..)",
            Self::Unconfigured => "Unconfigured",
        })
    }
}

impl Backend {
    pub(crate) fn into_sink(
        self,
        process: &Process,
        advisories: &mut Vec<Advisory>,
    ) -> Result<Option<Arc<dyn Sink>>, ConfigError> {
        #[cfg(not(feature = "otlp"))]
        let _ = (process, advisories);
        Ok(match self {
            Self::Noop => None,
            #[cfg(feature = "otlp")]
            Self::Otlp(config) => Some(Arc::new(otlp::OtlpSink::start(config, process, advisories)?)),
            #[cfg(feature = "otlp")]
            Self::NewRelic(config) => {
                Some(Arc::new(otlp::OtlpSink::start(config.into_otlp(), process, advisories)?))
            }
            #[cfg(feature = "otel")]
            Self::Provider(provider) => Some(Arc::new(ProviderSink::new(provider))),
            Self::Custom(sink) => Some(sink),
            Self::Unconfigured => Some(Arc::new(NilApp)),
        })
    }
}

/// What a backend says of the process that it sends for.
#[derive(Debug)]
#[cfg_attr(not(feature = "otlp"), allow(dead_code, reason = "only our own delivery sends a resource"))]
pub(crate) struct Process {
    pub(crate) service_name: String,
    pub(crate) environment: Option<String>,
}
