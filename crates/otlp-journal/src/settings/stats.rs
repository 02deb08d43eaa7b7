//! The counters: records by outcome.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Why a record will not arrive. A closed list: every loss has exactly one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LossReason {
    /// The journal was full, or full to the mark of [`Priority::Bulk`](crate::Priority::Bulk).
    QueueFull,
    /// Larger than a request may be, or the far end said 413 to it alone.
    TooLarge,
    /// The far end refused it: 400 to it alone, or counted in a partial success.
    Rejected,
    /// Older than the far end accepts ([`Builder::max_age`](crate::Builder::max_age)).
    Expired,
    /// Found torn or damaged in the journal of an earlier process; its bytes are kept aside.
    Corrupt,
    /// Recorded after the shutdown, or not acknowledged before it ended, in memory mode.
    Shutdown,
    /// The closure that encodes it panicked.
    Panic,
}

impl LossReason {
    /// Every reason, in the order of the declaration.
    pub const ALL: [Self; 7] = [
        Self::QueueFull,
        Self::TooLarge,
        Self::Rejected,
        Self::Expired,
        Self::Corrupt,
        Self::Shutdown,
        Self::Panic,
    ];

    /// The label of metrics: lower case, words joined by `_`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::TooLarge => "too_large",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Corrupt => "corrupt",
            Self::Shutdown => "shutdown",
            Self::Panic => "panic",
        }
    }
}

impl fmt::Display for LossReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Records lost, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses([u64; LossReason::ALL.len()]);

impl Losses {
    /// Records lost for this reason.
    #[must_use]
    pub const fn get(&self, reason: LossReason) -> u64 {
        self.0[reason as usize]
    }

    /// Records lost for any reason.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Each reason with its count, zeros included.
    pub fn iter(&self) -> impl Iterator<Item = (LossReason, u64)> + '_ {
        LossReason::ALL.into_iter().map(|reason| (reason, self.get(reason)))
    }
}

/// A sample of the numbers. In each one, `recorded + recovered == delivered + dropped.total() + pending`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeliveryStats {
    /// Calls of `append` in this process that ended, refused ones included.
    pub recorded: u64,
    /// Records found in the journals of processes that had ended.
    pub recovered: u64,
    /// Records that the far end acknowledged with a 2xx answer.
    pub delivered: u64,
    /// Records that will not arrive.
    pub dropped: Losses,
    /// Records in memory or on disk that no answer has settled yet.
    pub pending: u64,
}

/// Shared counters behind [`DeliveryStats`]. Accepted records are counted by the lanes of the ring.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) recovered: AtomicU64,
    pub(crate) delivered: AtomicU64,
    /// AppendError by `append`, so never accepted.
    refused: [AtomicU64; LossReason::ALL.len()],
    /// Accepted (or recovered) first, lost later.
    lost: [AtomicU64; LossReason::ALL.len()],
}

impl Counters {
    pub(crate) fn refuse(&self, reason: LossReason) {
        self.refused[reason as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn lose(&self, reason: LossReason, count: u64) {
        self.lost[reason as usize].fetch_add(count, Ordering::Release);
    }

    /// Found in the journal of another process: whole records, and torn and refused ones that are lost at once.
    pub(crate) fn recover(&self, live: u64, torn: u64, refused: u64) {
        self.recovered.fetch_add(live + torn + refused, Ordering::Release);
        self.lose(LossReason::Corrupt, torn);
        self.lose(LossReason::Rejected, refused);
    }

    pub(crate) fn deliver(&self, count: u64) {
        self.delivered.fetch_add(count, Ordering::Release);
    }

    /// `accepted` is asked for last, so that nothing settled is missing from it.
    pub(crate) fn sample(&self, accepted: impl FnOnce() -> u64) -> DeliveryStats {
        let delivered = self.delivered.load(Ordering::Acquire);
        let mut dropped = Losses::default();
        let (mut lost, mut refused) = (0, 0);
        for reason in LossReason::ALL {
            let i = reason as usize;
            let (l, r) = (self.lost[i].load(Ordering::Acquire), self.refused[i].load(Ordering::Acquire));
            lost += l;
            refused += r;
            dropped.0[i] = l + r;
        }
        let recovered = self.recovered.load(Ordering::Acquire);
        let accepted = accepted();
        DeliveryStats {
            recorded: accepted + refused,
            recovered,
            delivered,
            dropped,
            pending: (accepted + recovered).saturating_sub(delivered + lost),
        }
    }
}

impl DeliveryStats {
    /// Whether the law holds in this sample; tests and doctors ask.
    #[must_use]
    pub fn is_conserved(&self) -> bool {
        self.recorded + self.recovered == self.delivered + self.dropped.total() + self.pending
    }

    /// What is still pending after the end of a delivery in memory will never arrive.
    pub(crate) fn after_shutdown(mut self) -> Self {
        self.dropped.0[LossReason::Shutdown as usize] += self.pending;
        self.pending = 0;
        self
    }
}

/// What a flush or a shutdown achieved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "it says whether records are still pending"]
pub struct DeliveryReport {
    /// Everything recorded before the call was settled before the deadline.
    pub complete: bool,
    /// Acknowledged during the call.
    pub delivered: u64,
    /// Lost during the call.
    pub dropped: u64,
    /// Not settled at its end. With a directory these stay on disk for the next start.
    pub pending: u64,
    /// All numbers at its end.
    pub stats: DeliveryStats,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_conserves() {
        let counters = Counters::default();
        counters.refuse(LossReason::QueueFull);
        counters.deliver(3);
        counters.lose(LossReason::Rejected, 1);
        let stats = counters.sample(|| 6);
        assert_eq!((stats.recorded, stats.pending, stats.dropped.total()), (7, 2, 2));
        assert!(stats.is_conserved());
        let ended = stats.after_shutdown();
        assert!(ended.is_conserved());
        assert_eq!(ended.dropped.get(LossReason::Shutdown), 2);
    }
}
