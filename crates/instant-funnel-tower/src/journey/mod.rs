//! What joins the steps: where a journey is found, when it begins, how it is carried on.

mod caching;
mod cookie;
mod header;
mod unsealed;

use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue, header::SET_COOKIE};
use instant_funnel::{Actor, CarriedFacts, Cohort, Funnel, Journey};

use self::cookie::Candidates;
pub use self::cookie::JourneyCookie;
use self::header::Sent;
pub(crate) use self::header::text_for;
use crate::caller::{Ask, Function, answer};
use crate::consent::Consent;
use crate::head::RequestHead;

static JOURNEY_FROM: Function = Function::new("journey_from");
/// As long as the cookie lives, by default.
const AGE_MAX: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// Where journeys are found and how they are carried.
#[derive(Clone)]
pub(crate) struct JourneySettings {
    pub(crate) cookie: Option<JourneyCookie>,
    pub(crate) header: Option<HeaderName>,
    pub(crate) from: Option<Ask<Option<Journey>>>,
    /// A journey that a visitor brings and that began longer ago is over.
    pub(crate) age_max: Duration,
}

impl Default for JourneySettings {
    fn default() -> Self {
        Self { cookie: None, header: None, from: None, age_max: AGE_MAX }
    }
}

impl JourneySettings {
    /// Whether a journey began too long ago. Its future start is a clock's fault, and not old.
    fn is_over(&self, now: SystemTime, journey: &Journey) -> bool {
        let age = journey.start().and_then(|start| now.duration_since(start).ok());
        age.is_some_and(|age| age > self.age_max)
    }

