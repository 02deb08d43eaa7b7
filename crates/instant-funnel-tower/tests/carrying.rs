//! A journey goes from a browser to a mail, another service and a queue, and its beginning goes with it.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod support;

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, Uri};
use instant_funnel::{Actor, Cohort, Funnel, Journey, JourneyId, SigningKey, TeamId};
use instant_funnel_tower::{
    Carried, Consent, FunnelContext, FunnelLayer, JourneyHosts, OpenError, SettingError,
};
use tower::{ServiceExt, service_fn};
use tower_layer::Layer;

use self::support::{Harness, cookie, harness, harness_with, key, pair};

const HEADER: HeaderName = HeaderName::from_static("x-journey-id");
const CLAUDE: &str = "Claude-User/1.0";
const MONITOR: &str = "Pingdom.com_bot_version_1.4";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn sealing() -> Harness {
    harness_with(|builder| builder.signing_key(key()))
}

fn team() -> TeamId {
    TeamId::parse(support::TEAM).unwrap()
}

fn request(path: &str, headers: &[(&str, &str)]) -> Request<()> {
    let request = Request::get(path);
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(()).unwrap()
}

/// What a handler makes of the request, and the answer.
async fn with<T>(
    layer: &FunnelLayer,
    request: Request<()>,
    handle: impl Fn(&FunnelContext) -> T,
) -> (Response<()>, T) {
    let made = Mutex::new(None);
    let service = layer.layer(service_fn(async |request: Request<()>| {
        *made.lock().unwrap() = Some(handle(&FunnelContext::of(request.extensions())));
        Ok::<_, Infallible>(Response::new(()))
    }));
    let response = service.oneshot(request).await.unwrap();
    (response, made.into_inner().unwrap().unwrap())
}

async fn journey(layer: &FunnelLayer, headers: &[(&str, &str)]) -> (Response<()>, Journey) {
    let (response, journey) = with(layer, request("/", headers), FunnelContext::journey).await;
    (response, journey.unwrap())
}

#[tokio::test]
async fn a_cookie_brings_back_the_beginning() {
    let harness = harness();
    let layer = harness.layer().journey_cookie(cookie());
    let (first, begun) = journey(&layer, &[("user-agent", CLAUDE)]).await;
    assert_eq!(begun.entry_actor(), Some(Actor::AgentClaude));
    let brought = pair(&first).unwrap();
    let (second, again) =
        journey(&layer, &[("cookie", &brought), ("user-agent", "Mozilla/5.0 Firefox/140.0")]).await;
    assert_eq!(again, begun);
    assert!(second.headers().is_empty());
}

/// What version 1 did: one cookie, the id alone.
struct Version1(SigningKey);

impl Version1 {
    const PURPOSE: &[u8] = b"instant-funnel/journey-cookie/1";

