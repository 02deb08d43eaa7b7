//! The onboarding token: it carries the journey from the browser that asked to the browser that claims.
//!
//! `base64url(payload).base64url(signature)`. The payload holds ids only; the e-mail address stays in the database, so
//! that a token in a log or a history names nobody.

use crate::clock;
use crate::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use instant_funnel::{Cohort, JourneyId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How long a link in a mail works.
const LIFETIME_SECONDS: i64 = 48 * 60 * 60;
/// Goes under the signature before the payload, so that no other signed text is a token.
const PURPOSE: &[u8] = b"api-example/onboarding-token/1:";

/// What a token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Onboarding {
    pub(crate) id: Uuid,
    /// None when the visitor did not consent to be followed.
    pub(crate) journey: Option<JourneyId>,
    /// A probe that walks the whole way stays a probe.
    pub(crate) synthetic: bool,
    pub(crate) expires: i64,
}

impl Onboarding {
    pub(crate) fn new(journey: Option<JourneyId>, cohort: Option<Cohort>) -> Self {
        let synthetic = cohort == Some(Cohort::Synthetic);
        Self { id: Uuid::new_v4(), journey, synthetic, expires: clock::now() + LIFETIME_SECONDS }
    }

    pub(crate) fn sign(&self, secret: &Secret) -> Option<String> {
        let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).ok()?);
        let signature = URL_SAFE_NO_PAD.encode(secret.sign(&signed(&payload)));
        Some(format!("{payload}.{signature}"))
    }

    /// None for a token that was not made with this secret, or is too old.
    pub(crate) fn verify(token: &str, secret: &Secret) -> Option<Self> {
        let (payload, signature) = token.split_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        if !secret.verifies(&signed(payload), &signature) {
            return None;
        }
        let token: Self = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
        (token.expires >= clock::now()).then_some(token)
    }
}

fn signed(payload: &str) -> Vec<u8> {
    [PURPOSE, payload.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_brings_back_what_it_was_given() {
        let secret = Secret::new("s".repeat(32)).unwrap();
        let given = Onboarding::new(Some(JourneyId::new()), Some(Cohort::Synthetic));
        let taken = Onboarding::verify(&given.sign(&secret).unwrap(), &secret).unwrap();
        assert_eq!((taken.id, taken.journey, taken.synthetic), (given.id, given.journey, true));
    }

    #[test]
    fn an_altered_or_old_token_is_none() {
        let secret = Secret::new("s".repeat(32)).unwrap();
        let mut given = Onboarding::new(None, None);
        let token = given.sign(&secret).unwrap();
        assert!(Onboarding::verify(&token, &Secret::new("t".repeat(32)).unwrap()).is_none());
        assert!(Onboarding::verify(&token[1..], &secret).is_none());
        assert!(Onboarding::verify("", &secret).is_none());
        given.expires = clock::now() - 1;
        assert!(Onboarding::verify(&given.sign(&secret).unwrap(), &secret).is_none());
    }
}
