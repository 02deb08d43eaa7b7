//! A request's context, sealed for a queue or a job.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use instant_funnel::{Actor, CarriedFacts, Funnel, Journey, JourneyId, OpenError, SigningKey};

use crate::context::FunnelContext;
use crate::expiry::later;
use crate::settings::Settings;

/// How long a job may wait, by default.
const LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// What stands for a journey that there is none of.
const NONE: &str = "-";

/// What a request knows of its visitor, as text that can wait in a queue: the journey, who acts, whether it counts, the
/// network's pseudonym. A worker [resumes](Self::resume) it and records as the request would have.
///
/// It is sealed under the funnel's [signing key](instant_funnel::FunnelBuilder::signing_key). Without a key it holds the
/// journey's bare id, and what is resumed knows no more. With the feature `serde` it is a string.
///
/// Privacy: its `Debug` form shows nothing. Sealed is not encrypted: who reads the queue reads the journey's id and the
/// pseudonym.
///
/// ```
/// use instant_funnel::Funnel;
/// use instant_funnel_tower::{Carried, FunnelContext, OpenError};
///
/// fn handler(funnel: &FunnelContext) -> String {
///     funnel.carry().to_string() // a field of the message
/// }
///
/// fn worker(funnel: &Funnel, field: String) -> Result<(), OpenError> {
///     let context = Carried::from(field).resume(funnel)?;
///     context.provision("db").tier("anonymous").record();
///     Ok(())
/// }
/// # let _ = (handler, worker);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Carried(Box<str>);

impl FunnelContext {
    /// What this request knows, for a job that goes on with it within seven days. A journey begins if there was none.
    #[must_use]
    pub fn carry(&self) -> Carried {
        let now = self.funnel().map_or_else(SystemTime::now, Funnel::now);
        self.carry_until(later(now, LIFETIME))
    }

    /// [`carry`](Self::carry), for as long as the job may wait.
    #[must_use]
    pub fn carry_until(&self, expiry: SystemTime) -> Carried {
        let facts = self.facts().unwrap_or(bare(None));
        Carried(text(&facts, self.funnel().and_then(Funnel::signing_key), expiry).into())
    }
}

/// Sealed where there is a key, else the bare id.
pub(crate) fn text(facts: &CarriedFacts, key: Option<&SigningKey>, expiry: SystemTime) -> String {
    match key {
        Some(key) => key.seal_carried(facts, expiry),
        None => facts.journey.map_or_else(|| NONE.to_owned(), |journey| journey.id().to_string()),
    }
}

fn bare(id: Option<JourneyId>) -> CarriedFacts {
    let journey = id.map(Journey::from);
    CarriedFacts { journey, actor: Actor::Unknown, cohort: None, fingerprint: None }
}

impl Carried {
    /// The request's context again, for a worker: it records through `funnel` with what the request knew. A job that waited
    /// is not a visit, so no journey begins in it.
    ///
    /// # Errors
    /// [`OpenError`]: it was altered, is of another key than the funnel's, or waited too long. An unsealed one of a funnel
    /// without a key is taken, as a journey whose beginning is unknown.
    pub fn resume(&self, funnel: &Funnel) -> Result<FunnelContext, OpenError> {
        let facts = match (JourneyId::parse(&self.0), funnel.signing_key()) {
            (Ok(id), _) => bare(Some(id)),
            (Err(_), _) if *self.0 == *NONE => bare(None),
            (Err(_), Some(key)) => key.open_carried(&self.0, funnel.now())?,
            (Err(_), None) => return Err(OpenError::Signature),
        };
        Ok(FunnelContext::carried(&Arc::new(Settings::new(funnel.clone())), &facts, false, None))
    }
}

/// Any text: [`resume`](Carried::resume) says whether it is one of ours.
impl From<String> for Carried {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl std::fmt::Display for Carried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::fmt::Debug for Carried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Carried(..)")
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Carried {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Any string: [`resume`](Carried::resume) says whether it is one of ours.
#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Carried {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <String as serde::Deserialize>::deserialize(deserializer).map(Self::from)
    }
}
