//! The network's pseudonym: of the client, not of who pretends to be one.

mod support;

use std::net::IpAddr;

use http::HeaderName;
use instant_funnel_tower::{ForwardingHeader, TrustedProxies};

use self::support::harness;

fn address(text: &str) -> IpAddr {
    text.parse().unwrap_or(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED))
}

#[tokio::test]
async fn the_fingerprint_is_the_clients_network_behind_trusted_proxies_only() {
    let harness = harness();
    let proxies = TrustedProxies::networks(ForwardingHeader::Forwarded, ["10.0.0.0/8"]).unwrap();
    let layer = harness.layer().trusted_proxies(proxies).asn_header(HeaderName::from_static("x-asn"));
    let of = |address_text: &str, asn| {
        harness.funnel.pseudonymize_network(address(address_text), asn).unwrap().to_string()
    };
    let headers = [("forwarded", "for=192.0.2.1, for=203.0.113.9"), ("x-asn", "AS64500")];
    let (_, events) = harness.send(&layer, "/provision", &headers, "10.0.0.1:9").await;
    events[0].assert_attribute("fingerprint", of("203.0.113.200", 64_500));
    // Past the proxies: neither header is anybody's word.
    let (_, events) = harness.send(&layer, "/provision", &headers, "198.51.100.4:9").await;
    events[0].assert_attribute("fingerprint", of("198.51.100.4", 0));
    // A proxy speaks for a client that it hides.
    let (_, events) = harness.send(&layer, "/landing", &[("forwarded", "for=unknown")], "10.0.0.1:9").await;
    events[0].assert_absent("fingerprint");
}

#[tokio::test]
async fn the_callers_function_knows_networks_and_peers() {
    let harness = harness();
    let layer = harness
        .layer()
        .peer(|_| Some(address("2001:db8:1::9")))
        .asn(|client| client.is_ipv6().then_some(64_501));
    let (_, events) = harness.send(&layer, "/claim", &[], "").await;
    let expected = harness.funnel.pseudonymize_network(address("2001:db8:1:ffff::1"), 64_501).unwrap();
    events[0]
        .assert_attribute("fingerprint", expected.to_string())
        .assert_attribute("fingerprintKeyId", expected.key_id().unwrap())
        .assert_attribute(
            "emailHash",
            harness.funnel.pseudonymize_email("Jane@example.com").unwrap().to_string(),
        );
}

#[tokio::test]
async fn no_address_is_in_what_is_shown_or_recorded() {
    let harness = harness();
    let layer = harness.layer();
    let (_, events) = harness.send(&layer, "/landing", &[("user-agent", "curl/8")], "192.0.2.77:4711").await;
    let shown = format!("{events:?} {layer:?} {:?}", harness.funnel);
    assert!(shown.contains("fingerprint"));
    for part in ["192.0.2", "4711"] {
        assert!(!shown.contains(part), "{part} in {shown}");
    }
}

#[tokio::test]
async fn an_address_inside_an_address_has_the_inner_ones_fingerprint() {
    let harness = harness();
    let expected = harness.funnel.pseudonymize_network(address("203.0.113.200"), 0).unwrap().to_string();
    for peer in
        ["2002:cb00:7109::1", "64:ff9b::cb00:7109", "2001::34ff:8ef6", "::ffff:203.0.113.9", "::203.0.113.9"]
    {
        let layer = harness.layer().peer(move |_| Some(address(peer)));
        let (_, events) = harness.send(&layer, "/landing", &[], "").await;
        events[0].assert_attribute("fingerprint", &*expected);
        let proxies = TrustedProxies::networks(ForwardingHeader::XForwardedFor, ["10.0.0.0/8"]).unwrap();
        let layer = harness.layer().trusted_proxies(proxies);
        let (_, events) = harness.send(&layer, "/landing", &[("x-forwarded-for", peer)], "10.0.0.1:9").await;
        events[0].assert_attribute("fingerprint", &*expected);
    }
}

