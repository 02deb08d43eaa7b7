//! The crate's own diagnostics: few, without values, and never food for the pipeline they come from.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::TARGET;
use crate::settings::transport::TransportError;

/// One line about failing requests in this time.
const PACE: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(crate) struct Diag {
    start: Instant,
    /// Milliseconds after `start` at which the next line may come.
    next: AtomicU64,
    unsaid: AtomicU64,
}

impl Default for Diag {
    fn default() -> Self {
        Self { start: Instant::now(), next: AtomicU64::new(0), unsaid: AtomicU64::new(0) }
    }
}

impl Diag {
    /// A request that did not deliver.
    pub(crate) fn failed(&self, status: u16, error: Option<&TransportError>) {
        let now = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let next = self.next.load(Ordering::Relaxed);
        let later = now.saturating_add(PACE.as_millis() as u64);
        let mine = now >= next
            && self.next.compare_exchange(next, later, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if !mine {
            self.unsaid.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let unsaid = self.unsaid.swap(0, Ordering::Relaxed);
        if let Some(error) = error {
            tracing::warn!(target: TARGET, %error, unsaid, "a request failed; it is tried again");
        } else {
            tracing::warn!(target: TARGET, status, unsaid, "a request was refused");
        }
    }

    /// The operator has to act.
    #[expect(clippy::unused_self, reason = "beside `failed`, which has state")]
    pub(crate) fn held(&self, status: u16) {
        tracing::error!(
            target: TARGET,
            status,
            "the far end refuses the endpoint or the key; records are held until that is mended \
             (Builder::header, Delivery::set_header, OTEL_EXPORTER_OTLP_HEADERS, OTEL_EXPORTER_OTLP_ENDPOINT)"
        );
    }
}

/// Keeps telemetry that is made on this thread out of OpenTelemetry pipelines, this one above all.
#[cfg(feature = "processor")]
pub(crate) fn suppressed<T>(work: impl FnOnce() -> T) -> T {
    let _scope = opentelemetry::Context::enter_telemetry_suppressed_scope();
    work()
}

/// Without the feature there is no such pipeline in the tree.
#[cfg(not(feature = "processor"))]
pub(crate) fn suppressed<T>(work: impl FnOnce() -> T) -> T {
    work()
}
