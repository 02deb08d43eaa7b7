//! The expiry of sealed values.

use std::time::{Duration, SystemTime};

/// Longer than anything is carried. A longer time means "for ever", which a clock cannot say.
pub(crate) const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// The moment `age` after `now`.
pub(crate) fn later(now: SystemTime, age: Duration) -> SystemTime {
    now.checked_add(age.min(FOREVER)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn for_ever_is_far_away_and_not_now() {
        let now = SystemTime::now();
        assert_eq!(later(now, Duration::from_secs(60)), now + Duration::from_secs(60));
        assert_eq!(later(now, Duration::MAX), now + FOREVER);
    }
}
