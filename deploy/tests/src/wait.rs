//! Waiting for a condition instead of for a time.

use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a condition may take before the test has failed. Generous: it is a verdict, not a measurement.
pub const DEADLINE: Duration = Duration::from_secs(180);

/// Waits until `condition` gives a value; fails with `what` when it does not within [`DEADLINE`].
pub fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(start.elapsed() < DEADLINE, "waited {DEADLINE:?} in vain for {what}");
        sleep(Duration::from_millis(20));
    }
}

/// Whether `condition` holds before `patience` is over.
#[must_use]
pub fn holds_within(patience: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while start.elapsed() < patience {
        if condition() {
            return true;
        }
        sleep(Duration::from_millis(20));
    }
    false
}

/// Waits until `condition` holds.
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    wait_for(what, || condition().then_some(()));
}
