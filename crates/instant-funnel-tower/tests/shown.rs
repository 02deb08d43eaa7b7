//! Nothing that is shown, logged or put into an error holds a value that somebody sent or configured.

#![allow(clippy::unwrap_used, reason = "a test's helpers fail as its tests do")]

mod support;

use std::convert::Infallible;
use std::error::Error;
use std::fmt::Debug;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http::{HeaderName, HeaderValue, Method, Request, Response};
use instant_funnel::{EventId, JourneyId, TeamId};
use instant_funnel_tower::{
    Consent, ForwardingHeader, FunnelContext, JourneyCookie, SettingError, SharedSecret, SigningKey,
    TrustedProxies,
};
use tower::{Service, service_fn};
use tower_layer::Layer;

use self::support::{TEAM, harness};

/// In every place that takes text, in a form that the place accepts.
const SECRET: &str = "plantedsecret";

fn long() -> String {
    SECRET.repeat(4)
}

#[derive(Clone, Default)]
struct Shown(Arc<Mutex<Vec<String>>>);

impl Shown {
    fn debug(&self, value: &dyn Debug) {
        self.0.lock().unwrap().extend([format!("{value:?}"), format!("{value:#?}")]);
    }

    fn error(&self, error: &(dyn Error + 'static)) {
        self.debug(&error);
        self.0.lock().unwrap().push(error.to_string());
    }

    fn assert_silent(&self, secrets: &[&str]) {
        let shown = self.0.lock().unwrap();
        assert!(!shown.is_empty());
        for text in shown.iter() {
            for secret in secrets {
                assert!(!text.to_ascii_lowercase().contains(secret), "{secret} in {text}");
            }
        }
    }
}

fn request() -> Request<()> {
    let mut request = Request::builder()
        .method(Method::from_bytes(SECRET.as_bytes()).unwrap())
        .uri(format!("https://{SECRET}:{SECRET}@{SECRET}.example/{SECRET}?{SECRET}={SECRET}"));
    for name in [
        "authorization",
        "cookie",
        "x-forwarded-for",
        "user-agent",
        "x-asn",
        "x-probe",
        "x-journey-id",
        SECRET,
    ] {
        request = request.header(name, format!("journey={SECRET}; {SECRET}"));
    }
    let mut request = request.body(()).unwrap();
    request.extensions_mut().insert(SocketAddr::from(([192, 0, 2, 77], 47_011)));
    request.extensions_mut().insert(SECRET.to_owned());
    request
}

#[tokio::test]
async fn no_debug_form_holds_a_header_an_address_or_a_setting() {
    let shown = Shown::default();
    let harness = harness();
    let cookie = JourneyCookie::new(SigningKey::new(long()).unwrap())
        .previous_key(SigningKey::new(long()).unwrap())
        .name(SECRET)
        .unwrap();
    let proxies =
        TrustedProxies::networks(ForwardingHeader::XForwardedFor, ["192.0.2.77", "10.0.0.0/8"]).unwrap();
    let secret = SharedSecret::new(long()).unwrap();
    shown.debug(&(&cookie, &proxies, &secret, SigningKey::new(long()).unwrap(), ForwardingHeader::Forwarded));
    let head = shown.clone();
    let layer = harness
        .layer()
        .journey_cookie(cookie)
        .journey_header(HeaderName::from_static(SECRET))
        .trusted_proxies(proxies)
        .asn_header(HeaderName::from_static("x-asn"))
        .synthetic_header(HeaderName::from_static("x-probe"), secret)
        .consent(move |request| {
            head.debug(request);
            Consent::Granted
        });
    shown.debug(&layer);
    let inside = shown.clone();
    let mut service = layer.layer(service_fn(async |request: Request<()>| {
        let funnel = FunnelContext::of(request.extensions());
        let team = TeamId::parse(TEAM).unwrap();
        let event = |tier| {
            let claim = funnel
                .claim(team)
                .tier(tier)
                .reason_code(tier)
                .env(tier)
                .email_hash(funnel.email_hash("a@b.example"));
            claim.event_id(EventId::of(SECRET, SECRET)).journey(JourneyId::new())
        };
        inside.debug(&funnel);
        inside.debug(&event(SECRET));
        inside.debug(&(funnel.landing().reason_code(SECRET), funnel.provision(SECRET).tier(SECRET)));
        inside.debug(&funnel.paid(team, JourneyId::new()).tier(SECRET).env(SECRET));
        event("free").record();
        Ok::<_, Infallible>(Response::new(()))
    }));
    shown.debug(&service);
    let future = service.call(request());
    shown.debug(&future);
    let response = future.await.unwrap();
    assert!(response.headers().contains_key("set-cookie"));
    let email = harness.funnel.pseudonymize_email("a@b.example").unwrap().to_string();
    shown.assert_silent(&[SECRET, "192.0.2", "192, 0, 2", "47011", "10.0.0", &email]);
}

#[test]
fn no_error_holds_what_was_given() {
    let shown = Shown::default();
    let key = || SigningKey::new(long()).unwrap();
    let errors: [SettingError; 6] = [
        SigningKey::new(SECRET).unwrap_err().into(),
        SharedSecret::new(SECRET).unwrap_err(),
        JourneyCookie::new(key()).name(format!("{SECRET};")).unwrap_err(),
        JourneyCookie::new(key()).secure(false).name(format!("__Host-{SECRET}")).unwrap_err(),
        TrustedProxies::networks(ForwardingHeader::Forwarded, ["10.0.0.0/8", SECRET]).unwrap_err(),
        TrustedProxies::networks(ForwardingHeader::Forwarded, [&*format!("10.0.0.1/{SECRET}")]).unwrap_err(),
    ];
    for error in &errors {
        shown.error(error);
    }
    shown.assert_silent(&[SECRET, "10.0.0.1"]);
    assert_eq!(errors[4], SettingError::Network(2), "the position tells which");
    assert!(
        errors[4].to_string().contains("`TrustedProxies::networks`") && errors[4].to_string().contains('2')
    );
}

#[tokio::test]
async fn the_cookie_does_not_appear_when_the_answers_headers_are_shown() {
    let harness = harness();
    let layer = harness.layer().journey_cookie(support::cookie());
    let (response, events) = harness.send(&layer, "/landing", &[], "").await;
    let shown = format!("{:?}", response.headers());
    assert!(shown.contains("set-cookie") && !shown.contains(events[0].text("journeyId").unwrap()), "{shown}");
    assert!(response.headers().get("set-cookie").is_some_and(HeaderValue::is_sensitive));
}
