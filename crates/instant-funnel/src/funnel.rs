//! The emitter: fail open for the caller, fail closed for privacy, every loss counted.

use crate::advisory::Advisory;
use crate::busy::{Busy, Call};
use crate::contracts::{OtherContract, learn};
use crate::health::{Health, HealthState};
use crate::journeys::Journeys;
use crate::net::caught;
use crate::notice::{Fault, Notices};
use crate::sink::{Sink, Verdict};
use crate::stats::{Counters, DropReason, FlushReport, Settled, Stats};
use instant_funnel_core::contract::{Contract, Violation};
use instant_funnel_core::{Checker, Draft, EmailHash, Fingerprint, Stamp, TeamId};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
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
    /// Of the first contract.
    pub(crate) checker: Checker,
    pub(crate) others: Box<[OtherContract]>,
    /// None: no backend. Steps are counted for Prometheus and nothing is recorded.
    pub(crate) sink: Option<Arc<dyn Sink>>,
    pub(crate) counters: Counters,
    pub(crate) clock: Option<Clock>,
    pub(crate) journeys: Journeys,
    notices: Notices,
    closed: AtomicBool,
    /// What the sink last said, for when it panics instead of saying more.
    settled: Mutex<Settled>,
    /// The sink starts anew in a forked child, so the counters must too.
    restarts_in_child: bool,
    forks: AtomicU64,
    renewal: Mutex<()>,
    /// Another funnel was installed in its place, so whoever lets go of it last may be in the middle of a request.
    retired: AtomicBool,
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
    pub(crate) fn new(parts: Parts, inert: bool) -> Self {
        Self { inert, inner: Arc::new(Inner::new(parts)) }
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
    ///
    /// A conversion into a draft of your own runs before the funnel does, so a panic in it is yours.
    // Always, so that the event is laid out behind the test and not before it.
    #[inline(always)]
    pub fn record<'a>(&self, event: impl Into<Draft<'a>>) {
        if self.inert {
            return;
        }
        self.inner.record(&event.into());
    }

    /// Events so far, in this process.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.inner.stats()
    }

    /// Attributes dropped so far under one rule.
    #[must_use]
    pub fn attributes_blocked(&self, violation: Violation) -> u64 {
        self.inner.counters.blocked_by(violation)
    }

    /// Panics caught so far in code that is not the funnel's: the sink, the clock, a subscriber, a field's formatting,
    /// a function that was [`guarded`](Self::guarded).
    /// [`advisories`](Self::advisories) says where.
    #[must_use]
    pub fn caught_panics(&self) -> u64 {
        self.inner.notices.panics()
    }

    /// What was wrong with the configuration, and what has been refused or has failed since: a variable, a key or a
    /// method each, what mends it, and how often. Holds no secret and no value.
    ///
    /// Each is logged too, as a warning: at once, then once a minute while it goes on (a missing pseudonym key once for
    /// each attribute that needs it). What the
    /// [`layer`](crate::layer) refuses is logged at the next call outside it.
    #[must_use]
    pub fn advisories(&self) -> Vec<Advisory> {
        self.inner.say();
        self.inner.notices.list()
    }

    /// Runs a function of the service's in the middle of a request, for middleware. `None` when it panics: the panic
    /// is counted ([`caught_panics`](Self::caught_panics)) and ends here.
    ///
    /// ```
    /// # let funnel = instant_funnel::Funnel::noop();
    /// let asn: Option<u32> = funnel.guarded(|| panic!("no database of networks"));
    /// assert_eq!((asn, funnel.caught_panics()), (None, 1));
    /// ```
    ///
    /// In a process that aborts on panic there is nothing to catch.
    pub fn guarded<T>(&self, foreign: impl FnOnce() -> T) -> Option<T> {
        let answer = caught(foreign);
        if answer.is_none() {
            self.inner.notices.fault(Fault::Guarded);
        }
        answer
    }

    /// How delivery is doing: the state and since when, the last answer, the age of the oldest event that waits, the
    /// destination. The same numbers are in the metrics `instant_analytics_delivery_…`.
    ///
    /// ```
    /// use instant_funnel::{Funnel, HealthState};
    ///
    /// let funnel = Funnel::from_vars(|name| (name == "ANALYTICS_BACKEND").then(|| "newrelic".into()));
    /// let health = funnel.health();
    /// assert_eq!(health.state, HealthState::Unconfigured); // without a licence key
    /// println!("{health}");
    /// ```
    #[must_use]
    pub fn health(&self) -> Health {
        self.inner().health()
    }

    /// Waits until everything recorded so far is settled, `timeout` at most. Works in every runtime and in none; it
    /// blocks its thread.
    pub fn flush(&self, timeout: Duration) -> FlushReport {
        self.inner.ask(Fault::Flush, |sink| sink.flush(timeout));
        self.inner.say();
        self.stats().into()
    }

    /// Flushes, then ends delivery. What is recorded afterwards is dropped and counted as
    /// [`DropReason::Shutdown`]. A second call only reports.
    pub fn shutdown(&self, timeout: Duration) -> FlushReport {
        if !self.inner.closed.swap(true, Ordering::AcqRel) {
            self.inner.ask(Fault::Shutdown, |sink| sink.shutdown(timeout));
        }
        self.inner.say();
        self.stats().into()
    }

    /// The pseudonym of a client's network: its /24 or /48 and its autonomous system number (0 when unknown). `None`
    /// without a pseudonym key; an event that is given it is then counted under [`Violation::NoPseudonymKey`].
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

    /// The pseudonym of an e-mail address. `None` without a pseudonym key, and for a text that is not an address,
    /// which is counted.
    #[must_use]
    pub fn pseudonymize_email(&self, address: &str) -> Option<EmailHash> {
        let pseudonymizer = self.inner.checker.pseudonymizer();
        let pseudonym = pseudonymizer.email(address);
        // Without a key the event that goes without it counts it.
        if pseudonym.is_none() && pseudonymizer.is_enabled() {
            self.inner.count_omitted("emailHash", Violation::Derivation);
        }
        pseudonym
    }

    /// The id of a team that another database knows by `id`: any text, such as `org_123`, `42` or a ULID, taken byte for
    /// byte. It is a keyed hash in a version 8 UUID, so the same id and key give the same team. A team that has a UUID of
    /// its own goes through [`TeamId::parse`].
    ///
    /// `None` without a pseudonym key (the compatibility mode has none) and for an empty text; both are counted.
    ///
    /// Privacy: the id itself does not leave the process. Another key gives another id: see
    /// [`team_id_before_rotation`](Self::team_id_before_rotation).
    #[must_use]
    pub fn team_id(&self, id: &str) -> Option<TeamId> {
        let team = self.inner.checker.pseudonymizer().team_id(id);
        if team.is_none() {
            let violation = if id.is_empty() { Violation::Derivation } else { Violation::NoPseudonymKey };
            self.inner.count_omitted("teamId", violation);
        }
        team
    }

    /// What [`team_id`](Self::team_id) gave before the key was rotated, to find what was stored then. `None` when no
    /// previous key is configured.
    #[must_use]
    pub fn team_id_before_rotation(&self, id: &str) -> Option<TeamId> {
        self.inner.checker.pseudonymizer().team_id_before_rotation(id)
    }
}

