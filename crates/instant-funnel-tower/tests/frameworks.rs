//! A framework that does not use tower gets the same steps and the same answer.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod support;

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use http::{HeaderName, Request, Response};
use instant_funnel::Actor;
use instant_funnel::testing::RecordedEvent;
use instant_funnel_tower::{
    Consent, ForwardingHeader, FunnelContext, FunnelLayer, HeaderChange, IncomingRequest, TrustedProxies,
};
use tower::{ServiceExt, service_fn};
use tower_layer::Layer;

use self::support::{cookie, harness};

const ANSWER: [(&str, &str); 4] = [
    ("Set-Cookie", "theme=dark"),
    ("Cache-Control", "public, max-age=60"),
    ("CDN-Cache-Control", "max-age=600"),
    ("X-Other", "kept"),
];
const HEADER: HeaderName = HeaderName::from_static("x-journey-id");

fn layer() -> (support::Harness, FunnelLayer) {
    let harness = harness();
    let layer = harness.layer().journey_cookie(cookie()).journey_header(HEADER);
    (harness, layer)
}

/// Through `begin` and `finish`, as an adapter would.
fn adapted(layer: &FunnelLayer, path: &str, headers: &[(&str, &str)]) -> Vec<(String, String)> {
    let peer = Some(IpAddr::from([192, 0, 2, 7]));
    let (context, finisher) = layer.begin(&IncomingRequest { method: "GET", path, headers: &headers, peer });
    if path != "/healthz" {
        context.landing().record();
    }
    let mut answer: Vec<_> =
        ANSWER.iter().map(|(name, value)| (name.to_ascii_lowercase(), (*value).to_owned())).collect();
    for change in finisher.finish(&answer) {
        answer.retain(|(other, _)| Some(&**other) != change.removed());
        answer.extend(change.added().map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
    answer.sort();
    answer
}

/// Through the layer.
async fn layered(layer: &FunnelLayer, path: &str, headers: &[(&str, &str)]) -> Vec<(String, String)> {
    let service = layer.layer(service_fn(async |request: Request<()>| {
        if request.uri().path() != "/healthz" {
            FunnelContext::of(request.extensions()).landing().record();
        }
        let response = Response::builder();
        let response = ANSWER.iter().fold(response, |response, (name, value)| response.header(*name, *value));
        Ok::<_, Infallible>(response.body(()).unwrap())
    }));
    let request =
        headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
    let mut request = request.body(()).unwrap();
    request.extensions_mut().insert(SocketAddr::from(([192, 0, 2, 7], 1)));
    let answer = service.oneshot(request).await.unwrap();
    let lines = answer.headers().iter();
    let mut answer: Vec<_> =
        lines.map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap().to_owned())).collect();
    answer.sort();
    answer
}

/// Without what differs from one journey to the next.
fn shape(answer: &[(String, String)], events: &[RecordedEvent]) -> String {
    let answer: Vec<_> = answer
        .iter()
        .map(|(name, value)| match &**name {
            "set-cookie" => format!("set-cookie: {}", value.split('=').next().unwrap_or_default()),
            "x-journey-id" => "x-journey-id".to_owned(),
            _ => format!("{name}: {value}"),
        })
        .collect();
    let own = ["eventId", "journeyId", "journeyStart"];
    let events = events.iter().map(|event| event.attributes.iter().filter(|(key, _)| !own.contains(key)));
    format!("{answer:#?} {:#?}", events.map(Iterator::collect::<Vec<_>>).collect::<Vec<_>>())
}

#[tokio::test]
async fn an_adapter_does_what_the_layer_does() {
    let id = "5f8d0e1a-3b7c-4d2e-9f10-1a2b3c4d5e6f";
    for (path, headers) in [
        ("/start", vec![("User-Agent", "Claude-User/1.0")]),
        ("/start", vec![("X-Journey-Id", id)]),
        ("/start", vec![("cookie", "city=x"), ("Cookie", "journey=x")]),
        ("/start", vec![("sec-purpose", "prefetch")]),
        ("/healthz", vec![]),
    ] {
        let (harness, layer) = layer();
        let one = layered(&layer, path, &headers).await;
        let one = shape(&one, &harness.recorder.take());
        let other = adapted(&layer, path, &headers);
        assert_eq!(shape(&other, &harness.recorder.take()), one, "{path} {headers:?}");
    }
}

#[test]
fn the_cookies_bring_the_journey_back_and_an_answer_that_owes_nothing_is_left_alone() {
    let (harness, layer) = layer();
    let first = adapted(&layer, "/start", &[]);
    let cookies: Vec<_> = first
        .iter()
        .filter(|(name, _)| name == "set-cookie")
        .map(|(_, line)| line.split(';').next().unwrap())
        .collect();
    assert_eq!(cookies.len(), 3, "its own, and ours behind it");
    let second = adapted(&layer, "/start", &[("cookie", &cookies.join("; "))]);
    let mut own: Vec<_> = ANSWER.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).to_vec();
    own.sort();
    assert_eq!(second, own);
    let events = harness.recorder.take();
    events[1].assert_attribute("journeyId", events[0].text("journeyId").unwrap());
    let shown = format!("{:?}", HeaderChange::Append("set-cookie".into(), "secret".into()));
    assert_eq!(shown, "Append(\"set-cookie\")");
}