    fn set(&self, id: JourneyId) -> String {
        use base64::Engine;
        let signature = self.0.sign(Self::PURPOSE, id.as_uuid().as_bytes());
        format!("journey={id}.{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(signature))
    }

    fn read(&self, line: &str) -> Option<JourneyId> {
        let value = line.split("; ").find_map(|pair| pair.strip_prefix("journey="))?;
        let id = JourneyId::parse(value.get(..36)?).ok()?;
        (line.split("; ").any(|pair| pair == self.set(id))).then_some(id)
    }
}

#[tokio::test]
async fn a_rolling_deploy_loses_no_journey_either_way() {
    let version_1 = Version1(SigningKey::new([1; 32]).unwrap());
    let harness = harness();
    let layer = harness.layer().journey_cookie(cookie());

    // Begun by version 1: the id stays, the beginning is unknown, and nothing is set anew.
    let id = JourneyId::new();
    let (answer, brought) = journey(&layer, &[("cookie", &version_1.set(id))]).await;
    assert_eq!(brought, Journey::from(id));
    assert!(answer.headers().is_empty());

    // Begun here: version 1 finds the id among both cookies.
    let (answer, begun) = journey(&layer, &[]).await;
    let both = pair(&answer).unwrap();
    assert_eq!(version_1.read(&both), Some(begun.id()));

    // A cookie of version 1 that was lost, or is another journey's, is set again.
    let sealed = both.split("; ").find(|pair| pair.starts_with("journey-2=")).unwrap();
    for line in [sealed.to_owned(), format!("{}; {sealed}", version_1.set(JourneyId::new()))] {
        let (answer, again) = journey(&layer, &[("cookie", &line)]).await;
        assert_eq!(again, begun);
        assert_eq!(version_1.read(&pair(&answer).unwrap()), Some(begun.id()));
    }

    // Without version 1 there is one cookie, and those of version 1 are read.
    let layer = harness.layer().journey_cookie(cookie().without_version_1());
    let (answer, begun) = journey(&layer, &[]).await;
    let alone = pair(&answer).unwrap();
    assert!(version_1.read(&alone).is_none() && !alone.contains("; "), "{alone}");
    assert_eq!(journey(&layer, &[("cookie", &alone)]).await.1, begun);
    assert_eq!(journey(&layer, &[("cookie", &version_1.set(id))]).await.1, id.into());
}

#[tokio::test]
async fn a_journey_that_began_too_long_ago_is_over() {
    let seconds = Arc::new(AtomicU64::new(1_764_000_000));
    let clock = Arc::clone(&seconds);
    let now = move || UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::SeqCst));
    let harness = harness_with(|builder| builder.clock(now).signing_key(key()));
    let layer = harness.layer().journey_cookie(cookie()).journey_header(HEADER).journey_age_max(30 * DAY);
    let (first, begun) = journey(&layer, &[]).await;
    let (cookies, header) = (pair(&first).unwrap(), first.headers()["x-journey-id"].to_str().unwrap());
    seconds.fetch_add(30 * DAY.as_secs(), Ordering::SeqCst);
    assert_eq!(journey(&layer, &[("cookie", &cookies)]).await.1, begun);
    seconds.fetch_add(1, Ordering::SeqCst);
    for brought in [("cookie", &*cookies), ("x-journey-id", header)] {
        let (answer, next) = journey(&layer, &[brought]).await;
        assert_ne!(next.id(), begun.id());
        assert!(pair(&answer).unwrap().contains(&next.id().to_string()));
    }
    // Of an id alone nobody knows the age.
    let bare = begun.id().to_string();
    assert_eq!(journey(&layer, &[("x-journey-id", &bare)]).await.1, begun.id().into());
}

#[tokio::test]
async fn the_header_carries_the_sealed_journey_and_takes_it_back() {
    let harness = sealing();
    let layer = harness.layer().journey_header(HEADER);
    let (first, begun) = journey(&layer, &[("user-agent", MONITOR)]).await;
    assert_eq!((begun.entry_actor(), begun.cohort()), (Some(Actor::Prober), Cohort::Synthetic));
    assert!(first.headers()["x-journey-id"].is_sensitive());
    let sealed = first.headers()["x-journey-id"].to_str().unwrap();
    let (second, again) = journey(&layer, &[("x-journey-id", sealed), ("user-agent", "curl/8.5.0")]).await;
    assert_eq!(again, begun);
    assert!(second.headers().is_empty());
    let altered = sealed.replace("synthetic", "real");
    let cookie = key().seal(&begun, "cookie", SystemTime::now() + DAY);
    for forged in [&*altered, &cookie, &begun.to_string(), "", "~~~"] {
        let (answer, other) = journey(&layer, &[("x-journey-id", forged)]).await;
        assert_ne!(other.id(), begun.id(), "{forged}");
        assert!(answer.headers().contains_key("x-journey-id"));
    }
    let (_, bare) = journey(&layer, &[("x-journey-id", &begun.id().to_string())]).await;
    assert_eq!(bare, begun.id().into());
}

