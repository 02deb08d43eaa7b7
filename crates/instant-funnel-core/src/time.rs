//! Times as they are on the wire.

use std::time::{SystemTime, UNIX_EPOCH};

/// Nanoseconds since 1970; 0 for times before it, the last representable for times after 2554.
#[inline]
pub(crate) fn unix_nanos(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}
