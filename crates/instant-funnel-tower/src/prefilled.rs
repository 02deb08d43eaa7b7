//! Events that are prefilled from the request's context.

use std::time::SystemTime;

use instant_funnel::contract::{JourneyPart, RequestPart, Supplier};
use instant_funnel::{
    Actor, Claim, Cohort, Draft, EmailHash, EventId, Fingerprint, Funnel, Journey, Landing, Paid, Provision,
    TraceContext,
};

use crate::consent::Consent;

/// An event of a request. Its setters are the event's own, and overwrite what was filled in.
///
/// Privacy: where the visitor denied consent, a journey, a fingerprint or an e-mail hash that a setter is given is left
/// out.
#[derive(Clone, Copy)]
#[must_use = "an event does nothing until `record` is called"]
pub struct Prefilled<'c, E> {
    /// None: no layer in front, nothing is recorded.
    funnel: Option<&'c Funnel>,
    consent: Consent,
    trace: Option<TraceContext>,
    event: E,
}

impl<E> std::fmt::Debug for Prefilled<'_, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prefilled").field("consent", &self.consent).finish_non_exhaustive()
    }
}

impl<'c, E> Prefilled<'c, E> {
    pub(crate) fn new(
        funnel: Option<&'c Funnel>,
        consent: Consent,
        trace: Option<TraceContext>,
        event: E,
    ) -> Self {
        Self { funnel, consent, trace, event }
    }

    /// Records it. No error, no wait, no panic.
    pub fn record<'a>(self)
    where
        E: Into<Draft<'a>>,
    {
        if let Some(funnel) = self.funnel {
            self.record_with(funnel);
        }
    }

    /// Records it with a funnel of one's own. No error, no wait, no panic.
    pub fn record_with<'a>(self, funnel: &Funnel)
    where
        E: Into<Draft<'a>>,
    {
        match self.trace {
            None => funnel.record(self.event),
            Some(trace) => {
                let mut draft = self.event.into();
                draft.set_trace(trace);
                funnel.record(draft);
            }
        }
    }
}

/// Fills what a draft does not say yet, by who supplies each attribute of its contract.
pub(crate) fn fill(
    draft: &mut Draft<'_>,
    journey: Option<Journey>,
    cohort: Option<Cohort>,
    actor: Actor,
    fingerprint: Option<Fingerprint>,
) {
    let (contract, step) = (draft.contract(), draft.step_position());
    let mut fingerprint = fingerprint;
    for (position, attribute) in contract.attributes.iter().enumerate() {
        let is_ours = contract.may_occur(position, step) && !draft.is_set(position);
        match (attribute.supplier, journey, cohort) {
            (Supplier::Journey(JourneyPart::Id), Some(journey), _) if is_ours => draft.set_journey(&journey),
            (Supplier::Journey(JourneyPart::Cohort), _, Some(cohort)) if is_ours => {
                draft.set(position, cohort);
            }
            (Supplier::Request(RequestPart::Actor), ..) if is_ours => draft.set(position, actor),
            // The key goes with the pseudonym that it made.
            (Supplier::Request(RequestPart::Fingerprint), ..) => {
                fingerprint = fingerprint.filter(|_| is_ours);
                if let Some(print) = fingerprint {
                    draft.set(position, print);
                }
            }
            (Supplier::Request(RequestPart::FingerprintKey), ..) => {
                if let Some(key) = fingerprint.and_then(|print| print.key()) {
                    draft.set(position, key);
                }
            }
            _ => {}
        }
    }
}

/// The setters that every event has.
pub(crate) trait Event<'a>: Into<Draft<'a>> + Sized {
    fn journey(self, journey: impl Into<Option<Journey>>) -> Self;
    fn actor(self, actor: Actor) -> Self;
    fn cohort(self, cohort: Cohort) -> Self;
}

macro_rules! setters {
    ($event:ident: $($(#[$doc:meta])* $setter:ident($value:ident: $type:ty),)+) => {
        impl<'a> Prefilled<'_, $event<'a>> {
            $($(#[$doc])*
            pub fn $setter(mut self, $value: $type) -> Self {
                self.event = self.event.$setter($value);
                self
            })+
        }
    };
}

/// Setters of what joins an event to others: without consent they leave it out.
macro_rules! joining {
    ($event:ident: $($(#[$doc:meta])* $setter:ident($value:ident: $type:ty),)+) => {
        impl<'a> Prefilled<'_, $event<'a>> {
            $($(#[$doc])*
            ///
            /// Left out where the visitor denied consent.
            pub fn $setter(mut self, $value: $type) -> Self {
                if self.consent == Consent::Granted {
                    self.event = self.event.$setter($value);
                }
                self
            })+
        }
    };
}

macro_rules! event {
    ($event:ident: $($(#[$doc:meta])* $setter:ident($value:ident: $type:ty),)*) => {
        impl<'a> Event<'a> for $event<'a> {
            fn journey(self, journey: impl Into<Option<Journey>>) -> Self {
                $event::journey(self, journey)
            }

            fn actor(self, actor: Actor) -> Self {
                $event::actor(self, actor)
            }

            fn cohort(self, cohort: Cohort) -> Self {
                $event::cohort(self, cohort)
            }
        }

        joining! {
            $event:
            /// Another journey than the request's.
            journey(journey: impl Into<Option<Journey>>),
        }

        setters! {
            $event:
            /// The id of the business fact; a fresh one if never said.
            event_id(id: EventId),
            /// When it happened; now if never said.
            at(time: SystemTime),
            /// Who acted, if the caller knows better than the user agent.
            actor(actor: Actor),
            /// Whether it counts in a KPI.
            cohort(cohort: Cohort),
            /// The deployment, a slug.
            env(env: &'a str),
            /// Why, as a code: a slug.
            reason_code(code: &'a str),
            $($(#[$doc])* $setter($value: $type),)*
        }
    };
}

event! {
    Landing:
}

event! {
    Provision:
    /// The plan, a slug.
    tier(tier: &'a str),
}

event! {
    Claim:
    /// The plan, a slug.
    tier(tier: &'a str),
}

event! {
    Paid:
    /// The plan, a slug.
    tier(tier: &'a str),
    /// Whether this charge is not the team's first.
    renewal(renewal: bool),
}

joining! {
    Landing:
    /// The pseudonym of another network than the request's.
    fingerprint(fingerprint: impl Into<Option<Fingerprint>>),
}

joining! {
    Provision:
    /// The pseudonym of another network than the request's.
    fingerprint(fingerprint: impl Into<Option<Fingerprint>>),
}

joining! {
    Claim:
    /// The pseudonym of another network than the request's.
    fingerprint(fingerprint: impl Into<Option<Fingerprint>>),
    /// The pseudonym of the claimer's e-mail address; [`FunnelContext::email_hash`](crate::FunnelContext::email_hash)
    /// makes it.
    email_hash(hash: impl Into<Option<EmailHash>>),
}