#[tokio::test]
async fn a_journey_that_a_monitor_began_is_in_no_figure_wherever_it_goes() {
    let harness = sealing();
    let layer = harness.layer().journey_cookie(cookie());
    let (first, begun) = journey(&layer, &[("user-agent", MONITOR)]).await;
    let headers = [("cookie", &*pair(&first).unwrap()), ("user-agent", "Mozilla/5.0 Firefox/140.0")];
    let column = begun.to_string();
    let (_, cohort) = with(&layer, request("/", &headers), |funnel| {
        funnel.provision("db").cohort(Cohort::Real).record();
        funnel.paid(team(), column.parse::<Journey>().ok()).record();
        funnel.cohort()
    })
    .await;
    assert_eq!(cohort, Some(Cohort::Synthetic));
    for event in harness.recorder.take() {
        event.assert_attribute("cohort", "synthetic").assert_attribute("journeyId", begun.id().to_string());
    }
}

#[tokio::test]
async fn an_opened_tokens_journey_takes_the_place_of_the_cookies() {
    let harness = sealing();
    let layer = harness.layer().journey_cookie(cookie());
    let (first, mine) = journey(&layer, &[]).await;
    let cookies = pair(&first).unwrap();
    let theirs = Journey::begin(Actor::AgentClaude);
    let token = key().seal(&theirs, "onboarding", SystemTime::now() + DAY);
    let (answer, _) = with(&layer, request("/claim", &[("cookie", &cookies)]), |funnel| {
        funnel.landing().record();
        funnel.adopt(key().open(&token, "onboarding").unwrap());
        funnel.adopt(Journey::begin(Actor::Unknown)); // a second one changes nothing
        funnel.claim(team()).record();
        assert_eq!(funnel.journey(), Some(theirs));
    })
    .await;
    let events = harness.recorder.take();
    events[0].assert_attribute("journeyId", mine.id().to_string());
    events[1].assert_attribute("journeyId", theirs.id().to_string());
    assert_eq!(answer.headers()["cache-control"], "private");
    let (_, next) = journey(&layer, &[("cookie", &pair(&answer).unwrap())]).await;
    assert_eq!(next, theirs, "with the token's beginning");
}

#[tokio::test]
async fn a_token_of_the_same_journey_changes_nothing_and_one_without_consent_is_not_taken() {
    let harness = harness();
    let layer = harness.layer().journey_cookie(cookie());
    let (first, mine) = journey(&layer, &[]).await;
    let headers = [("cookie", &*pair(&first).unwrap())];
    for token in [mine, Journey::from(mine.id())] {
        let (answer, after) = with(&layer, request("/claim", &headers), |funnel| {
            funnel.adopt(token);
            funnel.journey()
        })
        .await;
        assert_eq!(after, Some(mine), "the bare id knows less");
        assert!(answer.headers().is_empty());
    }
    let denied = layer.consent(|_| Consent::Denied);
    let (answer, after) = with(&denied, request("/claim", &[]), |funnel| {
        funnel.adopt(Journey::begin(Actor::Unknown));
        funnel.journey()
    })
    .await;
    assert!(after.is_none() && answer.headers().is_empty());
}

fn hosts() -> JourneyHosts {
    JourneyHosts::new(HEADER, ["billing.internal", "*.svc.internal", "exact.internal:8443"]).unwrap()
}

fn told(context: &FunnelContext, uri: &str) -> Option<HeaderValue> {
    let mut headers = HeaderMap::new();
    hosts().insert(context, &uri.parse::<Uri>().unwrap(), &mut headers);
    headers.remove(HEADER)
}

