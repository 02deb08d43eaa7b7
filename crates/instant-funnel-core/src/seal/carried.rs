//! What a request knows, for a job that goes on with it.

use std::time::SystemTime;

use super::{OpenError, SigningKey, TEXT_USUAL};
use crate::contract::{Actor, Cohort};
use crate::id::{Fingerprint, KeyId};
use crate::journey::Journey;

/// The purpose of a sealed one.
const PURPOSE: &str = "carried";
const VERSION: &str = "c1";
const NONE: &str = "-";

/// What a request knows and a job may record: sealed, it can wait in a queue.
///
/// A fingerprint is among it. Text that anybody could write would be hexadecimal digits that anybody brings, so there is
/// no other way back from text than [`SigningKey::open_carried`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CarriedFacts {
    /// The journey.
    pub journey: Option<Journey>,
    /// Who acted.
    pub actor: Actor,
    /// Whether what is recorded counts. `None` leaves it to the process.
    pub cohort: Option<Cohort>,
    /// The pseudonym of the network.
    pub fingerprint: Option<Fingerprint>,
}

impl SigningKey {
    /// The facts as text under the key, until `expiry`.
    #[must_use]
    pub fn seal_carried(&self, facts: &CarriedFacts, expiry: SystemTime) -> String {
        let mut text = String::with_capacity(TEXT_USUAL);
        self.seal_text(&mut text, |out| facts.push_to(out), PURPOSE, expiry);
        text
    }

    /// The facts that were [sealed](Self::seal_carried), if they have not expired.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_carried(&self, sealed: &str, now: SystemTime) -> Result<CarriedFacts, OpenError> {
        CarriedFacts::read(self.open_text(sealed, Some(PURPOSE), now)?).ok_or(OpenError::Malformed)
    }
}

impl CarriedFacts {
    fn push_to(&self, out: &mut String) {
        out.push_str(VERSION);
        out.push('/');
        match &self.journey {
            Some(journey) => journey.push_to(out),
            None => out.push_str(NONE),
        }
        let key = self.fingerprint.and_then(|print| print.key());
        let rest = [
            Some(self.actor.as_str().to_owned()),
            self.cohort.map(|cohort| cohort.as_str().to_owned()),
            self.fingerprint.map(|print| print.to_string()),
            key.map(|key| key.to_string()),
        ];
        for part in &rest {
            out.extend(["/", part.as_deref().unwrap_or(NONE)]);
        }
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        if parts.next()? != VERSION {
            return None;
        }
        let (journey, actor, cohort) = (parts.next()?, parts.next()?, parts.next()?);
        let (bucket, key) = (parts.next()?, parts.next()?);
        let listed = |text: &str| Cohort::ALL.iter().find(|one| one.as_str() == text).copied();
        let fingerprint = match unless_none(bucket) {
            Some(bucket) => {
                let key_id = unless_none(key).map(|text| bytes(text).ok_or(())).transpose().ok()?.map(KeyId);
                Some(Fingerprint { bucket: bytes(bucket)?, key_id })
            }
            None => None,
        };
        Some(Self {
            journey: unless_none(journey).map(str::parse).transpose().ok()?,
            actor: *Actor::ALL.iter().find(|one| one.as_str() == actor)?,
            cohort: unless_none(cohort).map(|text| listed(text).ok_or(())).transpose().ok()?,
            fingerprint,
        })
    }
}

fn unless_none(text: &str) -> Option<&str> {
    Some(text).filter(|text| *text != NONE)
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    const_hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{PseudonymKey, Pseudonymizer};

    #[test]
    fn what_was_carried_is_read_back() {
        let key = SigningKey::new([7; 32]).unwrap();
        let later = SystemTime::now() + Duration::from_secs(60);
        let network = std::net::IpAddr::from([192, 0, 2, 7]);
        let keyed = Pseudonymizer::keyed(PseudonymKey::new(&[7; 32]).unwrap(), None).network(network, 1);
        let legacy = Pseudonymizer::legacy_sha256().network(network, 1);
        for fingerprint in [None, keyed, legacy] {
            for journey in [None, Some(Journey::begin(Actor::AgentMcp))] {
                for cohort in [None, Some(Cohort::Synthetic)] {
                    let facts = CarriedFacts { journey, actor: Actor::AgentMcp, cohort, fingerprint };
                    let sealed = key.seal_carried(&facts, later);
                    assert_eq!(key.open_carried(&sealed, SystemTime::now()), Ok(facts), "{sealed}");
                }
            }
        }
    }

    #[test]
    fn a_sealed_journey_is_nothing_carried_and_the_other_way_round() {
        let key = SigningKey::new([7; 32]).unwrap();
        let later = SystemTime::now() + Duration::from_secs(60);
        let journey = Journey::begin(Actor::AgentMcp);
        let facts =
            CarriedFacts { journey: Some(journey), actor: Actor::Unknown, cohort: None, fingerprint: None };
        let now = SystemTime::now();
        assert_eq!(key.open(&key.seal_carried(&facts, later), PURPOSE), Err(OpenError::Malformed));
        assert_eq!(key.open_carried(&key.seal(&journey, PURPOSE, later), now), Err(OpenError::Malformed));
        assert_eq!(key.open_carried(&key.seal(&journey, "x", later), now), Err(OpenError::Purpose));
        let gone = key.seal_carried(&facts, now);
        assert_eq!(key.open_carried(&gone, now), Err(OpenError::Expired));
    }
}