    fn cookies(&self, head: &RequestHead<'_>) -> Option<Candidates> {
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
    /// What a handler has put in its place.
    adopted: OnceLock<Journey>,
}

#[derive(Debug)]
enum Found {
    /// The visitor may not be followed; whether an old cookie must go.
    Denied { stale_cookie: bool },
    /// The caller's function knows it, or another service of ours said it.
    Known(Journey),
    /// A header and cookies whose signatures are checked when they are needed.
    Brought { header: Option<HeaderValue>, cookies: Option<Candidates> },
}

#[derive(Debug, Clone, Copy)]
struct Touch {
    journey: Option<Journey>,
    owes: Owes,
}

/// What the visitor is to be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owes {
    Nothing,
    /// The cookie that instances of version 1 read.
    Version1,
    Everything,
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
            Consent::Denied => Found::Denied { stale_cookie: settings.cookies(head).is_some() },
            Consent::Granted => {
                let asked =
                    settings.from.as_ref().and_then(|ask| answer(funnel, &JOURNEY_FROM, || ask(head))?);
                asked.map(Found::Known).unwrap_or_else(|| Found::Brought {
                    header: settings.header.as_ref().and_then(|name| header::read(head.headers(), name)),
                    cookies: settings.cookies(head),
                })
            }
        };
        Self { found, mints, touch: OnceLock::new(), adopted: OnceLock::new() }
    }

    /// What another service, or the request before a job, knew. Without a journey its visitor has denied.
    pub(crate) fn carried(facts: &CarriedFacts) -> Self {
        let found = facts.journey.map_or(Found::Denied { stale_cookie: false }, Found::Known);
        Self { found, mints: false, touch: OnceLock::new(), adopted: OnceLock::new() }
    }

    /// The journey, begun now by `actor` if the visitor has none yet. None without consent.
    pub(crate) fn get(
        &self,
        settings: &JourneySettings,
        funnel: &Funnel,
        actor: Actor,
        cohort: Option<Cohort>,
    ) -> Option<Journey> {
        let adopted = self.adopted.get().copied();
        adopted.or_else(|| self.touch(settings, funnel, actor, cohort).journey)
    }

    /// The journey, if somebody has asked for it already.
    pub(crate) fn seen(&self) -> Option<Journey> {
        self.adopted.get().copied().or_else(|| self.touch.get()?.journey)
    }

    /// Puts an opened token's journey in the place of the visitor's. The first of a request stays. Not without consent.
    pub(crate) fn adopt(&self, settings: &JourneySettings, funnel: &Funnel, journey: Journey) {
        if matches!(self.found, Found::Denied { .. }) {
            return;
        }
        let mine = self.seen().or_else(|| self.find(settings, funnel)?.journey);
        // It is the visitor's already; a bare id of it knows less.
        let knows_all = |mine: &Journey| mine.start().is_some() || journey.start().is_none();
        if !mine.is_some_and(|mine| mine.id() == journey.id() && knows_all(&mine)) {
            let _ = self.adopted.set(journey);
        }
    }

    fn touch(
        &self,
        settings: &JourneySettings,
        funnel: &Funnel,
        actor: Actor,
        cohort: Option<Cohort>,
    ) -> &Touch {
        self.touch.get_or_init(|| {
            let found = self.find(settings, funnel);
            found.unwrap_or_else(|| {
                let mints = self.mints && !matches!(self.found, Found::Denied { .. });
                let begin = || {
                    let journey = funnel.begin_journey(actor);
                    cohort.map_or(journey, |cohort| journey.with_cohort(cohort))
                };
                let owes = if mints { Owes::Everything } else { Owes::Nothing };
                Touch { journey: mints.then(begin), owes }
            })
        })
    }

    /// The caller's function knows best; a header is somebody's deliberate act; a cookie is the rest.
    fn find(&self, settings: &JourneySettings, funnel: &Funnel) -> Option<Touch> {
        let known = |journey| Touch { journey: Some(journey), owes: Owes::Nothing };
        let (header, cookies) = match &self.found {
            Found::Denied { .. } | Found::Brought { header: None, cookies: None } => return None,
            Found::Known(journey) => return Some(known(*journey)),
            Found::Brought { header, cookies } => (header, cookies),
        };
        let now = funnel.now();
        let is_over = |journey: &Journey| settings.is_over(now, journey);
        if let Some(Sent::Journey(journey)) = header.as_ref().and_then(|value| header::open(value, funnel))
            && !is_over(&journey)
        {
            return Some(known(journey));
        }
        let brought = settings.cookie.as_ref()?.verify(cookies.as_ref()?, now, is_over)?;
        let owes = if brought.in_both { Owes::Nothing } else { Owes::Version1 };
        Some(Touch { journey: Some(brought.journey), owes })
    }

    /// Gives the visitor what to bring next time.
    pub(crate) fn finish(&self, settings: &JourneySettings, funnel: &Funnel, headers: &mut HeaderMap) {
        if let (Found::Denied { stale_cookie: true }, Some(cookie)) = (&self.found, &settings.cookie) {
            caching::keep_private(headers);
            cookie.removal().into_iter().for_each(|line| append(headers, line));
        }
        let (touch, began) = match (self.adopted.get(), self.touch.get()) {
            (Some(journey), _) => (Touch { journey: Some(*journey), owes: Owes::Everything }, None),
            // What is owed in full began in this request: another look at the clock can be spared.
            (None, Some(touch)) => (*touch, touch.journey.and_then(|journey| journey.start())),
            (None, None) => return,
        };
        let Some(journey) = touch.journey.filter(|_| touch.owes != Owes::Nothing) else { return };
        if settings.cookie.is_some() || settings.header.is_some() {
            caching::keep_private(headers);
        }
        if let (Some(cookie), Some(_)) = (&settings.cookie, self.adopted.get()) {
            cookie.removal_of_host().into_iter().for_each(|line| append(headers, line));
        }
        match (&settings.cookie, touch.owes) {
            (Some(cookie), Owes::Version1) => append(headers, cookie.write_version_1(journey.id())),
            (Some(cookie), _) => {
                let now = began.unwrap_or_else(|| funnel.now());
                cookie.write(&journey, now, |line| append(headers, line));
            }
            (None, _) => {}
        }
        if let (Some(name), Owes::Everything) = (&settings.header, touch.owes)
            && let Ok(mut value) = HeaderValue::try_from(text_for(funnel, &journey, settings.age_max))
        {
            value.set_sensitive(true);
            let _ = headers.try_insert(name, value);
        }
    }
}

/// What another service of ours says of the request, in the journey's header.
pub(crate) fn facts(
    settings: &JourneySettings,
    funnel: &Funnel,
    head: &RequestHead<'_>,
) -> Option<CarriedFacts> {
    match header::open(&header::read_facts(head.headers(), settings.header.as_ref()?)?, funnel)? {
        Sent::Facts(facts) => Some(facts),
        Sent::Journey(_) => None,
    }
}

fn append(headers: &mut HeaderMap, cookie: String) {
    if let Ok(mut value) = HeaderValue::try_from(cookie) {
        // So that a log of the answer's headers does not show it.
        value.set_sensitive(true);
        // An answer that is full of headers already goes without.
        let _ = headers.try_append(SET_COOKIE, value);
    }
}