#[tokio::test]
async fn another_service_has_the_first_ones_journey_actor_cohort_and_fingerprint() {
    let (a, b) = (sealing(), sealing());
    let layer = a.layer().journey_cookie(cookie());
    for (user_agent, actor, cohort) in [(CLAUDE, "agent_claude", "real"), (MONITOR, "prober", "synthetic")] {
        let mut from = request("/", &[("user-agent", user_agent)]);
        from.extensions_mut().insert(std::net::SocketAddr::from(([192, 0, 2, 7], 1)));
        let (_, (begun, fingerprint, sent)) = with(&layer, from, |funnel| {
            let sent = told(funnel, "https://billing.internal/v1").unwrap();
            (funnel.journey().unwrap(), funnel.fingerprint().unwrap(), sent)
        })
        .await;
        let headers = [("x-journey-id", sent.to_str().unwrap()), ("user-agent", "reqwest/0.13")];
        let strict = b.layer().journey_header(HEADER).consent(|_| Consent::Denied);
        let (answer, theirs) = with(&strict, request("/", &headers), |funnel| {
            funnel.provision("db").record();
            funnel.journey()
        })
        .await;
        assert_eq!(theirs, Some(begun));
        assert!(answer.headers().is_empty());
        b.recorder.take()[0]
            .assert_attribute("journeyId", begun.id().to_string())
            .assert_attribute("actor", actor)
            .assert_attribute("cohort", cohort)
            .assert_attribute("fingerprint", fingerprint.to_string());
        // A header that somebody altered says nothing: the request is one like any other.
        let altered = headers[0].1.replacen("c1/", "c1/x", 1);
        let (_, events) =
            b.send(&b.layer().journey_header(HEADER), "/provision", &[("x-journey-id", &altered)], "").await;
        assert_ne!(events[0].text("journeyId"), Some(&*begun.id().to_string()));
        events[0].assert_attribute("actor", "unknown").assert_absent("fingerprint");
    }
}

#[tokio::test]
async fn only_named_hosts_are_told() {
    let harness = sealing();
    let (_, heard) = with(&harness.layer(), request("/", &[]), |funnel| {
        let told = |uri: &&str| told(funnel, uri).is_some();
        let yes = [
            "https://billing.internal/",
            "http://BILLING.internal:99/x",
            "https://a.svc.internal",
            "https://a.b.svc.internal",
            "https://exact.internal:8443",
        ];
        let no = [
            "https://billing.internal.example.com/",
            "https://billing.internal@evil.example/",
            "https://xbilling.internal/",
            "https://svc.internal/",
            "https://.svc.internal/",
            "https://evilsvc.internal/",
            "https://exact.internal/",
            "https://exact.internal:8444",
            "https://api.stripe.com/",
            "/billing.internal",
        ];
        (yes.iter().filter(|uri| !told(uri)).count(), no.iter().filter(|uri| told(uri)).count())
    })
    .await;
    assert_eq!(heard, (0, 0));
    for (at, bad) in ["", "*.", "a b", "https://a", "a/b", "*", "a:", "a:x", "a:-1", "a:99999", "[::1]:"]
        .into_iter()
        .enumerate()
    {
        let list = std::iter::repeat_n("good.internal", at).chain([bad]);
        assert_eq!(JourneyHosts::new(HEADER, list).unwrap_err(), SettingError::Host(at + 1), "{bad}");
    }
}

#[tokio::test]
async fn the_client_layer_takes_the_context_from_the_requests_extensions() {
    let harness = sealing();
    let client = hosts().layer(service_fn(async |request: Request<()>| {
        Ok::<_, Infallible>(request.headers().get(HEADER).cloned())
    }));
    let (_, context) = with(&harness.layer(), request("/", &[]), FunnelContext::clone).await;
    let mut outgoing = request("https://billing.internal/v1", &[("x-journey-id", "old")]);
    assert_eq!(client.clone().oneshot(request("https://billing.internal/", &[])).await, Ok(None));
    outgoing.extensions_mut().insert(context.clone());
    let sent = client.clone().oneshot(outgoing).await.unwrap().unwrap();
    assert!(
        sent.is_sensitive() && sent.to_str().unwrap().contains(&context.journey().unwrap().id().to_string())
    );
    let mut elsewhere = request("https://example.com/", &[]);
    elsewhere.extensions_mut().insert(context);
    assert_eq!(client.oneshot(elsewhere).await, Ok(None));
}

