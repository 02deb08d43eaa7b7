//! The backoff between attempts.

use std::time::Duration;

/// A small generator (xorshift*): spreading retries needs no secrecy.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}

/// Doubles from `first` to `longest`, and takes between half of that and all of it, so that many senders that
/// failed together do not come back together.
pub(crate) fn backoff(attempt: u32, first: Duration, longest: Duration, random: &mut Random) -> Duration {
    let full = first.saturating_mul(1 << attempt.saturating_sub(1).min(20)).min(longest);
    let half = full / 2;
    let spread = u64::try_from(half.as_nanos()).unwrap_or(u64::MAX);
    half + Duration::from_nanos(random.next() % spread.saturating_add(1).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_to_the_longest_and_is_never_less_than_half() {
        let mut random = Random::new(7);
        let (first, longest) = (Duration::from_millis(500), Duration::from_secs(30));
        for attempt in 1..100 {
            let full = first.saturating_mul(1 << (attempt - 1).min(20)).min(longest);
            let wait = backoff(attempt, first, longest, &mut random);
            assert!(wait >= full / 2 && wait <= full, "{attempt}: {wait:?}");
        }
        assert_eq!(backoff(1, Duration::ZERO, longest, &mut random), Duration::ZERO);
    }
}
