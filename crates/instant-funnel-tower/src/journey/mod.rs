//! The id that joins the steps: where it is found, when it is minted, how it is carried on.

mod caching;
mod cookie;

pub use cookie::JourneyCookie;

use crate::caller::{Ask, Function, answer};
use crate::consent::Consent;
use crate::head::RequestHead;
use cookie::Candidates;
use http::{HeaderMap, HeaderName, HeaderValue, header::SET_COOKIE};
use instant_funnel::{Funnel, JourneyId};
use std::sync::OnceLock;

static JOURNEY_FROM: Function = Function::new("journey_from");

/// Where journeys are found and how they are carried.
#[derive(Clone, Default)]
pub(crate) struct JourneySettings {
    pub(crate) cookie: Option<JourneyCookie>,
    pub(crate) header: Option<HeaderName>,
    pub(crate) from: Option<Ask<Option<JourneyId>>>,
}

impl JourneySettings {
    /// The caller's function knows best; a header is somebody's deliberate act; a cookie is the rest.
    fn find(&self, funnel: &Funnel, head: &RequestHead<'_>) -> Found {
        let asked = self.from.as_ref().and_then(|ask| answer(funnel, &JOURNEY_FROM, || ask(head))?);
        let parse = |value: &HeaderValue| JourneyId::parse(value.to_str().ok()?).ok().filter(is_a_journey);
        let sent = || head.headers().get_all(self.header.as_ref()?).iter().find_map(parse);
        asked
            .filter(is_a_journey)
            .or_else(sent)
            .map(Found::Known)
            .or_else(|| self.candidates(head).map(Found::Cookies))
            .unwrap_or(Found::Nothing)
    }

    fn candidates(&self, head: &RequestHead<'_>) -> Option<Candidates> {
        self.cookie.as_ref()?.read(head.headers())
    }
}

/// What a request says of its journey, and what became of it.
#[derive(Debug)]
pub(crate) struct RequestJourney {
    found: Found,
    /// Whether a visitor is there to be given one. Not if a browser only prepares a page.
    mints: bool,
    /// Decided when a handler first asks, so that a request that takes no step mints nothing and sets no cookie.
    touch: OnceLock<Touch>,
}

#[derive(Debug)]
enum Found {
    /// The visitor may not be followed; whether an old cookie must go.
    Denied {
        stale_cookie: bool,
    },
    /// By the caller's function, or a header.
    Known(JourneyId),
    /// In cookies whose signatures are checked when they are needed.
    Cookies(Candidates),
    Nothing,
}

#[derive(Debug, Clone, Copy)]
struct Touch {
    journey: Option<JourneyId>,
    minted: bool,
}

impl RequestJourney {
    pub(crate) fn read(
        settings: &JourneySettings,
        funnel: &Funnel,
        head: &RequestHead<'_>,
        consent: Consent,
        mints: bool,
    ) -> Self {
        let found = match consent {
            Consent::Denied => Found::Denied { stale_cookie: settings.candidates(head).is_some() },
            Consent::Granted => settings.find(funnel, head),
        };
        Self { found, mints, touch: OnceLock::new() }
    }

    /// The journey, minted now if the visitor has none yet. None without consent.
    pub(crate) fn id(&self, settings: &JourneySettings) -> Option<JourneyId> {
        self.touch.get_or_init(|| self.decide(settings)).journey
    }

    fn decide(&self, settings: &JourneySettings) -> Touch {
        let known = match &self.found {
            Found::Denied { .. } => return Touch { journey: None, minted: false },
            Found::Known(id) => Some(*id),
            Found::Cookies(candidates) => {
                settings.cookie.as_ref().and_then(|cookie| cookie.verify(candidates))
            }
            Found::Nothing => None,
        };
        let minted = known.is_none() && self.mints;
        Touch { journey: known.or_else(|| minted.then(JourneyId::new)), minted }
    }

    /// Gives the visitor what to bring next time.
    pub(crate) fn carry(&self, settings: &JourneySettings, headers: &mut HeaderMap) {
        if let (Found::Denied { stale_cookie: true }, Some(cookie)) = (&self.found, &settings.cookie) {
            caching::keep_private(headers);
            append(headers, cookie.removal());
        }
        let Some(Touch { journey: Some(id), minted: true }) = self.touch.get() else { return };
        if settings.cookie.is_some() || settings.header.is_some() {
            caching::keep_private(headers);
        }
        if let Some(cookie) = &settings.cookie {
            append(headers, cookie.write(*id));
        }
        if let (Some(name), Ok(value)) = (&settings.header, HeaderValue::try_from(id.to_string())) {
            let _ = headers.try_insert(name, value);
        }
    }
}

/// Version 4 or 7 of RFC 9562. Others hold what somebody put into them: a network card's address, a hash.
fn is_a_journey(id: &JourneyId) -> bool {
    let bytes = id.as_uuid().as_bytes();
    matches!(bytes[6] >> 4, 4 | 7) && bytes[8] >> 6 == 0b10
}

fn append(headers: &mut HeaderMap, cookie: String) {
    if let Ok(mut value) = HeaderValue::try_from(cookie) {
        // So that a log of the answer's headers does not show it.
        value.set_sensitive(true);
        // An answer that is full of headers already goes without.
        let _ = headers.try_append(SET_COOKIE, value);
    }
}
