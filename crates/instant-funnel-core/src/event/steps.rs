//! One type for each step, with the setters that make sense on it.

use super::fields::EventFields;
use super::lists::{Actor, Cohort};
use crate::contract::Step;
use crate::draft::Draft;
use crate::id::{EmailHash, EventId, Fingerprint, TeamId};
use crate::journey::Journey;
use std::time::SystemTime;

macro_rules! step_event {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        #[must_use = "an event does nothing until it is recorded"]
        pub struct $name<'a>(EventFields<'a>);

        impl<'a> $name<'a> {
            /// The journey it belongs to, with its beginning where that is known: a [`Journey`], a
            /// [`JourneyId`](crate::JourneyId), or an `Option<Journey>`, of which `None` leaves it as it was. A synthetic
            /// journey makes the event synthetic.
            #[inline]
            pub fn journey(mut self, journey: impl Into<Option<Journey>>) -> Self {
                self.0.journey = journey.into().or(self.0.journey);
                self
            }

            /// The id of the business fact; a fresh one if never said.
            #[inline]
            pub fn event_id(mut self, id: EventId) -> Self {
                self.0.event_id = Some(id);
                self
            }

            /// When the step happened; now if never said.
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

            /// Whether it counts in a KPI; the process-wide default if never said.
            #[inline]
            pub fn cohort(mut self, cohort: Cohort) -> Self {
                self.0.cohort = Some(cohort);
                self
            }

            /// The deployment, a slug; the process-wide default if never said.
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
    /// # fn charged(team: TeamId, kept: Option<Journey>, charge: &str) {
    /// let event = Paid::new(team, kept) // the column of the team's row
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
    /// A payment by `team` at the end of `journey`: a [`Journey`], a [`JourneyId`](crate::JourneyId), or `None` when
    /// nobody kept it, and then the event will be in no funnel over `journeyId`.
    #[inline]
    pub fn new(team: TeamId, journey: impl Into<Option<Journey>>) -> Self {
        Self(EventFields { team: Some(team), ..EventFields::nothing(Step::Paid) }).journey(journey)
    }

    /// Whether this charge is not the team's first.
    #[inline]
    pub fn renewal(mut self, renewal: bool) -> Self {
        self.0.renewal = Some(renewal);
        self
    }
}
