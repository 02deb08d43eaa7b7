//! Where the journey is found, when it is minted, how it is carried.

mod support;

use http::HeaderName;
use instant_funnel::JourneyId;
use instant_funnel_tower::Consent;
use support::{bench, cookie, pair};

const HEADER: HeaderName = HeaderName::from_static("x-journey-id");

#[tokio::test]
async fn the_cookie_makes_two_requests_one_journey() {
    let bench = bench();
    let layer = bench.layer().journey_cookie(cookie());
    let (first, events) = bench.send(&layer, "/landing", &[], "").await;
    let journey = events[0].text("journeyId").unwrap().to_owned();
    let cookie = pair(&first).unwrap();
    let (second, events) = bench.send(&layer, "/provision", &[("cookie", &cookie)], "").await;
    events[0].assert_attribute("journeyId", journey);
    assert!(pair(&second).is_none(), "what the visitor has need not be set again");
}

#[tokio::test]
async fn a_request_that_takes_no_step_mints_nothing() {
    let bench = bench();
    let layer = bench.layer().journey_cookie(cookie()).journey_header(HEADER);
    let (response, events) = bench.send(&layer, "/healthz", &[], "").await;
    assert!(events.is_empty() && response.headers().is_empty());
}

#[tokio::test]
async fn a_forged_cookie_is_replaced() {
    let bench = bench();
    let layer = bench.layer().journey_cookie(cookie());
    let forged = format!("journey={}.{}", JourneyId::new(), "A".repeat(43));
    let (response, events) = bench.send(&layer, "/landing", &[("cookie", &forged)], "").await;
    let journey = events[0].text("journeyId").unwrap();
    assert!(!forged.contains(journey));
    assert!(pair(&response).unwrap().contains(journey));
}

#[tokio::test]
async fn the_callers_function_wins_over_the_header_and_the_header_over_the_cookie() {
    let bench = bench();
    let [ours, sent] = [JourneyId::new(), JourneyId::new()];
    let layer = bench.layer().journey_cookie(cookie()).journey_header(HEADER);
    let (first, _) = bench.send(&layer, "/landing", &[], "").await;
    let carried = pair(&first).unwrap();
    let headers = [("cookie", &*carried), ("x-journey-id", &*sent.to_string())];
    let (_, events) = bench.send(&layer, "/provision", &headers, "").await;
    events[0].assert_attribute("journeyId", sent.to_string());
    let layer = layer.journey_from(move |head| (head.path() == "/claim").then_some(ours));
    let (_, events) = bench.send(&layer, "/claim", &headers, "").await;
    events[0].assert_attribute("journeyId", ours.to_string());
    let (_, events) = bench.send(&layer, "/provision", &headers, "").await;
    events[0].assert_attribute("journeyId", sent.to_string());
}

#[tokio::test]
async fn a_client_without_cookies_is_answered_in_the_header() {
    let bench = bench();
    let layer = bench.layer().journey_header(HEADER);
    let (response, events) = bench.send(&layer, "/landing", &[("x-journey-id", "not-a-uuid")], "").await;
    events[0].assert_attribute("journeyId", response.headers()["x-journey-id"].to_str().unwrap());
}

#[tokio::test]
async fn a_query_string_is_never_a_journey() {
    let bench = bench();
    let layer = bench.layer().journey_cookie(cookie()).journey_header(HEADER);
    let shared = JourneyId::new().to_string();
    let path = format!("/landing?journeyId={shared}&x-journey-id={shared}&journey={shared}");
    let (_, events) = bench.send(&layer, &path, &[], "").await;
    assert_ne!(events[0].text("journeyId"), Some(&*shared));
}

#[tokio::test]
async fn without_consent_nothing_is_minted_read_or_kept() {
    let bench = bench();
    let layer =
        bench.layer().journey_cookie(cookie()).journey_header(HEADER).consent(Consent::unless_opted_out);
    let (first, _) = bench.send(&layer, "/landing", &[], "192.0.2.7:1").await;
    let carried = pair(&first).unwrap();
    let headers = [("cookie", &*carried), ("sec-gpc", "1")];
    let (response, events) = bench.send(&layer, "/provision", &headers, "192.0.2.7:1").await;
    events[0].assert_step("provision").assert_absent("journeyId").assert_absent("fingerprint");
    let removal = response.headers()["set-cookie"].to_str().unwrap();
    assert!(removal.starts_with("journey=; ") && removal.contains("Max-Age=0"), "{removal}");
    assert!(!response.headers().contains_key("x-journey-id"));
    let (response, events) = bench.send(&layer, "/landing", &[("dnt", "1")], "").await;
    events[0].assert_absent("journeyId");
    assert!(response.headers().is_empty());
}
