//! Time, from the system or from a test's hand.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::signal::Signal;

/// Where the sender reads the time and waits.
#[derive(Clone, Debug, Default)]
pub struct Clock(Source);

#[derive(Clone, Debug, Default)]
enum Source {
    #[default]
    System,
    Manual(Arc<Hands>),
}

#[derive(Debug)]
struct Hands {
    nanos: AtomicU64,
    waiting: Mutex<Vec<Weak<Signal>>>,
}

/// A clock that stands still until it is moved, for tests of outages that last for hours.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// let clock = otlp_journal::ManualClock::at(SystemTime::now());
/// clock.advance(Duration::from_secs(86_400));
/// let given = clock.clock(); // to `Builder::clock`
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Hands>);

impl Clock {
    /// The machine's clock. It is read as wall-clock time, since events are; a step backwards only delays a retry.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// Nanoseconds since the epoch.
    #[must_use]
    pub fn now_unix_nanos(&self) -> u64 {
        match &self.0 {
            Source::System => unix_nanos(SystemTime::now()),
            Source::Manual(hands) => hands.nanos.load(Ordering::SeqCst),
        }
    }

    /// How long to wait in real time for this long on the clock; a manual clock wakes who waits when it is moved.
    pub(crate) fn real(&self, on_clock: Duration) -> Duration {
        match &self.0 {
            Source::System => on_clock,
            Source::Manual(_) => Duration::from_secs(3_600),
        }
    }

    /// Lets a manual clock wake `signal`.
    pub(crate) fn wake(&self, signal: &Arc<Signal>) {
        if let Source::Manual(hands) = &self.0 {
            hands.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(signal));
        }
    }
}

impl ManualClock {
    /// Stands at `start`.
    #[must_use]
    pub fn at(start: SystemTime) -> Self {
        Self(Arc::new(Hands { nanos: AtomicU64::new(unix_nanos(start)), waiting: Mutex::new(Vec::new()) }))
    }

    /// Moves on, and wakes every sender that waits on this clock.
    pub fn advance(&self, by: Duration) {
        self.0.nanos.fetch_add(nanos(by), Ordering::SeqCst);
        let waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for signal in waiting.iter().filter_map(Weak::upgrade) {
            signal.notify_all();
        }
    }

    /// Nanoseconds since the epoch.
    #[must_use]
    pub fn now_unix_nanos(&self) -> u64 {
        self.0.nanos.load(Ordering::SeqCst)
    }

    /// The handle for [`Builder::clock`](crate::Builder::clock).
    #[must_use]
    pub fn clock(&self) -> Clock {
        Clock(Source::Manual(Arc::clone(&self.0)))
    }
}

/// Saturates in the year 2554.
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

pub(crate) fn unix_nanos(time: SystemTime) -> u64 {
    nanos(time.duration_since(UNIX_EPOCH).unwrap_or_default())
}
