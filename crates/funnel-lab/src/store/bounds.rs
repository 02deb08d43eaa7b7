//! The limits of what is kept.

use std::time::Duration;

/// The bounds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) max_events: u64,
    pub(crate) max_age: Duration,
    /// Of the pages in use; pages that became free are used again.
    pub(crate) max_bytes: u64,
}

impl Bounds {
    /// How often age is looked at: a tenth of it, and twice a minute at least.
    pub(crate) fn pace(&self) -> Duration {
        (self.max_age / 10).clamp(Duration::from_millis(100), Duration::from_secs(30))
    }
}