#[tokio::test]
async fn who_denied_at_the_first_service_has_denied_at_the_next() {
    let (a, b) = (sealing(), sealing());
    let denied = a.layer().consent(|_| Consent::Denied);
    let (_, sent) = with(&denied, request("/", &[]), |funnel| told(funnel, "https://billing.internal")).await;
    let sent = sent.unwrap();
    let layer = b.layer().journey_header(HEADER).journey_cookie(cookie());
    let headers = [("x-journey-id", sent.to_str().unwrap())];
    let (answer, events) = b.send(&layer, "/provision", &headers, "192.0.2.7:1").await;
    events[0].assert_absent("journeyId").assert_absent("fingerprint");
    assert!(answer.headers().is_empty());
    let unsealed = harness().layer().consent(|_| Consent::Denied);
    let (_, sent) =
        with(&unsealed, request("/", &[]), |funnel| told(funnel, "https://billing.internal")).await;
    assert!(sent.is_none(), "nothing is sent without a seal");
}

#[tokio::test]
async fn a_job_records_as_the_request_would_have() {
    let harness = sealing();
    let mut from = request("/", &[("user-agent", CLAUDE)]);
    from.extensions_mut().insert(std::net::SocketAddr::from(([192, 0, 2, 7], 1)));
    let (_, carried) = with(&harness.layer(), from, |funnel| {
        funnel.provision("db").record();
        funnel.carry()
    })
    .await;
    assert_eq!(format!("{carried:?}"), "Carried(..)");
    let message = serde_json::to_string(&carried).unwrap();
    let received: Carried = serde_json::from_str(&message).unwrap();
    let worker = received.resume(&harness.funnel).unwrap();
    worker.provision("db").record();
    let events = harness.recorder.take();
    for key in ["journeyId", "actor", "cohort", "fingerprint", "fingerprintKeyId"] {
        assert_eq!(events[0].attributes.get(key), events[1].attributes.get(key), "{key}");
        assert!(events[0].attributes.contains_key(key), "{key}");
    }
}

#[tokio::test]
async fn a_job_that_was_altered_forged_or_waited_too_long_is_none() {
    let harness = sealing();
    let (_, carried) = with(&harness.layer(), request("/", &[]), |funnel| {
        (funnel.carry(), funnel.carry_until(SystemTime::now() - DAY))
    })
    .await;
    let text = carried.0.to_string();
    for at in 0..text.len() {
        let mut altered = text.clone().into_bytes();
        altered[at] ^= 1;
        let altered = Carried::from(String::from_utf8(altered).unwrap());
        assert!(altered.resume(&harness.funnel).is_err(), "{altered}");
    }
    assert_eq!(carried.1.resume(&harness.funnel).unwrap_err(), OpenError::Expired);
    let other = harness_with(|builder| builder.signing_key(SigningKey::new([8; 32]).unwrap()));
    assert_eq!(carried.0.resume(&other.funnel).unwrap_err(), OpenError::Signature);
    assert_eq!(carried.0.resume(&Funnel::noop()).unwrap_err(), OpenError::Signature);
}

#[tokio::test]
async fn without_a_key_a_job_has_the_bare_id_and_without_consent_nothing() {
    let harness = harness();
    let (_, (carried, begun)) =
        with(&harness.layer(), request("/", &[]), |funnel| (funnel.carry(), funnel.journey().unwrap())).await;
    assert_eq!(carried.to_string(), begun.id().to_string());
    assert_eq!(carried.resume(&harness.funnel).unwrap().journey(), Some(begun.id().into()));
    for harness in [sealing(), harness] {
        let denied = harness.layer().consent(|_| Consent::Denied);
        let (_, carried) = with(&denied, request("/", &[]), FunnelContext::carry).await;
        let worker = carried.resume(&harness.funnel).unwrap();
        worker.provision("db").journey(JourneyId::new()).record();
        assert_eq!(worker.journey(), None);
        harness.recorder.take()[0].assert_absent("journeyId");
    }
    let nobody = FunnelContext::default().carry().resume(&Funnel::noop()).unwrap();
    assert_eq!(nobody.journey(), None);
}
