//! Losing events at exit takes deliberate effort.

use crate::funnel::Funnel;
use crate::net::caught;
use crate::quiet::is_quiet;
use crate::stats::FlushReport;
use std::time::Duration;

/// How long a dropped guard waits.
const DROP_TIMEOUT: Duration = Duration::from_secs(5);

/// Shuts its funnel down when dropped, five seconds at most.
#[must_use = "dropping the guard at once shuts the funnel down; bind it: `let _guard = funnel.guard();`"]
#[derive(Debug)]
pub struct FunnelGuard {
    funnel: Option<Funnel>,
}

impl Funnel {
    /// Shuts the funnel down when dropped. Keep it until the end of `main`.
    pub fn guard(&self) -> FunnelGuard {
        FunnelGuard { funnel: Some(self.clone()) }
    }
}

impl FunnelGuard {
    /// Shuts the funnel down, waiting `timeout` at most, and says what became of everything.
    pub fn shutdown(mut self, timeout: Duration) -> FlushReport {
        // Taken only here and in `drop`, so it is there.
        self.funnel.take().map_or_else(|| crate::Stats::default().into(), |funnel| funnel.shutdown(timeout))
    }
}

impl Drop for FunnelGuard {
    fn drop(&mut self) {
        if let Some(funnel) = self.funnel.take() {
            let report = funnel.shutdown(DROP_TIMEOUT);
            if !report.is_complete() && !is_quiet() {
                // A subscriber that panics here, while another panic unwinds, would abort the process.
                let _ = caught(|| {
                    tracing::warn!(
                        target: "instant_funnel",
                        pending = report.pending,
                        "shut down before every event was delivered; `FunnelGuard::shutdown` takes a longer timeout"
                    );
                });
            }
        }
    }
}
