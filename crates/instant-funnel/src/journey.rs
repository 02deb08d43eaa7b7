//! Journeys by the funnel's clock, its cohort and its key.

use std::time::SystemTime;

use instant_funnel_core::{Actor, Journey, SigningKey};

use crate::busy::{Busy, Call};
use crate::funnel::Funnel;
use crate::net::caught;

impl Funnel {
    /// Begins a journey now, by the funnel's clock. It is synthetic where a [`Prober`](Actor::Prober) begins it, and where
    /// the process's [cohort](crate::FunnelBuilder::cohort) is, so that it stays so in the next service.
    ///
    /// ```
    /// use instant_funnel::{Actor, Funnel, Landing};
    /// # let funnel = Funnel::noop();
    /// let journey = funnel.begin_journey(Actor::AgentClaude);
    /// funnel.record(Landing::new().journey(journey).actor(Actor::AgentClaude));
    /// ```
    #[must_use]
    pub fn begin_journey(&self, actor: Actor) -> Journey {
        let journey = Journey::begin_at(actor, self.now());
        self.inner().journeys.cohort.map_or(journey, |cohort| journey.with_cohort(cohort))
    }

    /// The key that [seals](SigningKey::seal) journeys: [`FunnelBuilder::signing_key`](crate::FunnelBuilder::signing_key)
    /// or `ANALYTICS_SIGNING_KEY`. None where neither was given.
    #[must_use]
    pub fn signing_key(&self) -> Option<&SigningKey> {
        self.inner().journeys.key.as_ref()
    }

    /// The time by the funnel's [clock](crate::FunnelBuilder::clock); the system's where that panics
    /// or asks for the time itself.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        let inner = self.inner();
        let told = inner.clock.as_ref().and_then(|clock| {
            let _busy = Busy::enter(inner, Call::Clock)?;
            caught(|| clock())
        });
        told.unwrap_or_else(SystemTime::now)
    }
}
