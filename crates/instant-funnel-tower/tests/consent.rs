//! A visitor who said no is joined to nothing, whatever the handler adds.

#![allow(clippy::unwrap_used, reason = "a test's helpers fail as its tests do")]

mod support;

use http::{HeaderName, HeaderValue, Request};
use instant_funnel::{JourneyId, TeamId};
use instant_funnel_tower::{Consent, FunnelContext};

use self::support::{TEAM, cookie, harness};

const ADDRESS: &str = "192.0.2.7";

fn denied() -> Request<()> {
    let mut request = Request::get("/").header("sec-gpc", "1").body(()).unwrap();
    request.extensions_mut().insert(ADDRESS.parse::<std::net::IpAddr>().unwrap());
    request
}

#[tokio::test]
async fn nothing_that_joins_is_recorded_however_the_handler_adds_it() {
    let harness = harness();
    let layer = harness.layer().journey_cookie(cookie()).consent(Consent::unless_opted_out);
    let journey = JourneyId::new();
    let team = TeamId::parse(TEAM).unwrap();
    let email = harness.funnel.pseudonymize_email("jane@example.com").unwrap();
    let network = harness.funnel.pseudonymize_network(ADDRESS.parse().unwrap(), 0).unwrap();
    let handlers: [&dyn Fn(&FunnelContext); 7] = [
        &|funnel| funnel.landing().journey(journey).fingerprint(network).record(),
        &|funnel| funnel.provision("db").journey(journey).fingerprint(network).record(),
        &|funnel| {
            let hash = funnel.email_hash("jane@example.com");
            funnel.claim(team).journey(journey).fingerprint(network).email_hash(hash).record();
        },
        &|funnel| funnel.claim(team).email_hash(email).fingerprint(network).journey(journey).record(),
        &|funnel| funnel.paid(team, journey).record(),
        &|funnel| funnel.paid(team, journey).journey(journey).record(),
        &|funnel| funnel.claim(team).email_hash(email).journey(journey).record_with(&harness.funnel),
    ];
    for handle in handlers {
        let event = harness.handled(&layer, denied(), handle).await;
        for key in ["journeyId", "fingerprint", "fingerprintKeyId", "emailHash"] {
            event.assert_absent(key);
        }
    }
}

#[tokio::test]
async fn a_team_stays_where_the_handler_gives_it() {
    let harness = harness();
    let layer = harness.layer().consent(|_| Consent::Denied);
    let team = TeamId::parse(TEAM).unwrap();
    let event = harness.handled(&layer, denied(), |funnel| funnel.claim(team).tier("free").record()).await;
    event
        .assert_attribute("teamId", TEAM)
        .assert_attribute("tier", "free")
        .assert_attribute("cohort", "real");
}

#[tokio::test]
async fn a_context_without_consent_knows_nothing_that_joins() {
    let harness = harness();
    let layer = harness.layer().journey_cookie(cookie()).consent(|_| Consent::Denied);
    harness
        .handled(&layer, denied(), |funnel| {
            assert_eq!((funnel.journey(), funnel.fingerprint()), (None, None));
            assert_eq!(funnel.email_hash("jane@example.com"), None);
            funnel.landing().record();
        })
        .await;
}

#[tokio::test]
async fn any_value_of_any_line_that_does_not_say_0_is_a_no() {
    let harness = harness();
    let layer = harness.layer().consent(Consent::unless_opted_out);
    let cases: [(&[&[u8]], bool); 12] = [
        (&[b"1"], true),
        (&[b"0", b"1"], true),
        (&[b"1", b"0"], true),
        (&[b"1, 1"], true),
        (&[b"0,1"], true),
        (&[b" 1 "], true),
        (&[b"", b"\t1"], true),
        (&[b"\xff", b"1"], true),
        (&[b"?1"], true),
        (&[b"0"], false),
        (&[b"", b"0, 0"], false),
        (&[b"10", b"\xff"], true),
    ];
    for name in ["sec-gpc", "dnt"] {
        for (lines, no) in cases {
            let mut request = Request::get("/landing").body(()).unwrap();
            for line in lines {
                let name = HeaderName::from_static(name);
                request.headers_mut().append(name, HeaderValue::from_bytes(line).unwrap());
            }
            let (_, events) = harness.call(&layer, request).await;
            assert_eq!(events[0].text("journeyId").is_none(), no, "{name}: {lines:?}");
        }
    }
}
