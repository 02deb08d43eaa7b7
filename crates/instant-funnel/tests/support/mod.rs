//! What the tests share: an independent reading of the contract, and values that must never get out.

#![allow(dead_code, reason = "each test uses its part")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use instant_funnel::testing::RecordedEvent;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Proto;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use proptest::prelude::*;
use prost::Message;
use regex::Regex;

pub(crate) fn decode(event: &RecordedEvent) -> LogRecord {
    LogRecord::decode(event.otlp.as_slice()).expect("OTLP bytes")
}

/// The attributes of a decoded record as text; booleans as `true` and `false`.
pub(crate) fn attributes(record: &LogRecord) -> BTreeMap<String, String> {
    record
        .attributes
        .iter()
        .map(|pair| {
            let value = pair.value.as_ref().and_then(|value| value.value.as_ref());
            let text = match value {
                Some(Proto::StringValue(text)) => text.clone(),
                Some(Proto::BoolValue(value)) => value.to_string(),
                other => panic!("no scalar of the contract: {other:?}"),
            };
            (pair.key.clone(), text)
        })
        .collect()
}

/// The contract written a second time, as patterns, so that a slip in the table or the engine shows.
static PATTERNS: LazyLock<BTreeMap<&str, Regex>> = LazyLock::new(|| {
    let slug = "^[a-z][a-z0-9_-]{0,31}$";
    let uuid = "^[0-9a-f]{8}-[0-9a-f]{4}-[4578][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$";
    [
        ("newrelic.event.type", "^InstantFunnel$"),
        ("funnelStep", "^(landing|provision|claim|paid)$"),
        ("serviceName", "^[A-Za-z0-9_.-]{1,64}$"),
        ("cohort", "^(real|synthetic)$"),
        ("eventId", "^[0-9a-f]{32}$"),
        ("journeyId", uuid),
        ("tier", slug),
        ("env", slug),
        ("fingerprint", "^[0-9a-f]{32}$"),
        ("fingerprintKeyId", "^[0-9a-f]{8}$"),
        ("teamId", uuid),
        ("service", slug),
        ("actor", "^(agent_claude|agent_mcp|agent_curl|agent_other|human_dashboard|prober|unknown)$"),
        ("emailHash", "^[0-9a-f]{16}$"),
        ("renewal", "^(true|false)$"),
        ("reasonCode", slug),
        ("commitId", "^[0-9a-f]{7,40}$"),
        ("trace.id", "^[0-9a-f]{32}$"),
        ("span.id", "^[0-9a-f]{16}$"),
    ]
    .into_iter()
    .map(|(key, pattern)| (key, Regex::new(pattern).expect("pattern")))
    .collect()
});

static SEVEN_DIGITS: LazyLock<Regex> = LazyLock::new(|| Regex::new("(?:[0-9][^0-9]*){7}").expect("pattern"));

/// Everything that must hold of any record that leaves the process, whatever was put in.
pub(crate) fn assert_clean(event: &RecordedEvent) {
    let record = decode(event);
    assert_eq!(record.event_name, "InstantFunnel");
    let attributes = attributes(&record);
    assert_eq!(attributes.len(), record.attributes.len(), "a key twice in {attributes:?}");
    for (key, value) in &attributes {
        let pattern = PATTERNS.get(key.as_str()).unwrap_or_else(|| panic!("{key} is not in the contract"));
        assert!(pattern.is_match(value), "{key} = {value:?}");
        if ["tier", "env", "service", "reasonCode"].contains(&key.as_str()) {
            assert!(!SEVEN_DIGITS.is_match(value), "{key} = {value:?}");
        }
        let id_like = ["eventId", "fingerprint", "fingerprintKeyId", "emailHash", "commitId"];
        if id_like.contains(&key.as_str()) {
            assert!(
                value.contains(|c: char| c.is_ascii_lowercase()),
                "{key} = {value:?} is a decimal number"
            );
        }
    }
    for key in ["newrelic.event.type", "funnelStep", "serviceName", "cohort", "eventId"] {
        assert!(attributes.contains_key(key), "{key} is missing");
    }
}

pub(crate) fn contains(haystack: &[u8], needle: &str) -> bool {
    haystack.windows(needle.len().max(1)).any(|window| window == needle.as_bytes())
}

pub(crate) fn contract_keys() -> Vec<&'static str> {
    PATTERNS.keys().copied().collect()
}

/// A string that must not leave the process, whatever key it is put under.
pub(crate) fn hostile() -> impl Strategy<Value = String> {
    // Rare, since a case with it costs what a hundred others do.
    let huge = Just(()).prop_map(|()| "A".repeat(1 << 20));
    prop_oneof![200 => ordinary_hostile(), 1 => huge]
}

fn ordinary_hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        ("[a-z]{1,8}", "[a-z]{2,8}").prop_map(|(user, host)| format!("{user}.q7@{host}.example")),
        "\\+?1?[2-9][0-9]{9}",
        "\\([2-9][0-9]{2}\\) 555-01[0-9]{2}",
        "4[0-9]{15}",
        "4[0-9]{3}-[0-9]{4}-[0-9]{4}-[0-9]{4}",
        "eyJ[A-Za-z0-9_-]{12}\\.eyJ[A-Za-z0-9_-]{20}\\.[A-Za-z0-9_-]{20}",
        "Bearer [A-Za-z0-9]{20}",
        "(postgres|redis|amqp)://[a-z]{4}:[A-Za-z0-9]{8}@db\\.internal:5432/[a-z]{4}",
        any::<std::net::Ipv4Addr>().prop_map(|address| address.to_string()),
        any::<std::net::Ipv6Addr>().prop_map(|address| format!("{address}%eth0")),
        "https?://[a-z]{3,10}\\.example/[a-z]{1,8}\\?token=[A-Za-z0-9]{8}",
        "[A-Z][a-z]{2,8} [A-Z][a-z]{2,8}( 🦀|\u{202e}|\u{200f})?",
        "[a-z]{3}\\x00[a-z]{3}",
        "Some\\(\"[a-z]{3,8}\"\\)",
        "User \\{ name: \"[a-z]{3,8}\", id: [0-9]{1,4} \\}",
        "[а-я]{3,12}",
        ("[a-z]{3,9}", 33_usize..60).prop_map(|(word, length)| word.repeat(length)),
        "\u{feff}[a-z]{3,8}",
        "zq[a-z]{4,8}\n",
    ]
}

/// A key: of the contract, nearly of the contract, or anything.
pub(crate) fn key() -> impl Strategy<Value = String> {
    let known = proptest::sample::select(contract_keys());
    prop_oneof![
        4 => known.clone().prop_map(str::to_owned),
        2 => known.clone().prop_map(|key| key.to_uppercase()),
        1 => known.clone().prop_map(|key| key.replace('e', "\u{435}")),
        1 => known.prop_map(|key| format!("{key} ")),
        1 => Just("email".to_owned()),
        1 => Just("EMail".to_owned()),
        1 => "[a-zA-Z_.]{1,20}",
        1 => "\\PC{1,12}",
    ]
}
