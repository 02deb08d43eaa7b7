//! The handle that a service holds: fail open for the caller, fail closed for privacy, every loss counted.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use instant_funnel_core::contract::Violation;
use instant_funnel_core::{Draft, EmailHash, Fingerprint, TeamId};

use crate::advisory::Advisory;
use crate::emitter::{Inner, Parts};
use crate::health::Health;
use crate::net::caught;
use crate::notice::Fault;
use crate::stats::{FlushReport, Stats};

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
    /// method each, what fixes it, and how often. Holds no secret and no value.
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
    /// [`DropReason::Shutdown`](crate::DropReason::Shutdown). A second call only reports.
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

    /// The pseudonym of an e-mail address. `None` without a pseudonym key, and for a string that is not an address,
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

#[cfg(test)]
mod tests;
