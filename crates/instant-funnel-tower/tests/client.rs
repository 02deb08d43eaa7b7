//! The network's pseudonym: of the client, not of who pretends to be one.

mod support;

use http::HeaderName;
use instant_funnel_tower::{ForwardingHeader, TrustedProxies};
use std::net::IpAddr;
use support::bench;

fn address(text: &str) -> IpAddr {
    text.parse().unwrap_or(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED))
}

#[tokio::test]
async fn the_fingerprint_is_the_clients_network_behind_trusted_proxies_only() {
    let bench = bench();
    let proxies = TrustedProxies::networks(ForwardingHeader::Forwarded, ["10.0.0.0/8"]).unwrap();
    let layer = bench.layer().trusted_proxies(proxies).asn_header(HeaderName::from_static("x-asn"));
    let of = |address_text: &str, asn| {
        bench.funnel.pseudonymize_network(address(address_text), asn).unwrap().to_string()
    };
    let headers = [("forwarded", "for=192.0.2.1, for=203.0.113.9"), ("x-asn", "AS64500")];
    let (_, events) = bench.send(&layer, "/provision", &headers, "10.0.0.1:9").await;
    events[0].assert_attribute("fingerprint", of("203.0.113.200", 64_500));
    // Past the proxies: neither header is anybody's word.
    let (_, events) = bench.send(&layer, "/provision", &headers, "198.51.100.4:9").await;
    events[0].assert_attribute("fingerprint", of("198.51.100.4", 0));
    // A proxy speaks for a client that it hides.
    let (_, events) = bench.send(&layer, "/landing", &[("forwarded", "for=unknown")], "10.0.0.1:9").await;
    events[0].assert_absent("fingerprint");
}

#[tokio::test]
async fn the_callers_function_knows_networks_and_peers() {
    let bench = bench();
    let layer = bench
        .layer()
        .peer(|_| Some(address("2001:db8:1::9")))
        .asn(|client| client.is_ipv6().then_some(64_501));
    let (_, events) = bench.send(&layer, "/claim", &[], "").await;
    let expected = bench.funnel.pseudonymize_network(address("2001:db8:1:ffff::1"), 64_501).unwrap();
    events[0]
        .assert_attribute("fingerprint", expected.to_string())
        .assert_attribute("fingerprintKeyId", expected.key_id().unwrap())
        .assert_attribute(
            "emailHash",
            bench.funnel.pseudonymize_email("Jane@example.com").unwrap().to_string(),
        );
}

#[tokio::test]
async fn no_address_is_in_what_is_shown_or_recorded() {
    let bench = bench();
    let layer = bench.layer();
    let (_, events) = bench.send(&layer, "/landing", &[("user-agent", "curl/8")], "192.0.2.77:4711").await;
    let shown = format!("{events:?} {layer:?} {:?}", bench.funnel);
    assert!(shown.contains("fingerprint"));
    for part in ["192.0.2", "4711"] {
        assert!(!shown.contains(part), "{part} in {shown}");
    }
}