/// What a funnel is made of.
pub(crate) struct Parts {
    pub(crate) checker: Checker,
    /// Of the contracts beside the first.
    pub(crate) others: Vec<Checker>,
    pub(crate) sink: Option<Arc<dyn Sink>>,
    pub(crate) restarts_in_child: bool,
    pub(crate) clock: Option<Clock>,
    pub(crate) journeys: Journeys,
    pub(crate) advisories: Vec<Advisory>,
}

impl Inner {
    fn new(parts: Parts) -> Self {
        Self {
            notices: {
                let others = parts.others.iter().map(Checker::contract);
                let contracts: Vec<_> = std::iter::once(parts.checker.contract()).chain(others).collect();
                contracts.iter().for_each(|contract| learn(contract));
                Notices::new(&contracts, parts.advisories)
            },
            checker: parts.checker,
            others: parts.others.into_iter().map(OtherContract::new).collect(),
            sink: parts.sink,
            clock: parts.clock,
            journeys: parts.journeys,
            counters: Counters::default(),
            closed: AtomicBool::new(false),
            settled: Mutex::default(),
            restarts_in_child: parts.restarts_in_child,
            forks: AtomicU64::new(forks()),
            renewal: Mutex::new(()),
            retired: AtomicBool::new(false),
        }
    }

