//! The counters of events by outcome, and their conservation law.
//!
//! recorded = delivered + handed_over + dropped + pending, in every [`Stats`] anybody sees.

use std::ops::Index;
use std::sync::atomic::{AtomicU64, Ordering};

use instant_funnel_core::contract::Violation;

/// The most steps that are counted apart: as many as a contract can have.
const STEPS_MAX: usize = 32;

macro_rules! drop_reasons {
    ($($(#[$doc:meta])* $variant:ident = $label:literal,)+) => {
        /// Why an event was dropped; the `reason` label of `instant_analytics_emit_failed_total`. One closed list.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum DropReason {
            $($(#[$doc])* $variant,)+
        }

        impl DropReason {
            /// Every reason, in label order of the metric.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The label's text.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $label,)+
                }
            }
        }

        const REASONS: usize = [$($label,)+].len();
    };
}

drop_reasons! {
    /// A backend is chosen but not configured: no licence key, no endpoint, a feature left out of the build.
    NilApp = "nil_app",
    /// No such step: the record was dropped whole.
    InvalidEvent = "invalid_event",
    /// An event of a contract that the funnel was not given: `FunnelBuilder::contract`.
    UnknownContract = "unknown_contract",
    /// No room; cheap steps are refused before critical ones.
    QueueFull = "queue_full",
    /// Longer than one request to the endpoint may be.
    TooLarge = "too_large",
    /// The endpoint refused it for good, or the sink did.
    Rejected = "rejected",
    /// Older than the endpoint takes.
    Expired = "expired",
    /// Damaged on disk while it waited.
    Corrupt = "corrupt",
    /// The sink, the clock or a field's own formatting panicked.
    Panic = "panic",
    /// Recorded by the sink itself while it was taking a record.
    Reentrant = "reentrant",
    /// Recorded after shutdown, or not delivered before it.
    Shutdown = "shutdown",
}

/// Dropped events by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Drops([u64; REASONS]);

impl Drops {
    /// Over all reasons.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Adds `count` events dropped for `reason`.
    pub fn add(&mut self, reason: DropReason, count: u64) {
        let sum = &mut self.0[reason as usize];
        *sum = sum.saturating_add(count);
    }

    /// The reasons that dropped something, with how much.
    pub fn iter(&self) -> impl Iterator<Item = (DropReason, u64)> + '_ {
        DropReason::ALL.iter().map(|reason| (*reason, self[*reason])).filter(|(_, count)| *count > 0)
    }
}

impl Index<DropReason> for Drops {
    type Output = u64;

    fn index(&self, reason: DropReason) -> &u64 {
        &self.0[reason as usize]
    }
}

/// Events so far. `recorded == delivered + handed_over + dropped.total() + pending` holds in each value.
///
/// The numbers are of this process. With our own delivery a forked child counts from zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Handed in, valid or not, and what an earlier process left behind.
    pub recorded: u64,
    /// Acknowledged by the endpoint.
    pub delivered: u64,
    /// Given to a pipeline that does not say what becomes of them, such as a service's own provider.
    pub handed_over: u64,
    /// Given up, by reason.
    pub dropped: Drops,
    /// Neither yet.
    pub pending: u64,
}

/// What [`flush`](crate::Funnel::flush) and [`shutdown`](crate::Funnel::shutdown) reached before their deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FlushReport {
    /// See [`Stats::recorded`].
    pub recorded: u64,
    /// See [`Stats::delivered`].
    pub delivered: u64,
    /// See [`Stats::handed_over`].
    pub handed_over: u64,
    /// See [`Stats::dropped`].
    pub dropped: Drops,
    /// See [`Stats::pending`]; not 0 when the deadline came first.
    pub pending: u64,
}

impl FlushReport {
    /// Whether everything recorded had been delivered, handed over or dropped.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.pending == 0
    }
}

impl From<Stats> for FlushReport {
    fn from(stats: Stats) -> Self {
        let Stats { recorded, delivered, handed_over, dropped, pending } = stats;
        Self { recorded, delivered, handed_over, dropped, pending }
    }
}

