//! The guard that flushes at exit.

use std::time::Duration;

use crate::funnel::Funnel;
use crate::health::HealthState;
use crate::net::caught;
use crate::quiet::is_quiet;
use crate::stats::FlushReport;

/// How long a dropped guard waits.
const DROP_TIMEOUT: Duration = Duration::from_secs(5);

/// Shuts its funnel down when dropped, five seconds at most, and logs one warning if something is then still pending:
/// what waits in memory is lost, what waits in the journal's directory is sent by the next start.
///
/// `std::process::exit`, an abort and a signal run no destructor, so the guard does nothing then. Call
/// [`shutdown`](Self::shutdown) before `process::exit`, or give the journal a directory.
///
/// ```
/// use instant_funnel::{Funnel, Landing};
/// use std::time::Duration;
///
/// let funnel = Funnel::noop();
/// let guard = funnel.guard();
/// funnel.record(Landing::new());
/// let report = guard.shutdown(Duration::from_secs(10));
/// assert!(report.is_complete());
/// // std::process::exit(0) loses nothing from here on.
/// ```
#[must_use = "the funnel shuts down when the guard is dropped; bind it: `let _guard = funnel.guard();`"]
#[derive(Debug)]
pub struct FunnelGuard {
    funnel: Option<Funnel>,
}

impl Funnel {
    /// Shuts the funnel down when dropped. Keep it until the end of `main`; `std::process::exit` does not run it.
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
        let Some(funnel) = self.funnel.take() else { return };
        let report = funnel.shutdown(DROP_TIMEOUT);
        // A delivery that has ended has logged what it leaves.
        if report.is_complete() || is_quiet() || funnel.health().state == HealthState::Ended {
            return;
        }
        // A subscriber that panics here, while another panic unwinds, would abort the process.
        let _ = caught(|| {
            tracing::warn!(
                target: "instant_funnel",
                pending = report.pending,
                "shut down before all events were delivered: events in memory are lost, and events in a directory stay there until the next start; use `FunnelGuard::shutdown` for a longer timeout"
            );
        });
    }
}