    pub(crate) fn stats(&self) -> Stats {
        self.renew();
        match &self.sink {
            Some(sink) => self.counters.stats(|| self.settled(sink.as_ref())),
            None => Stats::default(),
        }
    }

    /// What the sink says, or what it last said. The lock is tried only: a fork may have copied it locked.
    fn settled(&self, sink: &dyn Sink) -> Settled {
        let fresh = Busy::enter(self, Call::Settled).and_then(|_busy| {
            let fresh = caught(|| sink.settled());
            if fresh.is_none() {
                self.notices.fault(Fault::Settled);
            }
            fresh
        });
        match (fresh, self.settled.try_lock()) {
            (Some(fresh), Ok(mut last)) => {
                *last = fresh;
                fresh
            }
            (Some(fresh), Err(_)) => fresh,
            (None, last) => last.map(|last| *last).unwrap_or_default(),
        }
    }

    pub(crate) fn health(&self) -> Health {
        let Some(sink) = &self.sink else { return Health::new(HealthState::Off) };
        let seen = Busy::enter(self, Call::Settled).and_then(|_busy| {
            let seen = caught(|| sink.health());
            if seen.is_none() {
                self.notices.fault(Fault::Health);
            }
            seen
        });
        seen.unwrap_or_else(|| Health::new(HealthState::Unobserved))
    }

    /// Has the sink do something that may take time.
    fn ask(&self, fault: Fault, call: impl FnOnce(&dyn Sink)) {
        let Some(sink) = &self.sink else { return };
        let Some(_busy) = Busy::enter(self, Call::Flush) else { return };
        if caught(|| call(sink.as_ref())).is_none() {
            self.notices.fault(fault);
        }
    }

    pub(crate) fn record(&self, draft: &Draft<'_>) {
        self.renew();
        let contract = draft.contract();
        let (number, checker) = if self.checker.contract().is(contract) {
            self.counters.step(draft.step_position());
            (0, &self.checker)
        } else if let Some((number, other)) = self.other(contract) {
            self.counters.of_another_contract();
            other.count(draft.step_position());
            (number, &other.checker)
        } else {
            return self.refused_event(DropReason::UnknownContract);
        };
        let Some(sink) = &self.sink else { return };
        if self.closed.load(Ordering::Acquire) {
            return self.counters.dropped(DropReason::Shutdown);
        }
        let Some(busy) = Busy::enter(self, Call::Record) else {
            self.notices.fault(Fault::Reentrant);
            return self.counters.dropped(DropReason::Reentrant);
        };
        let verdict = caught(|| self.emit(draft, sink.as_ref(), number, checker));
        drop(busy);
        match verdict {
            Some(Verdict::Delivered) => self.counters.delivered(),
            Some(Verdict::HandedOver) => self.counters.handed_over(),
            Some(Verdict::Pending) => {}
            Some(Verdict::Dropped(reason)) => self.counters.dropped(reason),
            None => {
                self.notices.fault(Fault::Record);
                self.counters.dropped(DropReason::Panic);
            }
        }
        if self.notices.is_unsaid() {
            self.notices.say();
        }
    }

