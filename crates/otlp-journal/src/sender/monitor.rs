//! The state of the endpoint as the sender sees it: kept for `health`, and logged when it changes.
//!
//! Only threads of the sender, `flush` and `shutdown` come here to speak, never a call that records: that may be
//! inside of a subscriber.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::TARGET;
use crate::settings::clock::Now;
use crate::settings::health::{DeliveryState, LastAnswer};
use crate::settings::transport::{Response, TransportError};

/// One line about failing requests in this time.
const PACE: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(crate) struct Monitor {
    destination: String,
    seen: Mutex<Seen>,
}

#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) state: DeliveryState,
    pub(crate) since: SystemTime,
    pub(crate) last_answer: Option<LastAnswer>,
    pub(crate) last_delivered: Option<SystemTime>,
    /// Monotonic time of the next line about a failure.
    next_line: u64,
    suppressed: u64,
}

/// The wall clock as the standard library has it.
fn wall(now: Now) -> SystemTime {
    UNIX_EPOCH.checked_add(Duration::from_nanos(now.wall)).unwrap_or(UNIX_EPOCH)
}

/// An answer in few words, none of them the far end's.
pub(crate) fn outcome(answer: &Result<Response, TransportError>) -> String {
    match answer {
        Ok(response) => format!("HTTP {}", response.status),
        Err(error) => error.to_string(),
    }
}

impl Monitor {
    pub(crate) fn new(destination: String, now: Now) -> Self {
        let seen = Seen {
            state: DeliveryState::Starting,
            since: wall(now),
            last_answer: None,
            last_delivered: None,
            next_line: 0,
            suppressed: 0,
        };
        Self { destination, seen: Mutex::new(seen) }
    }

    pub(crate) fn destination(&self) -> &str {
        &self.destination
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn look(&self) -> Seen {
        self.seen().clone()
    }

    /// An answer came, and this is what the sender makes of it. `why`: what the operator should look at.
    pub(crate) fn answered(&self, outcome: &str, state: DeliveryState, why: Option<&str>, now: Now) {
        let (before, changed, line) = {
            let mut seen = self.seen();
            let before = seen.state;
            let changed = before != state;
            if changed {
                (seen.state, seen.since) = (state, wall(now));
            }
            if state == DeliveryState::Delivering {
                seen.last_delivered = Some(wall(now));
            }
            seen.last_answer = Some(LastAnswer { at: wall(now), outcome: outcome.to_owned() });
            let failed = state != DeliveryState::Delivering;
            let line = failed && (changed || now.monotonic >= seen.next_line);
            if line {
                seen.next_line = now.after(PACE);
            } else if failed {
                seen.suppressed += 1;
            }
            let suppressed = if line { std::mem::take(&mut seen.suppressed) } else { 0 };
            (before, changed, line.then_some(suppressed))
        };
        let destination = &*self.destination;
        match (state, line) {
            (DeliveryState::Delivering, _) if changed && before == DeliveryState::Starting => {
                tracing::info!(target: TARGET, destination, "the first records were accepted");
            }
            (DeliveryState::Delivering, _) if changed => {
                tracing::info!(target: TARGET, destination, after = before.as_str(), "records are accepted again");
            }
            (DeliveryState::Held, Some(suppressed)) if changed => {
                tracing::error!(
                    target: TARGET, destination, answer = outcome, suppressed,
                    "sending is held: {}", why.unwrap_or("the endpoint refuses")
                );
            }
            (_, Some(suppressed)) if changed => {
                tracing::info!(
                    target: TARGET, destination, answer = outcome, suppressed,
                    "the delivery is {state}; nothing is lost as long as the journal has room"
                );
            }
            (_, Some(suppressed)) => {
                tracing::warn!(target: TARGET, destination, answer = outcome, suppressed, "requests fail; the delivery is {state}");
            }
            (_, None) => {}
        }
    }

    /// It is over; what was left, if anything, is reported.
    pub(crate) fn ended(&self, now: Now, pending: u64, durable: bool) {
        {
            let mut seen = self.seen();
            (seen.state, seen.since) = (DeliveryState::Ended, wall(now));
        }
        let destination = &*self.destination;
        if pending > 0 && durable {
            tracing::warn!(
                target: TARGET, destination, pending,
                "ended with undelivered records; they stay in the directory until the next start"
            );
        } else if pending > 0 {
            tracing::warn!(
                target: TARGET, destination, lost = pending,
                "ended with undelivered records; without a directory they are lost \
                 (allow more time for the shutdown, or set Builder::directory)"
            );
        }
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
