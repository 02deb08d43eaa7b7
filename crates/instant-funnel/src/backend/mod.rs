//! The backends.

#[cfg(feature = "otlp")]
mod adopted;
#[cfg(feature = "otlp")]
mod new_relic;
#[cfg(feature = "otlp")]
mod otlp;
#[cfg(feature = "otel")]
mod provider;
mod start;

use std::sync::Arc;

#[cfg(feature = "otlp")]
pub use self::new_relic::{NewRelicConfig, Region};
#[cfg(feature = "otlp")]
pub(crate) use self::otlp::JOURNAL_BYTES_MIN;
#[cfg(feature = "otlp")]
pub use self::otlp::OtlpConfig;
#[cfg(feature = "otel")]
pub(crate) use self::provider::ProviderSink;
pub(crate) use self::start::{Process, Started};
use crate::advisory::Advisory;
use crate::error::ConfigError;
use crate::sink::Sink;

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
    /// The provider does not say what becomes of a record, so its events are counted as handed over and never as
    /// delivered ([`Stats::handed_over`](crate::Stats::handed_over)).
    ///
    /// Privacy: the resource is the service's own, and no rule of the contract looks at it.
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
    /// Starts it; the advisories are what is not as configured though it runs.
    pub(crate) fn start(self, process: &Process) -> Result<(Started, Vec<Advisory>), ConfigError> {
        #[cfg(not(feature = "otlp"))]
        let _ = process;
        let sink: Arc<dyn Sink> = match self {
            Self::Noop => return Ok((Started::inert(), Vec::new())),
            Self::Unconfigured => return Ok((Started::unconfigured(), Vec::new())),
            #[cfg(feature = "otlp")]
            Self::Otlp(config) => return otlp::OtlpSink::start(config, process),
            #[cfg(feature = "otlp")]
            Self::NewRelic(config) => return otlp::OtlpSink::start(config.into_otlp(), process),
            #[cfg(feature = "otel")]
            Self::Provider(provider) => Arc::new(ProviderSink::new(provider)),
            Self::Custom(sink) => sink,
        };
        Ok((Started { sink: Some(sink), restarts_in_child: false }, Vec::new()))
    }
}