#[test]
fn headers_that_are_none_are_passed_over() {
    let (harness, layer) = layer();
    let headers: [(&str, &[u8]); 3] =
        [("not a name", b"x"), ("user-agent", b"curl/8.5.0"), ("x-bad", b"line\nbreak")];
    let request = IncomingRequest { method: "no method at all", path: "", headers: &headers, peer: None };
    let (context, finisher) = layer.begin(&request);
    context.landing().record();
    let nothing: [(&str, &str); 0] = [];
    assert!(!finisher.finish(&nothing).is_empty());
    harness.recorder.take()[0].assert_attribute("actor", "agent_curl").assert_absent("fingerprint");
}

/// The fingerprint of a landing in a request with these lines.
fn fingerprint(harness: &support::Harness, layer: &FunnelLayer, headers: &[(&str, &[u8])]) -> Option<String> {
    let peer = Some(IpAddr::from([10, 0, 0, 1]));
    let (context, _finisher) =
        layer.begin(&IncomingRequest { method: "GET", path: "/", headers: &headers, peer });
    context.landing().record();
    harness.recorder.take()[0].text("fingerprint").map(str::to_owned)
}

/// A server may hand over bytes and names that HTTP does not allow. The proxy's entry must still be the one that counts.
#[test]
fn odd_bytes_and_odd_names_take_no_entry_of_the_proxy_away() {
    let harness = harness();
    let networks = TrustedProxies::networks(ForwardingHeader::XForwardedFor, ["10.0.0.0/8"]).unwrap();
    let hops = TrustedProxies::hops(ForwardingHeader::XForwardedFor, 1).unwrap();
    for trusted in [networks, hops] {
        let layer = harness.layer().trusted_proxies(trusted);
        let name = "x-forwarded-for";
        let of = |lines: &[(&str, &[u8])]| fingerprint(&harness, &layer, lines);
        let real = of(&[(name, b"203.0.113.9")]);
        assert!(real.is_some());
        for odd in [&b"\x01, 203.0.113.9"[..], b"a\x7fb, 203.0.113.9", b"\n, 203.0.113.9", b"\0,203.0.113.9"]
        {
            assert_eq!(of(&[(name, b"192.0.2.66"), (name, odd)]), real, "{odd:?}");
        }
        for odd in [" x-forwarded-for", "x-forwarded-for ", "\tX-Forwarded-For", "x-forwarded-for\u{a0}"] {
            assert_eq!(of(&[(name, b"203.0.113.9"), (odd, b"192.0.2.66")]), real, "{odd:?}");
        }
        // More lines than a map of headers holds, and the proxy's is the last.
        let names: Vec<_> = (0..40_000).map(|number| format!("x-{number}")).collect();
        let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"1"[..])).collect();
        let spoofed = of(&[(name, b"192.0.2.66")]);
        let flooded = [&[(name, &b"192.0.2.66"[..])], &many[..], &[(name, b"203.0.113.9")]].concat();
        assert_ne!(of(&flooded), spoofed);
    }
}

#[test]
fn an_odd_word_about_consent_is_a_no() {
    let harness = harness();
    let layer = harness.layer().consent(Consent::unless_opted_out).journey_cookie(cookie());
    for line in
        [("dnt", &b"1\x01"[..]), ("DNT", b"\x01"), ("sec-gpc", b"\x7f"), (" sec-gpc", b"1"), ("dnt ", b"1")]
    {
        let headers = [line];
        let (context, _finisher) =
            layer.begin(&IncomingRequest { method: "GET", path: "/", headers: &headers, peer: None });
        assert_eq!(context.journey(), None, "{line:?}");
    }
}

#[test]
fn white_space_around_a_header_is_not_part_of_it() {
    let (harness, layer) = layer();
    let journey = harness.funnel.begin_journey(Actor::AgentMcp);
    let sent = format!("\t{} ", journey.id());
    let headers = [("x-journey-id", &*sent)];
    let (context, _finisher) =
        layer.begin(&IncomingRequest { method: "GET", path: "/", headers: &headers, peer: None });
    assert_eq!(context.journey().map(|found| found.id()), Some(journey.id()));
    let headers = [("user-agent", " curl/8.5.0\t")];
    let (context, _finisher) =
        layer.begin(&IncomingRequest { method: "GET", path: "/", headers: &headers, peer: None });
    assert_eq!(context.actor(), Actor::AgentCurl);
}

/// A cookie of this host alone, set before there was a domain, comes first from browsers.
#[test]
fn cookies_from_before_there_was_a_domain_are_removed_when_the_journey_changes_or_must_go() {
    let harness = harness();
    let removed = |changes: &[HeaderChange]| {
        let lines =
            changes.iter().filter_map(|change| change.added()).filter(|(name, _)| *name == "set-cookie");
        let of_host = |line: &&str| line.contains("Max-Age=0") && !line.contains("Domain=");
        lines.map(|(_, line)| line).filter(of_host).count()
    };
    let request = [("cookie", "journey=x; journey-2=y"), ("dnt", "1")];
    let nothing: [(&str, &str); 0] = [];
    for (cookie, expected) in [(cookie(), 0), (cookie().domain("example.com").unwrap(), 2)] {
        let layer = harness.layer().journey_cookie(cookie);
        let incoming = IncomingRequest { method: "GET", path: "/", headers: &request, peer: None };
        let (context, finisher) = layer.begin(&incoming);
        context.adopt(harness.funnel.begin_journey(Actor::AgentMcp));
        assert_eq!(removed(&finisher.finish(&nothing)), expected);
        let denying = layer.consent(Consent::unless_opted_out);
        let (_context, finisher) = denying.begin(&incoming);
        let changes = finisher.finish(&nothing);
        assert_eq!(removed(&changes), 2, "{changes:?}");
        let lines =
            changes.iter().filter(|change| change.added().is_some_and(|(name, _)| name == "set-cookie"));
        assert_eq!(lines.count(), 2 + expected);
    }
}
