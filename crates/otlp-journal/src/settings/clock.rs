//! Clocks: the system's, and one that tests control.
//!
//! Waiting goes by a monotonic clock; the wall clock tells when events happened and is otherwise only written down.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Where the sender reads the time and waits.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    /// Monotonic time counts from here.
    System(Instant),
    Manual(Arc<Hands>),
}

/// No lock here: a forked child must be able to read it whatever the parent's threads were doing.
#[derive(Debug)]
struct Hands {
    monotonic: AtomicU64,
    /// Wall clock less monotonic clock.
    offset: AtomicI64,
}

/// One look at both clocks, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Now {
    /// Since some moment before the delivery began.
    pub(crate) monotonic: u64,
    /// Since the epoch.
    pub(crate) wall: u64,
}

impl Now {
    /// What to take from a wall-clock time to get a monotonic one.
    pub(crate) fn offset(self) -> i64 {
        self.wall.cast_signed().wrapping_sub(self.monotonic.cast_signed())
    }

    /// This much later, on the monotonic clock.
    pub(crate) fn after(self, wait: Duration) -> u64 {
        self.monotonic.saturating_add(nanos(wait))
    }
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

/// Before the first moment of a clock there is room for what is older than the process.
const BEGIN: u64 = 1_000_000_000;
/// How often who waits by a manual clock looks at it, in real time.
const LOOK: Duration = Duration::from_millis(1);

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl Clock {
    /// The machine's clocks. Waiting is by the monotonic one, so a step of the wall clock delays nothing.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System(Instant::now()))
    }

    /// Nanoseconds since the epoch.
    #[must_use]
    pub fn now_unix_nanos(&self) -> u64 {
        self.now().wall
    }

    pub(crate) fn now(&self) -> Now {
        match &self.0 {
            Source::System(start) => Now {
                monotonic: BEGIN.saturating_add(nanos(start.elapsed())),
                wall: unix_nanos(SystemTime::now()),
            },
            Source::Manual(hands) => hands.now(),
        }
    }

    /// How long this takes in real time; a manual clock may stand still for ever.
    pub(crate) fn real(&self, on_clock: Duration) -> Duration {
        match &self.0 {
            Source::System(_) => on_clock,
            Source::Manual(_) => Duration::from_secs(3_600),
        }
    }

    /// The longest wait before the clock has to be looked at again.
    pub(crate) fn until_look(&self, on_clock: Duration) -> Duration {
        match &self.0 {
            Source::System(_) => on_clock,
            Source::Manual(_) => LOOK,
        }
    }
}

impl Hands {
    fn now(&self) -> Now {
        let monotonic = self.monotonic.load(Ordering::SeqCst);
        let wall = monotonic.cast_signed().saturating_add(self.offset.load(Ordering::SeqCst));
        Now { monotonic, wall: u64::try_from(wall).unwrap_or(0) }
    }
}

impl ManualClock {
    /// Stands at `start`.
    #[must_use]
    pub fn at(start: SystemTime) -> Self {
        let wall = i64::try_from(unix_nanos(start)).unwrap_or(i64::MAX);
        Self(Arc::new(Hands {
            monotonic: AtomicU64::new(BEGIN),
            offset: AtomicI64::new(wall.saturating_sub(BEGIN.cast_signed())),
        }))
    }

    /// Time passes. Saturates in the year 2262.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_nanos()).unwrap_or(i64::MAX).cast_unsigned();
        let add = |now: u64| Some(now.saturating_add(by).min(i64::MAX.cast_unsigned()));
        let _ = self.0.monotonic.fetch_update(Ordering::SeqCst, Ordering::SeqCst, add);
    }

    /// Somebody sets the wall clock; no time passes.
    pub fn set_wall(&self, to: SystemTime) {
        let wall = i64::try_from(unix_nanos(to)).unwrap_or(i64::MAX);
        let monotonic = self.0.monotonic.load(Ordering::SeqCst).cast_signed();
        self.0.offset.store(wall.saturating_sub(monotonic), Ordering::SeqCst);
    }

    /// Nanoseconds since the epoch.
    #[must_use]
    pub fn now_unix_nanos(&self) -> u64 {
        self.0.now().wall
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

/// A deadline that no timeout makes overflow.
pub(crate) fn deadline(timeout: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(10 * 365 * 24 * 3_600);
    let now = Instant::now();
    now.checked_add(timeout.min(FAR)).unwrap_or(now)
}
