//! A function of the service's that panics ends no request, and is taken to know nothing.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's helpers fail as its tests do")]

mod support;

use http::{HeaderName, Request, Response, StatusCode};
use instant_funnel::JourneyId;
use instant_funnel::testing::RecordedEvent;
use instant_funnel_tower::{ForwardingHeader, FunnelLayer, TrustedProxies};

use self::support::{Harness, cookie, harness, pair};

const HEADER: HeaderName = HeaderName::from_static("x-journey-id");

async fn claim(harness: &Harness, layer: &FunnelLayer) -> (Response<()>, RecordedEvent) {
    let (response, mut events) = harness.send(layer, "/claim", &[], "192.0.2.7:1").await;
    assert_eq!((response.status(), events.len()), (StatusCode::OK, 1));
    assert_eq!(harness.funnel.caught_panics(), 1, "a panic is counted");
    assert!(
        harness.funnel.advisories().iter().any(|advisory| advisory.to_string().contains("Funnel::guarded"))
    );
    (response, events.remove(0))
}

#[tokio::test]
async fn consent_that_panics_is_denied() {
    let harness = harness();
    let layer = harness.layer().journey_cookie(cookie()).consent(|_| panic!("consent"));
    let (response, event) = claim(&harness, &layer).await;
    for key in ["journeyId", "fingerprint", "emailHash"] {
        event.assert_absent(key);
    }
    assert!(pair(&response).is_none());
}

#[tokio::test]
async fn a_peer_that_panics_is_unknown() {
    let proxies = TrustedProxies::networks(ForwardingHeader::XForwardedFor, ["0.0.0.0/0"]).unwrap();
    for proxies in [None, Some(proxies)] {
        let harness = harness();
        let layer = proxies.map_or(harness.layer(), |proxies| harness.layer().trusted_proxies(proxies));
        let (_, event) = claim(&harness, &layer.peer(|_| panic!("peer"))).await;
        event.assert_absent("fingerprint");
        assert!(event.text("journeyId").is_some());
    }
}

#[tokio::test]
async fn a_network_number_that_panics_is_unknown() {
    let harness = harness();
    let (_, event) = claim(&harness, &harness.layer().asn(|_| panic!("asn"))).await;
    let expected = harness.funnel.pseudonymize_network("192.0.2.7".parse().unwrap(), 0).unwrap();
    event.assert_attribute("fingerprint", expected.to_string());
}

#[tokio::test]
async fn a_journey_that_panics_is_found_elsewhere_or_minted() {
    let harness = harness();
    let layer = harness
        .layer()
        .journey_header(HEADER)
        .journey_from(|_| -> Option<JourneyId> { panic!("journey_from") });
    let (response, event) = claim(&harness, &layer).await;
    let minted = response.headers()["x-journey-id"].to_str().unwrap();
    event.assert_attribute("journeyId", minted);
    let request = Request::get("/claim").header(HEADER, minted).body(()).unwrap();
    let (_, events) = harness.call(&layer, request).await;
    events[0].assert_attribute("journeyId", minted);
}

struct PanicsAgain;

impl Drop for PanicsAgain {
    fn drop(&mut self) {
        panic!("again");
    }
}

#[tokio::test]
async fn what_is_thrown_may_panic_in_its_turn() {
    let harness = harness();
    let layer = harness.layer().asn(|_| std::panic::panic_any(PanicsAgain));
    let (_, event) = claim(&harness, &layer).await;
    assert!(event.text("fingerprint").is_some());
}

/// A subscriber that panics at whatever the funnel and its middleware say.
struct PanickingLayer;

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for PanickingLayer {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        assert!(!event.metadata().target().starts_with("instant_funnel"), "the subscriber is broken");
    }
}

#[tokio::test]
async fn a_subscriber_that_panics_at_the_warning_about_a_panic_ends_no_request() {
    use tracing_subscriber::layer::SubscriberExt;
    let _subscriber = tracing::subscriber::set_default(tracing_subscriber::registry().with(PanickingLayer));
    let broken: [fn(FunnelLayer) -> FunnelLayer; 4] = [
        |layer| layer.consent(|_| panic!("consent")),
        |layer| layer.peer(|_| panic!("peer")),
        |layer| layer.asn(|_| panic!("asn")),
        |layer| {
            layer.journey_header(HEADER).journey_from(|_| -> Option<JourneyId> { panic!("journey_from") })
        },
    ];
    for break_it in broken {
        let harness = harness();
        let (response, _) = harness.send(&break_it(harness.layer()), "/claim", &[], "192.0.2.7:1").await;
        assert_eq!(response.status(), StatusCode::OK);
        assert!(harness.funnel.caught_panics() >= 1);
    }
    instant_funnel_tower::FunnelContext::default().provision("db").record();
}

/// Captured by a function, it panics when the function is let go.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("what the function captured is broken");
        }
    }
}

#[tokio::test]
async fn what_a_function_captured_may_panic_when_the_last_service_is_dropped() {
    let captures: [fn(FunnelLayer) -> FunnelLayer; 4] = [
        |layer| {
            let bomb = Bomb;
            layer.consent(move |_| {
                let _ = &bomb;
                instant_funnel_tower::Consent::Granted
            })
        },
        |layer| {
            let bomb = Bomb;
            layer.peer(move |_| {
                let _ = &bomb;
                None
            })
        },
        |layer| {
            let bomb = Bomb;
            layer.asn(move |_| {
                let _ = &bomb;
                None
            })
        },
        |layer| {
            let bomb = Bomb;
            layer.journey_from(move |_| {
                let _ = &bomb;
                None::<JourneyId>
            })
        },
    ];
    for capture in captures {
        let harness = harness();
        let layer = capture(harness.layer());
        let (response, _) = harness.send(&layer, "/claim", &[], "192.0.2.7:1").await;
        assert_eq!(response.status(), StatusCode::OK);
        drop(layer);
        assert_eq!(harness.funnel.caught_panics(), 1);
    }
}
