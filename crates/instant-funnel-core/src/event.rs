//! The typed events: one for each step, with the setters that make sense on it.
//!
//! Setters that take text do not check it. The [`Checker`](crate::Checker) does when the event is recorded: a value
//! that breaks its rule is dropped and counted, and the event still goes.

use crate::contract::{CONTRACT, Step, at};
use crate::draft::Draft;
use crate::id::{EmailHash, EventId, Fingerprint, JourneyId, TeamId};
use crate::value::Given;
use std::time::SystemTime;

/// Which journey an event belongs to. Not knowing is a decision that can be seen in the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Journey {
    /// This one.
    Known(JourneyId),
    /// Nobody knows: the event will be in no funnel over `journeyId`.
    Unknown,
}

impl From<JourneyId> for Journey {
    fn from(id: JourneyId) -> Self {
        Self::Known(id)
    }
}

macro_rules! closed_list {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// Every value, in the contract's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The value on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }
    };
}

closed_list! {
    /// Who acted.
    Actor {
        /// Claude, acting for somebody.
        AgentClaude = "agent_claude",
        /// A client of the Model Context Protocol.
        AgentMcp = "agent_mcp",
        /// A command line: curl, wget, HTTPie.
        AgentCurl = "agent_curl",
        /// Another program acting for somebody.
        AgentOther = "agent_other",
        /// A person in a browser.
        HumanDashboard = "human_dashboard",
        /// A monitor or a synthetic check.
        Prober = "prober",
        /// Looked at and not recognised.
        Unknown = "unknown",
    }
}

closed_list! {
    /// Whether the event counts in a KPI.
    Cohort {
        /// Somebody who might pay.
        Real = "real",
        /// A probe, a test, a demonstration.
        Synthetic = "synthetic",
    }
}

/// What an event says. A plain struct, so that building one for an inert funnel costs nothing: the compiler keeps the
/// fields in registers and lays them out as a [`Draft`] only where one is asked for.
#[derive(Clone, Copy)]
struct EventFields<'a> {
    step: Step,
    at: Option<SystemTime>,
    cohort: Option<Cohort>,
    event_id: Option<EventId>,
    journey: Option<JourneyId>,
    tier: Option<&'a str>,
    env: Option<&'a str>,
    fingerprint: Option<Fingerprint>,
    team: Option<TeamId>,
    service: Option<&'a str>,
    actor: Option<Actor>,
    email_hash: Option<EmailHash>,
    /// A pseudonym was asked for and there was none.
    no_fingerprint: bool,
    no_email_hash: bool,
    renewal: Option<bool>,
    reason_code: Option<&'a str>,
}

impl EventFields<'_> {
    #[inline]
    const fn nothing(step: Step) -> Self {
        Self {
            step,
            at: None,
            cohort: None,
            event_id: None,
            journey: None,
            tier: None,
            env: None,
            fingerprint: None,
            team: None,
            service: None,
            actor: None,
            email_hash: None,
            no_fingerprint: false,
            no_email_hash: false,
            renewal: None,
            reason_code: None,
        }
    }
}

impl<'a> From<EventFields<'a>> for Draft<'a> {
    // Inlined, most of it goes away: which fields are set is known where the event is built.
    #[inline(always)]
    fn from(fields: EventFields<'a>) -> Self {
        let mut draft = Self::new(&CONTRACT, fields.step.index());
        draft.at = fields.at;
        let mut set = |position, value: Option<Given<'a>>| {
            if let Some(value) = value {
                draft.set(position, value);
            }
        };
        set(at::COHORT, fields.cohort.map(Given::from));
        set(at::EVENT_ID, fields.event_id.map(Given::from));
        set(at::JOURNEY_ID, fields.journey.map(Given::from));
        set(at::TIER, fields.tier.map(Given::from));
        set(at::ENV, fields.env.map(Given::from));
        set(at::FINGERPRINT, fields.fingerprint.map(Given::from));
        set(at::FINGERPRINT_KEY_ID, fields.fingerprint.and_then(|print| print.key()).map(Given::from));
        set(at::TEAM_ID, fields.team.map(Given::from));
        set(at::SERVICE, fields.service.map(Given::from));
        set(at::ACTOR, fields.actor.map(Given::from));
        set(at::EMAIL_HASH, fields.email_hash.map(Given::from));
        set(at::RENEWAL, fields.renewal.map(Given::from));
        set(at::REASON_CODE, fields.reason_code.map(Given::from));
        if fields.no_fingerprint {
            draft.set_missing(at::FINGERPRINT);
        }
        if fields.no_email_hash {
            draft.set_missing(at::EMAIL_HASH);
        }
        draft
    }
}

