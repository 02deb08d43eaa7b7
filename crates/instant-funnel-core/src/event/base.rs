//! The fixed keys that every typed event has.

use std::time::SystemTime;

use crate::contract::fixed::FixedPositions;
use crate::contract::{Actor, Cohort, Contract};
use crate::draft::Draft;
use crate::id::{EmailHash, EventId, Fingerprint};
use crate::journey::Journey;
use crate::value::Given;

/// What an event says under the fixed keys. Generated events hold one and add their contract's own attributes.
///
/// A plain struct, so that building one for an inert funnel costs nothing: the compiler keeps the fields in registers
/// and lays them out as a [`Draft`] only where one is asked for.
#[derive(Clone, Copy)]
#[must_use]
pub struct EventBase<'a> {
    at: Option<SystemTime>,
    cohort: Option<Cohort>,
    event_id: Option<EventId>,
    journey: Option<Journey>,
    env: Option<&'a str>,
    fingerprint: Option<Fingerprint>,
    actor: Option<Actor>,
    email_hash: Option<EmailHash>,
    /// A pseudonym was asked for and there was none.
    no_fingerprint: bool,
    no_email_hash: bool,
}

/// A typed event of some contract: made by [`fixed_setters!`](crate::fixed_setters).
pub trait FunnelEvent<'a>: Into<Draft<'a>> + Sized {
    /// What it says under the fixed keys.
    fn base(&mut self) -> &mut EventBase<'a>;
}

/// Says nothing of the values.
impl std::fmt::Debug for EventBase<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventBase").finish_non_exhaustive()
    }
}

impl<'a> EventBase<'a> {
    /// Nothing said.
    #[inline]
    #[expect(clippy::new_without_default, reason = "an event is made to be recorded")]
    pub const fn new() -> Self {
        Self {
            at: None,
            cohort: None,
            event_id: None,
            journey: None,
            env: None,
            fingerprint: None,
            actor: None,
            email_hash: None,
            no_fingerprint: false,
            no_email_hash: false,
        }
    }

    /// The journey it belongs to; `None` leaves it as it was.
    #[inline]
    pub fn set_journey(&mut self, journey: impl Into<Option<Journey>>) {
        self.journey = journey.into().or(self.journey);
    }

    /// The id of the business fact.
    #[inline]
    pub const fn set_event_id(&mut self, id: EventId) {
        self.event_id = Some(id);
    }

    /// When it happened.
    #[inline]
    pub const fn set_time(&mut self, time: SystemTime) {
        self.at = Some(time);
    }

    /// Who acted.
    #[inline]
    pub const fn set_actor(&mut self, actor: Actor) {
        self.actor = Some(actor);
    }

    /// Whether it counts in a KPI.
    #[inline]
    pub const fn set_cohort(&mut self, cohort: Cohort) {
        self.cohort = Some(cohort);
    }

    /// The deployment.
    #[inline]
    pub const fn set_env(&mut self, env: &'a str) {
        self.env = Some(env);
    }

    /// The pseudonym of the caller's network; that there is none is noted.
    #[inline]
    pub fn set_fingerprint(&mut self, fingerprint: Option<Fingerprint>) {
        self.no_fingerprint |= fingerprint.is_none();
        self.fingerprint = fingerprint.or(self.fingerprint);
    }

    /// The pseudonym of an e-mail address; that there is none is noted.
    #[inline]
    pub fn set_email_hash(&mut self, hash: Option<EmailHash>) {
        self.no_email_hash |= hash.is_none();
        self.email_hash = hash.or(self.email_hash);
    }

    /// A draft of the step at position `step` of `contract`, whose fixed keys stand `at` these positions.
    // Inlined, most of it goes away: which fields are set is known where the event is built.
    #[must_use]
    #[inline(always)]
    pub fn draft(self, contract: &'static Contract, at: &FixedPositions, step: usize) -> Draft<'a> {
        let mut draft = Draft::new(contract, step);
        draft.at = self.at;
        let mut set = |position, value: Option<Given<'a>>| {
            if let Some(value) = value {
                draft.set(position, value);
            }
        };
        // A journey that began synthetic stays synthetic.
        let synthetic = self.journey.map(|journey| journey.cohort()).filter(|one| *one == Cohort::Synthetic);
        set(at.cohort, synthetic.or(self.cohort).map(Given::from));
        set(at.event_id, self.event_id.map(Given::from));
        if let Some(journey) = self.journey {
            draft.set(at.journey_id, journey.id());
            // It has both or neither.
            if let Some(start) = journey.start_unix_millis().and_then(|millis| i64::try_from(millis).ok()) {
                draft.set_of_journey(at.journey_start, start);
            }
            if let Some(actor) = journey.entry_actor() {
                draft.set_of_journey(at.entry_actor, actor);
            }
        }
        let mut set = |position, value: Option<Given<'a>>| {
            if let Some(value) = value {
                draft.set(position, value);
            }
        };
        set(at.actor, self.actor.map(Given::from));
        set(at.env, self.env.map(Given::from));
        set(at.fingerprint, self.fingerprint.map(Given::from));
        set(at.fingerprint_key_id, self.fingerprint.and_then(|print| print.key()).map(Given::from));
        set(at.email_hash, self.email_hash.map(Given::from));
        if self.no_fingerprint {
            draft.set_missing(at.fingerprint);
        }
        if self.no_email_hash {
            draft.set_missing(at.email_hash);
        }
        draft
    }
}
