//! The onboarding token: it carries the journey from the browser that asked to the browser that claims.
//!
//! `<onboarding id>`, and behind a dot the sealed journey where there is one. Only who reads the mail has the id. The
//! e-mail address stays in the database, so that a token in a log or a history names nobody.

use instant_funnel::{Journey, SigningKey};
use uuid::Uuid;

use crate::clock;

/// How long a link in a mail works.
pub(crate) const LIFETIME_SECONDS: i64 = 48 * 60 * 60;

/// What a token says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Onboarding {
    pub(crate) id: Uuid,
    /// None when the visitor did not consent to be followed.
    pub(crate) journey: Option<Journey>,
}

impl Onboarding {
    pub(crate) fn new(journey: Option<Journey>) -> Self {
        Self { id: Uuid::new_v4(), journey }
    }

    pub(crate) fn token(&self, key: &SigningKey) -> String {
        let expiry = clock::time(clock::now() + LIFETIME_SECONDS);
        let sealed = self.journey.map(|journey| key.seal(&journey, &purpose(self.id), expiry));
        sealed.map_or_else(|| self.id.to_string(), |sealed| format!("{}.{sealed}", self.id))
    }

    /// None for a token whose journey was not sealed with this key and for this onboarding, or is too old.
    pub(crate) fn open(token: &str, key: &SigningKey) -> Option<Self> {
        let (id, sealed) = token.split_once('.').map_or((token, None), |(id, sealed)| (id, Some(sealed)));
        let id = id.parse().ok()?;
        let journey = sealed.map(|sealed| key.open(sealed, &purpose(id))).transpose().ok()?;
        Some(Self { id, journey })
    }
}

/// The seal is for one onboarding, so that the journey of one mail cannot be put into another.
fn purpose(id: Uuid) -> String {
    format!("onboarding-{id}")
}

#[cfg(test)]
mod tests {
    use instant_funnel::Actor;

    use super::*;

    fn key(byte: u8) -> SigningKey {
        SigningKey::new([byte; 32]).unwrap()
    }

    #[test]
    fn a_token_brings_back_what_it_was_given() {
        for journey in [None, Some(Journey::begin(Actor::Prober))] {
            let given = Onboarding::new(journey);
            let taken = Onboarding::open(&given.token(&key(1)), &key(1)).unwrap();
            assert_eq!((taken.id, taken.journey), (given.id, journey));
        }
    }

    #[test]
    fn an_altered_token_is_none() {
        let given = Onboarding::new(Some(Journey::begin(Actor::Unknown)));
        let token = given.token(&key(1));
        assert!(Onboarding::open(&token, &key(2)).is_none());
        assert!(Onboarding::open(&token[1..], &key(1)).is_none());
        let (_, sealed) = token.split_once('.').unwrap();
        assert!(Onboarding::open(&format!("{}.{sealed}", Uuid::new_v4()), &key(1)).is_none());
        assert!(Onboarding::open("", &key(1)).is_none());
    }
}
