//! The emitter: fail open for the caller, fail closed for privacy, every loss counted.

use crate::advisory::Advisory;
use crate::sink::{Sink, Verdict};
use crate::stats::{Counters, DropReason, FlushReport, Stats};
use instant_funnel_core::contract::Violation;
use instant_funnel_core::{Checker, Draft, EmailHash, Fingerprint, Stamp};
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

/// Records funnel steps. Cheap to clone; all clones are one funnel.
///
/// Whatever happens behind it, [`record`](Self::record) returns no error, waits for nothing and does not panic.
///
/// Privacy: what leaves the process is what the [contract](crate::contract) allows, nothing else, whichever entrance
/// it came through.
///
/// ```
/// use instant_funnel::{Funnel, JourneyId, Provision};
///
/// let funnel = Funnel::from_env(); // inert unless ANALYTICS_BACKEND says otherwise
/// funnel.record(Provision::new("db").journey(JourneyId::new()).tier("anonymous"));
/// ```
#[derive(Clone)]
pub struct Funnel {
    /// Beside the pointer, so that an inert funnel costs one test of a byte already at hand.
    inert: bool,
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) checker: Checker,
    /// None: no backend. Steps are counted for Prometheus and nothing is recorded.
    pub(crate) sink: Option<Arc<dyn Sink>>,
    pub(crate) clock: Option<Clock>,
    pub(crate) counters: Counters,
    pub(crate) closed: AtomicBool,
    pub(crate) advisories: Vec<Advisory>,
    pub(crate) advised: AtomicBool,
}

pub(crate) type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

impl std::fmt::Debug for Funnel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Funnel")
            .field("inert", &self.inert)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

impl Funnel {
    pub(crate) fn from_inner(inner: Inner, inert: bool) -> Self {
        Self { inert, inner: Arc::new(inner) }
    }

    pub(crate) fn is_inert(&self) -> bool {
        self.inert
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }

    /// Records one step: [`Landing`](crate::Landing), [`Provision`](crate::Provision), [`Claim`](crate::Claim),
    /// [`Paid`](crate::Paid), or a [`Draft`] of them.
    ///
    /// Runs on the caller's thread. No error, no wait, no panic; a value that breaks its rule is dropped and counted,
    /// and the event still goes.
    // Always, so that the event is laid out behind the test and not before it.
    #[inline(always)]
    pub fn record<'a>(&self, event: impl Into<Draft<'a>>) {
        if self.inert {
            return;
        }
        self.inner.record(&event.into());
    }

    /// Events so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.inner.stats()
    }

    /// Attributes dropped so far under one rule.
    #[must_use]
    pub fn attributes_blocked(&self, violation: Violation) -> u64 {
        self.inner.counters.blocked_by(violation)
    }

    /// What was wrong with the configuration, and what mends it. Holds no secret.
    #[must_use]
    pub fn advisories(&self) -> &[Advisory] {
        &self.inner.advisories
    }

    /// Waits until everything recorded so far is settled, `timeout` at most. Works in every runtime and in none; it
    /// blocks its thread.
    pub fn flush(&self, timeout: Duration) -> FlushReport {
        self.inner.advise();
        if let Some(sink) = &self.inner.sink {
            // A sink that panics has settled what it has settled.
            let _ = catch_unwind(AssertUnwindSafe(|| sink.flush(timeout)));
        }
        self.stats().into()
    }

    /// Flushes, then ends delivery. What is recorded afterwards is dropped and counted as
    /// [`DropReason::Shutdown`]. A second call only reports.
    pub fn shutdown(&self, timeout: Duration) -> FlushReport {
        self.inner.advise();
        if !self.inner.closed.swap(true, Ordering::AcqRel)
            && let Some(sink) = &self.inner.sink
        {
            let _ = catch_unwind(AssertUnwindSafe(|| sink.shutdown(timeout)));
        }
        self.stats().into()
    }

    /// The pseudonym of a client's network: its /24 or /48 and its autonomous system number (0 when unknown). `None`
    /// without a pseudonym key.
    ///
    /// Privacy: the host part of the address is never used, and the result is pseudonymous, not anonymous.
    #[must_use]
    pub fn pseudonymize_network(&self, address: IpAddr, asn: u32) -> Option<Fingerprint> {
        self.inner.checker.pseudonymizer().network(address, asn)
    }

    /// What [`pseudonymize_network`](Self::pseudonymize_network) gave before the key was rotated, to find what was
    /// stored then. `None` when no previous key is configured.
    #[must_use]
    pub fn pseudonymize_network_before_rotation(&self, address: IpAddr, asn: u32) -> Option<Fingerprint> {
        self.inner.checker.pseudonymizer().network_before_rotation(address, asn)
    }

    /// The pseudonym of an e-mail address. `None` without a pseudonym key, and for a text that is no address.
    #[must_use]
    pub fn pseudonymize_email(&self, address: &str) -> Option<EmailHash> {
        self.inner.checker.pseudonymizer().email(address)
    }
}

impl Inner {
    pub(crate) fn stats(&self) -> Stats {
        match &self.sink {
            Some(sink) => self.counters.stats(|| sink.settled()),
            None => Stats::default(),
        }
    }

    pub(crate) fn record(&self, draft: &Draft<'_>) {
        self.counters.step(draft.step_position());
        let Some(sink) = &self.sink else { return };
        if self.closed.load(Ordering::Acquire) {
            return self.counters.dropped(DropReason::Shutdown);
        }
        if !self.advised.load(Ordering::Relaxed) {
            self.advise();
        }
        let verdict = catch_unwind(AssertUnwindSafe(|| self.emit(draft, sink.as_ref())));
        match verdict.unwrap_or(Verdict::Dropped(DropReason::Panic)) {
            Verdict::Delivered => self.counters.delivered(),
            Verdict::Pending => {}
            Verdict::Dropped(reason) => self.counters.dropped(reason),
        }
    }

    #[inline]
    fn emit(&self, draft: &Draft<'_>, sink: &dyn Sink) -> Verdict {
        let observed = match &self.clock {
            None => SystemTime::now(),
            Some(clock) => clock(),
        };
        let stamp = Stamp { observed, trace: crate::trace::active() };
        match self.checker.check(draft, stamp, |violation| self.counters.blocked(violation)) {
            Ok(record) => sink.accept(&record),
            Err(_) => Verdict::Dropped(DropReason::InvalidEvent),
        }
    }

    /// Logs the advisories once, as soon as somebody listens.
    pub(crate) fn advise(&self) {
        if !tracing::dispatcher::has_been_set() || self.advised.swap(true, Ordering::Relaxed) {
            return;
        }
        for advisory in &self.advisories {
            tracing::warn!(target: "instant_funnel::config", "{advisory}");
        }
    }
}
