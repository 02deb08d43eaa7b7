//! Where the journey is found, when it is minted, how it is carried.

mod support;

use http::HeaderName;
use instant_funnel::JourneyId;
use instant_funnel_tower::Consent;

use self::support::{cookie, harness, pair, pairs};

const HEADER: HeaderName = HeaderName::from_static("x-journey-id");

#[tokio::test]
async fn the_cookie_makes_two_requests_one_journey() {
    let harness = harness();
    let layer = harness.layer().journey_cookie(cookie());
    let (first, events) = harness.send(&layer, "/landing", &[], "").await;
    let journey = events[0].text("journeyId").unwrap().to_owned();
    let cookie = pair(&first).unwrap();
    let (second, events) = harness.send(&layer, "/provision", &[("cookie", &cookie)], "").await;
    events[0].assert_attribute("journeyId", journey);
    assert!(pair(&second).is_none(), "what the visitor has need not be set again");
}

#[tokio::test]
async fn a_request_that_takes_no_step_mints_nothing() {
    let harness = harness();
    let layer = harness.layer().journey_cookie(cookie()).journey_header(HEADER);
    let (response, events) = harness.send(&layer, "/healthz", &[], "").await;
    assert!(events.is_empty() && response.headers().is_empty());
}

#[tokio::test]
async fn a_forged_cookie_is_replaced() {
    let harness = harness();
    let layer = harness.layer().journey_cookie(cookie());
    let forged = format!("journey={}.{}", JourneyId::new(), "A".repeat(43));
    let (response, events) = harness.send(&layer, "/landing", &[("cookie", &forged)], "").await;
    let journey = events[0].text("journeyId").unwrap();
    assert!(!forged.contains(journey));
    assert!(pair(&response).unwrap().contains(journey));
}

#[tokio::test]
async fn the_callers_function_wins_over_the_header_and_the_header_over_the_cookie() {
    let harness = harness();
    let [ours, sent] = [JourneyId::new(), JourneyId::new()];
    let layer = harness.layer().journey_cookie(cookie()).journey_header(HEADER);
    let (first, _) = harness.send(&layer, "/landing", &[], "").await;
    let carried = pair(&first).unwrap();
    let headers = [("cookie", &*carried), ("x-journey-id", &*sent.to_string())];
    let (_, events) = harness.send(&layer, "/provision", &headers, "").await;
    events[0].assert_attribute("journeyId", sent.to_string());
    let layer = layer.journey_from(move |head| (head.path() == "/claim").then_some(ours));
    let (_, events) = harness.send(&layer, "/claim", &headers, "").await;
    events[0].assert_attribute("journeyId", ours.to_string());
    let (_, events) = harness.send(&layer, "/provision", &headers, "").await;
    events[0].assert_attribute("journeyId", sent.to_string());
}

#[tokio::test]
async fn a_client_without_cookies_is_answered_in_the_header() {
    let harness = harness();
    let layer = harness.layer().journey_header(HEADER);
    let (response, events) = harness.send(&layer, "/landing", &[("x-journey-id", "not-a-uuid")], "").await;
    events[0].assert_attribute("journeyId", response.headers()["x-journey-id"].to_str().unwrap());
}

#[tokio::test]
async fn a_query_string_is_never_a_journey() {
    let harness = harness();
    let layer = harness.layer().journey_cookie(cookie()).journey_header(HEADER);
    let shared = JourneyId::new().to_string();
    let path = format!("/landing?journeyId={shared}&x-journey-id={shared}&journey={shared}");
    let (_, events) = harness.send(&layer, &path, &[], "").await;
    assert_ne!(events[0].text("journeyId"), Some(&*shared));
}

#[tokio::test]
async fn without_consent_nothing_is_minted_read_or_kept() {
    let harness = harness();
    let layer =
        harness.layer().journey_cookie(cookie()).journey_header(HEADER).consent(Consent::unless_opted_out);
    let (first, _) = harness.send(&layer, "/landing", &[], "192.0.2.7:1").await;
    let carried = pair(&first).unwrap();
    let headers = [("cookie", &*carried), ("sec-gpc", "1")];
    let (response, events) = harness.send(&layer, "/provision", &headers, "192.0.2.7:1").await;
    events[0].assert_step("provision").assert_absent("journeyId").assert_absent("fingerprint");
    let removal = response.headers()["set-cookie"].to_str().unwrap();
    assert!(removal.starts_with("journey=; ") && removal.contains("Max-Age=0"), "{removal}");
    assert!(!response.headers().contains_key("x-journey-id"));
    let (response, events) = harness.send(&layer, "/landing", &[("dnt", "1")], "").await;
    events[0].assert_absent("journeyId");
    assert!(response.headers().is_empty());
}

#[tokio::test]
async fn a_header_or_a_cookie_that_holds_another_kind_of_uuid_is_no_journey() {
    let harness = harness();
    let layer = harness.layer().journey_cookie(cookie()).journey_header(HEADER);
    for (text, taken) in [
        ("5f8d0e1a-3b7c-4d2e-9f10-1a2b3c4d5e6f", true),
        ("0197a1b2-3b7c-7d2e-bf10-1a2b3c4d5e6f", true),
        ("00000000-0000-0000-0000-000000000000", false),
        ("ffffffff-ffff-ffff-ffff-ffffffffffff", false),
        // A version 1 holds the address of a network card, and the others what somebody put there.
        ("41555501-3400-0000-9f10-1a2b3c4d5e6f", false),
        ("5f8d0e1a-3b7c-11f0-9f10-1a2b3c4d5e6f", false),
        ("5f8d0e1a-3b7c-5d2e-9f10-1a2b3c4d5e6f", false),
        ("5f8d0e1a-3b7c-8d2e-9f10-1a2b3c4d5e6f", false),
        // Version 4, but another variant.
        ("5f8d0e1a-3b7c-4d2e-1f10-1a2b3c4d5e6f", false),
        ("5f8d0e1a-3b7c-4d2e-cf10-1a2b3c4d5e6f", false),
    ] {
        let (response, events) = harness.send(&layer, "/landing", &[("x-journey-id", text)], "").await;
        assert_eq!(events[0].text("journeyId") == Some(text), taken, "{text}");
        assert_eq!(response.headers().contains_key("x-journey-id"), !taken, "{text}");
    }
}

#[tokio::test]
async fn the_cookie_is_found_among_others_of_any_bytes() {
    let harness = harness();
    let layer = harness.layer().journey_cookie(cookie());
    let (first, events) = harness.send(&layer, "/landing", &[], "").await;
    let journey = events[0].text("journeyId").unwrap().to_owned();
    let (pair, pairs) = (pair(&first).unwrap(), pairs(&first));
    let [sealed, old] = &pairs[..] else { panic!("{pairs:?}") };
    let foreign = format!("journey={}.{}", JourneyId::new(), "A".repeat(43));
    for line in [
        format!("city=Z\u{fc}rich; {pair}"),
        format!("{foreign}; {pair}"),
        format!("journey-2=\"{}\"; {}; city=\u{4eac}", sealed.strip_prefix("journey-2=").unwrap(), old),
    ] {
        let mut request = http::Request::get("/provision").body(()).unwrap();
        request.headers_mut().insert("cookie", http::HeaderValue::from_bytes(line.as_bytes()).unwrap());
        let (response, events) = harness.call(&layer, request).await;
        events[0].assert_attribute("journeyId", &*journey);
        assert!(response.headers().is_empty(), "{line}");
    }
}
