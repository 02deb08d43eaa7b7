//! A page that a browser prepares before anybody opens it.

mod support;

use self::support::{cookie, harness, pair};

const SIGNALS: [(&str, &str); 6] = [
    ("sec-purpose", "prefetch"),
    ("sec-purpose", "prefetch;prerender"),
    ("sec-purpose", "prefetch;anonymous-client-ip"),
    ("purpose", "prefetch"),
    ("x-moz", "prefetch"),
    ("x-purpose", "preview"),
];

#[tokio::test]
async fn it_mints_nothing_and_its_landing_is_not_real() {
    let harness = harness();
    let layer = harness
        .layer()
        .journey_cookie(cookie())
        .journey_header(http::HeaderName::from_static("x-journey-id"));
    for signal in SIGNALS {
        let (response, events) = harness.send(&layer, "/landing", &[signal], "").await;
        events[0].assert_absent("journeyId").assert_attribute("cohort", "synthetic");
        assert!(response.headers().is_empty(), "{signal:?}");
    }
    let (_, events) = harness.send(&layer, "/landing", &[("sec-purpose", "other")], "").await;
    events[0].assert_attribute("cohort", "real");
    assert!(events[0].text("journeyId").is_some());
}

#[tokio::test]
async fn a_visitor_who_is_known_stays_known() {
    let harness = harness();
    let layer = harness.layer().journey_cookie(cookie());
    let (first, events) = harness.send(&layer, "/landing", &[], "").await;
    let journey = events[0].text("journeyId").unwrap();
    let cookie = pair(&first).unwrap();
    for signal in SIGNALS {
        let (_, events) = harness.send(&layer, "/landing", &[signal, ("cookie", &cookie)], "").await;
        events[0].assert_attribute("journeyId", journey).assert_attribute("cohort", "synthetic");
    }
}

#[tokio::test]
async fn a_step_that_happened_is_real() {
    let harness = harness();
    for step in ["/provision", "/claim", "/paid"] {
        let (_, events) = harness.send(&harness.layer(), step, &[SIGNALS[0]], "").await;
        events[0].assert_attribute("cohort", "real");
    }
}
