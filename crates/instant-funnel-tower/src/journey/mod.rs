//! The id that joins the steps: where it is found, when it is minted, how it is carried on.

mod cookie;

pub use cookie::JourneyCookie;

use crate::consent::Consent;
use crate::head::{Ask, RequestHead};
use cookie::Unverified;
use http::{HeaderMap, HeaderName, HeaderValue, header::SET_COOKIE};
use instant_funnel::JourneyId;
use std::sync::OnceLock;

/// Where journeys are found and how they are carried.
#[derive(Clone, Default)]
pub(crate) struct JourneySettings {
    pub(crate) cookie: Option<JourneyCookie>,
    pub(crate) header: Option<HeaderName>,
    pub(crate) from: Option<Ask<Option<JourneyId>>>,
}

/// What a request says of its journey, and what became of it.
#[derive(Debug)]
pub(crate) struct RequestJourney {
    found: Found,
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
    /// In a cookie whose signature is checked when it is needed.
    Cookie(Unverified),
    Nothing,
}

#[derive(Debug, Clone, Copy)]
struct Touch {
    journey: Option<JourneyId>,
    minted: bool,
}

impl RequestJourney {
    /// The caller's function knows best; a header is somebody's deliberate act; a cookie is the rest.
    pub(crate) fn read(settings: &JourneySettings, consent: Consent, head: &RequestHead<'_>) -> Self {
        let cookie = || settings.cookie.as_ref().and_then(|cookie| cookie.read(head.headers()));
        let found = match consent {
            Consent::Denied => Found::Denied { stale_cookie: cookie().is_some() },
            Consent::Granted => settings
                .from
                .as_ref()
                .and_then(|ask| ask(head))
                .or_else(|| JourneyId::parse(head.header(settings.header.as_ref()?)?).ok())
                .map(Found::Known)
                .or_else(|| cookie().map(Found::Cookie))
                .unwrap_or(Found::Nothing),
        };
        Self { found, touch: OnceLock::new() }
    }

    /// The journey, minted now if the visitor has none yet. None without consent.
    pub(crate) fn id(&self, settings: &JourneySettings) -> Option<JourneyId> {
        self.touch.get_or_init(|| self.decide(settings)).journey
    }

    fn decide(&self, settings: &JourneySettings) -> Touch {
        let known = match &self.found {
            Found::Denied { .. } => return Touch { journey: None, minted: false },
            Found::Known(id) => Some(*id),
            Found::Cookie(unverified) => {
                settings.cookie.as_ref().and_then(|cookie| cookie.verify(unverified))
            }
            Found::Nothing => None,
        };
        let minted = known.is_none();
        Touch { journey: Some(known.unwrap_or_else(JourneyId::new)), minted }
    }

    /// Gives the visitor what to bring next time.
    pub(crate) fn carry(&self, settings: &JourneySettings, headers: &mut HeaderMap) {
        if let (Found::Denied { stale_cookie: true }, Some(cookie)) = (&self.found, &settings.cookie) {
            append(headers, cookie.removal());
        }
        let Some(Touch { journey: Some(id), minted: true }) = self.touch.get() else { return };
        if let Some(cookie) = &settings.cookie {
            append(headers, cookie.write(*id));
        }
        if let (Some(name), Ok(value)) = (&settings.header, HeaderValue::try_from(id.to_string())) {
            headers.insert(name, value);
        }
    }
}

fn append(headers: &mut HeaderMap, cookie: String) {
    if let Ok(value) = HeaderValue::try_from(cookie) {
        headers.append(SET_COOKIE, value);
    }
}