    /// A contract beside the first: its number and what checks it.
    pub(crate) fn other(&self, contract: &Contract) -> Option<(usize, &OtherContract)> {
        (1..).zip(&self.others).find(|(_, other)| other.checker.contract().is(contract))
    }

    #[inline]
    fn emit(&self, draft: &Draft<'_>, sink: &dyn Sink, number: usize, checker: &Checker) -> Verdict {
        let observed = match &self.clock {
            None => SystemTime::now(),
            Some(clock) => clock(),
        };
        let stamp = Stamp { observed, trace: crate::trace::active().or(draft.trace()) };
        let blocked = |position, violation| self.refused(number, Some(position), violation);
        let Ok(record) = checker.check(draft, stamp, blocked) else {
            self.notices.fault(Fault::Event);
            return Verdict::Dropped(DropReason::InvalidEvent);
        };
        sink.accept(&record)
    }

    /// A value was refused for the attribute at `position`, or a field that is no attribute of the contract. Counted
    /// here, logged when it may be.
    #[cold]
    pub(crate) fn refused(&self, contract: usize, position: Option<usize>, violation: Violation) {
        self.counters.blocked(violation);
        self.notices.refused(contract, position, violation);
    }

    /// An event that never got as far as a draft: without a known step, or lost to a panic.
    pub(crate) fn refused_event(&self, reason: DropReason) {
        self.renew();
        self.notices.fault(match reason {
            DropReason::Panic => Fault::Field,
            DropReason::Reentrant => Fault::Reentrant,
            DropReason::UnknownContract => Fault::Contract,
            _ => Fault::Event,
        });
        self.counters.without_step(reason);
    }

    /// Something went wrong that is no event and no value.
    pub(crate) fn fault(&self, fault: Fault) {
        self.notices.fault(fault);
    }

    /// A pseudonym that cannot be made, before there is an event to count it with.
    fn count_omitted(&self, key: &str, violation: Violation) {
        if self.sink.is_some() {
            self.refused(0, self.checker.contract().position(key), violation);
            self.say();
        }
    }

    /// Logs what has not been logged, if this is a place for it.
    pub(crate) fn say(&self) {
        if self.notices.is_unsaid() {
            self.notices.say();
        }
    }

    /// Counters are a process's own: a forked child starts from zero, as its delivery does.
    #[inline]
    fn renew(&self) {
        if self.forks.load(Ordering::Acquire) != forks() {
            self.begin_anew();
        }
    }

    #[cold]
    fn begin_anew(&self) {
        let _alone = self.renewal.lock().unwrap_or_else(PoisonError::into_inner);
        let now = forks();
        if self.forks.load(Ordering::Relaxed) == now {
            return;
        }
        if self.restarts_in_child {
            self.counters.reset();
            self.others.iter().for_each(OtherContract::reset);
            if let Ok(mut settled) = self.settled.try_lock() {
                *settled = Settled::default();
            }
        }
        self.forks.store(now, Ordering::Release);
    }

    /// From here on its sink is let go on a thread of its own, whoever drops the last handle.
    pub(crate) fn retire(&self) {
        crate::retire::prepare();
        self.retired.store(true, Ordering::Release);
    }
}

/// What is not ours. Each part may panic when it is dropped, and two panics at once would end the process.
struct Foreign {
    sink: Option<Arc<dyn Sink>>,
    clock: Option<Clock>,
}

impl Drop for Foreign {
    fn drop(&mut self) {
        let (sink, clock) = (self.sink.take(), self.clock.take());
        let _ = caught(|| drop(sink));
        let _ = caught(|| drop(clock));
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let foreign = Foreign { sink: self.sink.take(), clock: self.clock.take() };
        if *self.retired.get_mut() {
            crate::retire::let_go(Box::new(foreign));
        } else {
            drop(foreign);
        }
    }
}

#[cfg(feature = "otlp")]
#[inline]
fn forks() -> u64 {
    otlp_journal::forks()
}

#[cfg(not(feature = "otlp"))]
fn forks() -> u64 {
    0
}

#[cfg(test)]
mod tests;