#[tokio::test]
async fn the_network_number_is_looked_up_for_the_inner_address() {
    let harness = harness();
    let layer = harness
        .layer()
        .peer(|_| Some(address("2002:cb00:7109::1")))
        .asn(|client| (client == address("203.0.113.9")).then_some(64_502));
    let (_, events) = harness.send(&layer, "/landing", &[], "").await;
    let expected = harness.funnel.pseudonymize_network(address("203.0.113.1"), 64_502).unwrap();
    events[0].assert_attribute("fingerprint", expected.to_string());
}

#[tokio::test]
async fn a_mapped_peer_is_trusted_as_its_version_4_address_and_no_other_form_is() {
    let harness = harness();
    let of = |text: &str| harness.funnel.pseudonymize_network(address(text), 0).unwrap().to_string();
    for networks in ["10.0.0.0/8", "::ffff:10.0.0.0/104"] {
        let proxies = TrustedProxies::networks(ForwardingHeader::XForwardedFor, [networks]).unwrap();
        let layer = harness.layer().trusted_proxies(proxies);
        let forwarded = [("x-forwarded-for", "203.0.113.9")];
        for peer in ["10.0.0.1:9", "[::ffff:10.0.0.1]:9", "[::ffff:a00:1]:9"] {
            let (_, events) = harness.send(&layer, "/landing", &forwarded, peer).await;
            events[0].assert_attribute("fingerprint", of("203.0.113.9"));
        }
        for peer in ["[2002:a00:1::]:9", "[64:ff9b::a00:1]:9", "[::a00:1]:9"] {
            let (_, events) = harness.send(&layer, "/landing", &forwarded, peer).await;
            events[0].assert_attribute("fingerprint", of("10.0.0.1"));
        }
    }
}

#[tokio::test]
async fn a_smuggled_entry_is_not_believed_over_several_lines() {
    let harness = harness();
    let expected = harness.funnel.pseudonymize_network(address("203.0.113.9"), 0).unwrap().to_string();
    let layer =
        harness.layer().trusted_proxies(TrustedProxies::hops(ForwardingHeader::XForwardedFor, 2).unwrap());
    let chains: [&[&[u8]]; 5] = [
        &[b"192.0.2.66", b"203.0.113.9", b"10.0.0.2"],
        &[b"192.0.2.66, \xff, 203.0.113.9, 10.0.0.2"],
        &[b"192.0.2.66,\xe9", b"203.0.113.9, 10.0.0.2"],
        &[b"192.0.2.66", b"\"", b"203.0.113.9", b"10.0.0.2,"],
        &[b"192.0.2.66, 192.0.2.67\x80", b"203.0.113.9:4711", b"[::ffff:10.0.0.2]:80"],
    ];
    for lines in chains {
        let mut request = http::Request::get("/landing").body(()).unwrap();
        for line in lines {
            let line = http::HeaderValue::from_bytes(line).unwrap();
            request.headers_mut().append("x-forwarded-for", line);
        }
        let (_, events) = harness.call(&layer, request).await;
        events[0].assert_attribute("fingerprint", &*expected);
    }
}

#[tokio::test]
async fn a_number_that_a_client_puts_in_front_of_the_proxys_is_not_read() {
    let harness = harness();
    let proxies = TrustedProxies::hops(ForwardingHeader::XForwardedFor, 1).unwrap();
    let layer = harness.layer().trusted_proxies(proxies).asn_header(HeaderName::from_static("x-asn"));
    let headers = [("x-forwarded-for", "203.0.113.9"), ("x-asn", "64999"), ("x-asn", "64500")];
    let (_, events) = harness.send(&layer, "/landing", &headers, "").await;
    let expected = harness.funnel.pseudonymize_network(address("203.0.113.9"), 64_500).unwrap();
    events[0].assert_attribute("fingerprint", expected.to_string());
}