macro_rules! step_event {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        #[must_use = "an event does nothing until it is recorded"]
        pub struct $name<'a>(EventFields<'a>);

        impl<'a> $name<'a> {
            /// The journey it belongs to.
            #[inline]
            pub fn journey(mut self, journey: impl Into<Journey>) -> Self {
                if let Journey::Known(id) = journey.into() {
                    self.0.journey = Some(id);
                }
                self
            }

            /// The id of the business fact; a fresh one if never fields.
            #[inline]
            pub fn event_id(mut self, id: EventId) -> Self {
                self.0.event_id = Some(id);
                self
            }

            /// When the step happened; now if never fields.
            #[inline]
            pub fn at(mut self, time: SystemTime) -> Self {
                self.0.at = Some(time);
                self
            }

            /// Who acted.
            #[inline]
            pub fn actor(mut self, actor: Actor) -> Self {
                self.0.actor = Some(actor);
                self
            }

            /// Whether it counts in a KPI; the process-wide default if never fields.
            #[inline]
            pub fn cohort(mut self, cohort: Cohort) -> Self {
                self.0.cohort = Some(cohort);
                self
            }

            /// The deployment, a slug; the process-wide default if never fields.
            #[inline]
            pub fn env(mut self, env: &'a str) -> Self {
                self.0.env = Some(env);
                self
            }

            /// Why, as a code: a slug, best closed to a [vocabulary](crate::Vocabularies).
            #[inline]
            pub fn reason_code(mut self, code: &'a str) -> Self {
                self.0.reason_code = Some(code);
                self
            }
        }

        /// Names what was set and shows no value.
        impl std::fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(&Draft::from(*self), f)
            }
        }

        impl<'a> From<$name<'a>> for Draft<'a> {
            #[inline]
            fn from(event: $name<'a>) -> Self {
                event.0.into()
            }
        }
    };
}

macro_rules! setters {
    ($name:ident: $($setter:ident)+) => {
        impl<'a> $name<'a> {
            $(setters!(@ $setter);)+
        }
    };
    (@ tier) => {
        /// The plan, a slug: `anonymous`, `free`, `pro`, …
        #[inline]
        pub fn tier(mut self, tier: &'a str) -> Self {
            self.0.tier = Some(tier);
            self
        }
    };
    (@ fingerprint) => {
        /// The pseudonym of the caller's network, as the funnel made it; none when it has no key, which is counted.
        #[inline]
        pub fn fingerprint(mut self, fingerprint: impl Into<Option<Fingerprint>>) -> Self {
            let fingerprint = fingerprint.into();
            self.0.no_fingerprint |= fingerprint.is_none();
            self.0.fingerprint = fingerprint.or(self.0.fingerprint);
            self
        }
    };
}

step_event! {
    /// Somebody arrived.
    Landing
}
setters!(Landing: fingerprint);

impl Landing<'_> {
    /// A landing, now.
    #[inline]
    #[expect(
        clippy::new_without_default,
        reason = "an event is made to be recorded, not filled in for a field"
    )]
    pub const fn new() -> Self {
        Self(EventFields::nothing(Step::Landing))
    }
}

step_event! {
    /// Somebody got a resource.
    Provision
}
setters!(Provision: tier fingerprint);

impl<'a> Provision<'a> {
    /// A resource of the sub-service `service`, a slug: `db`, `cache`, `queue`, …
    #[inline]
    pub fn new(service: &'a str) -> Self {
        Self(EventFields { service: Some(service), ..EventFields::nothing(Step::Provision) })
    }
}

step_event! {
    /// A team claimed an anonymous resource. The link between the anonymous and the named part of the journey.
    Claim
}
setters!(Claim: tier fingerprint);

impl Claim<'_> {
    /// A claim by `team`.
    #[inline]
    pub fn new(team: TeamId) -> Self {
        Self(EventFields { team: Some(team), ..EventFields::nothing(Step::Claim) })
    }

    /// The pseudonym of the claimer's e-mail address, as the funnel made it; none when it has no key, which is
    /// counted.
    #[inline]
    pub fn email_hash(mut self, hash: impl Into<Option<EmailHash>>) -> Self {
        let hash = hash.into();
        self.0.no_email_hash |= hash.is_none();
        self.0.email_hash = hash.or(self.0.email_hash);
        self
    }
}

step_event! {
    /// A team's charge succeeded.
    ///
    /// Give it the [`EventId`] of the charge: billing systems tell the same charge more than once.
    ///
    /// ```
    /// use instant_funnel_core::{EventId, Journey, Paid, TeamId};
    /// # fn charged(team: TeamId, charge: &str) {
    /// let event = Paid::new(team, Journey::Unknown) // the team signed up before journeys were kept
    ///     .event_id(EventId::of("paid", charge))
    ///     .tier("pro")
    ///     .renewal(false);
    /// # let _ = event;
    /// # }
    /// ```
    Paid
}
setters!(Paid: tier);

impl Paid<'_> {
    /// A payment by `team` at the end of `journey`; say [`Journey::Unknown`] when nobody kept it.
    #[inline]
    pub fn new(team: TeamId, journey: impl Into<Journey>) -> Self {
        Self(EventFields { team: Some(team), ..EventFields::nothing(Step::Paid) }).journey(journey)
    }

    /// Whether this charge is not the team's first.
    #[inline]
    pub fn renewal(mut self, renewal: bool) -> Self {
        self.0.renewal = Some(renewal);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Rule;

    fn listed(position: usize) -> &'static [&'static str] {
        match CONTRACT.attributes[position].rule {
            Rule::OneOf(texts) => texts,
            _ => &[],
        }
    }

    #[test]
    fn closed_lists_are_the_contracts() {
        assert_eq!(Actor::ALL.iter().map(|actor| actor.as_str()).collect::<Vec<_>>(), listed(at::ACTOR));
        assert_eq!(Cohort::ALL.iter().map(|cohort| cohort.as_str()).collect::<Vec<_>>(), listed(at::COHORT));
    }
}
