//! The journey in a header: sealed where there is a key, else the bare id.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use instant_funnel::{CarriedFacts, Funnel, Journey, JourneyId};

use crate::expiry::later;

/// What the seal of a journey in a header is for.
const PURPOSE: &str = "header";
/// How what another service says begins.
const FACTS: &[u8] = b"c1/";

/// What a header says, once its seal has been checked.
pub(super) enum Sent {
    /// A journey, sealed; or a bare id, whose beginning is unknown.
    Journey(Journey),
    /// What another service knows of the request.
    Facts(CarriedFacts),
}

/// The first line that could be a journey.
pub(super) fn read(headers: &HeaderMap, name: &HeaderName) -> Option<HeaderValue> {
    let could_be = |value: &&HeaderValue| {
        let text = value.as_bytes();
        text.contains(&b'~') || parse_bare(value).is_some()
    };
    headers.get_all(name).iter().find(could_be).cloned()
}

/// The first line that could be what another service says.
pub(super) fn read_facts(headers: &HeaderMap, name: &HeaderName) -> Option<HeaderValue> {
    headers.get_all(name).iter().find(|value| value.as_bytes().trim_ascii().starts_with(FACTS)).cloned()
}

pub(super) fn open(value: &HeaderValue, funnel: &Funnel) -> Option<Sent> {
    if let Some(id) = parse_bare(value) {
        return Some(Sent::Journey(id.into()));
    }
    let (text, key) = (text(value)?, funnel.signing_key()?);
    if text.as_bytes().starts_with(FACTS) {
        return key.open_carried(text, funnel.now()).ok().map(Sent::Facts);
    }
    key.open_at(text, PURPOSE, funnel.now()).ok().map(Sent::Journey)
}

fn parse_bare(value: &HeaderValue) -> Option<JourneyId> {
    JourneyId::parse(text(value)?).ok()
}

/// Without the white space around it, which HTTP/2 leaves there.
fn text(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok().map(str::trim_ascii)
}

/// What a client is answered: sealed where the funnel has a key, else the bare id.
pub(crate) fn text_for(funnel: &Funnel, journey: &Journey, age: Duration) -> String {
    let expiry = later(funnel.now(), age);
    match funnel.signing_key() {
        Some(key) => key.seal(journey, PURPOSE, expiry),
        None => journey.id().to_string(),
    }
}