/// What a sink knows of events that it took with [`Verdict::Pending`](crate::Verdict::Pending). Running totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Settled {
    /// Acknowledged by the endpoint.
    pub delivered: u64,
    /// Given to a pipeline that does not say what becomes of them.
    pub handed_over: u64,
    /// Given up, by reason.
    pub dropped: Drops,
    /// Found from an earlier process: they were recorded there and are settled here.
    pub recovered: u64,
}

/// The counters of one funnel.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    steps: [AtomicU64; STEPS_MAX],
    without_step: AtomicU64,
    delivered: AtomicU64,
    handed_over: AtomicU64,
    dropped: [AtomicU64; REASONS],
    blocked: [AtomicU64; Violation::ALL.len()],
}

impl Counters {
    #[inline]
    pub(crate) fn step(&self, position: usize) {
        match self.steps.get(position) {
            Some(step) => step.fetch_add(1, Ordering::Relaxed),
            None => self.without_step.fetch_add(1, Ordering::Relaxed),
        };
    }

    /// An event of another contract than the first, whose steps are counted elsewhere.
    #[inline]
    pub(crate) fn of_another_contract(&self) {
        self.without_step.fetch_add(1, Ordering::Relaxed);
    }

    /// An event whose step nobody knows. It is recorded, and dropped for `reason`.
    pub(crate) fn without_step(&self, reason: DropReason) {
        self.without_step.fetch_add(1, Ordering::Relaxed);
        self.dropped(reason);
    }

    // Release, so that who sees an event settled has seen it recorded.
    #[inline]
    pub(crate) fn delivered(&self) {
        self.delivered.fetch_add(1, Ordering::Release);
    }

    #[inline]
    pub(crate) fn handed_over(&self) {
        self.handed_over.fetch_add(1, Ordering::Release);
    }

    pub(crate) fn dropped(&self, reason: DropReason) {
        self.dropped[reason as usize].fetch_add(1, Ordering::Release);
    }

    pub(crate) fn blocked(&self, violation: Violation) {
        self.blocked[violation.index()].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn blocked_by(&self, violation: Violation) -> u64 {
        self.blocked[violation.index()].load(Ordering::Relaxed)
    }

    pub(crate) fn recorded_of(&self, step: usize) -> u64 {
        self.steps.get(step).map_or(0, |step| step.load(Ordering::Relaxed))
    }

    /// The settled side is read before the recorded side: an event that moves meanwhile shows as pending, never as
    /// settled and not recorded.
    pub(crate) fn stats(&self, settled: impl FnOnce() -> Settled) -> Stats {
        let delivered = self.delivered.load(Ordering::Acquire);
        let handed_over = self.handed_over.load(Ordering::Acquire);
        let mut dropped = Drops::default();
        for (reason, count) in DropReason::ALL.iter().zip(&self.dropped) {
            dropped.add(*reason, count.load(Ordering::Acquire));
        }
        let settled = settled();
        let delivered = delivered.saturating_add(settled.delivered);
        let handed_over = handed_over.saturating_add(settled.handed_over);
        for (reason, count) in settled.dropped.iter() {
            dropped.add(reason, count);
        }
        let steps: u64 = self.steps.iter().map(|step| step.load(Ordering::Relaxed)).sum();
        let own = steps + self.without_step.load(Ordering::Relaxed);
        let recorded = own.saturating_add(settled.recovered);
        let ended = delivered.saturating_add(handed_over).saturating_add(dropped.total());
        let pending = recorded.saturating_sub(ended);
        Stats { recorded, delivered, handed_over, dropped, pending }
    }

    /// Back to zero, in a forked child.
    pub(crate) fn reset(&self) {
        let all = self.steps.iter().chain(&self.dropped).chain(&self.blocked);
        for counter in all.chain([&self.without_step, &self.delivered, &self.handed_over]) {
            counter.store(0, Ordering::Relaxed);
        }
    }
}
