//! Encoded records from outside: whatever the bytes are, only what the contract allows comes through.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test stops at the first surprise")]

use instant_funnel_core::contract::{CONTRACT, RawValue};
use instant_funnel_core::{
    Admission, Checker, Claim, JourneyId, Stamp, TeamId, admit_resource, admits_scope, encode_resource,
    encode_scope,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::resource::v1::Resource;
use proptest::prelude::*;
use prost::Message;

fn claim() -> Vec<u8> {
    let checker = Checker::builder(&CONTRACT).default_value("serviceName", "api").build().unwrap();
    let draft = Claim::new(TeamId::new()).journey(JourneyId::new()).tier("free").into();
    checker.check(&draft, Stamp::now(), |_, violation| panic!("{violation:?}")).unwrap().encode_to_vec()
}

fn text(value: &str) -> Option<AnyValue> {
    Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) })
}

fn attribute(key: &str, value: Option<AnyValue>) -> KeyValue {
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

/// What is left of a claim after a change, decoded.
fn changed(change: impl FnOnce(&mut LogRecord)) -> Option<LogRecord> {
    let mut record = LogRecord::decode(&claim()[..]).unwrap();
    change(&mut record);
    match CONTRACT.admit(&record.encode_to_vec()) {
        Admission::Whole => Some(record),
        Admission::Without { record, dropped } => {
            assert!(dropped > 0);
            Some(LogRecord::decode(&record[..]).unwrap())
        }
        Admission::Refused => None,
    }
}

#[test]
fn what_no_record_has_is_left_out_and_the_record_goes_on() {
    type Change = Box<dyn Fn(&mut LogRecord)>;
    const SECRET: &str = "jane@example.com";
    let list =
        AnyValue { value: Some(Value::ArrayValue(ArrayValue { values: vec![text(SECRET).unwrap()] })) };
    let changes: Vec<(&str, Change)> = vec![
        ("body", Box::new(|r| r.body = text(SECRET))),
        ("severity text", Box::new(|r| SECRET.clone_into(&mut r.severity_text))),
        ("unknown key", Box::new(|r| r.attributes.push(attribute("email", text(SECRET))))),
        ("key of another step", Box::new(|r| r.attributes.push(attribute("service", text("db"))))),
        ("broken rule", Box::new(|r| r.attributes.push(attribute("reasonCode", text(SECRET))))),
        ("list", Box::new(move |r| r.attributes.push(attribute("reasonCode", Some(list.clone()))))),
        ("second value", Box::new(|r| r.attributes.push(attribute("tier", text("pro"))))),
        ("trace id", Box::new(|r| r.trace_id = SECRET.as_bytes()[..15].to_vec())),
        ("dropped attributes", Box::new(|r| r.dropped_attributes_count = 20)),
    ];
    for (what, change) in changes {
        let plain = changed(|_| ()).unwrap();
        let left = changed(|record| change(record)).unwrap_or_else(|| panic!("{what}: refused"));
        assert!(!format!("{left:?}").contains("jane"), "{what}");
        let kept = |record: &LogRecord| record.attributes.iter().map(|a| a.key.clone()).collect::<Vec<_>>();
        assert_eq!(kept(&left), kept(&plain), "{what}");
    }
}

#[test]
fn a_record_of_another_event_or_without_a_step_is_refused() {
    let set = |record: &mut LogRecord, key: &str, value: &str| {
        record.attributes.iter_mut().find(|a| a.key == key).unwrap().value = text(value);
    };
    assert_eq!(changed(|record| "Mail".clone_into(&mut record.event_name)), None);
    assert_eq!(changed(|record| set(record, "newrelic.event.type", "Mail")), None);
    assert_eq!(changed(|record| set(record, "funnelStep", "refund")), None);
    assert_eq!(changed(|record| record.attributes.clear()), None);
    assert_eq!(CONTRACT.admit(&[]), Admission::Refused);
    let whole = claim();
    for end in 1..whole.len() {
        if let Admission::Without { record, .. } = CONTRACT.admit(&whole[..end]) {
            panic!("{record:?}");
        }
    }
}

#[test]
fn of_a_resource_and_a_scope_only_what_the_contract_allows_comes_through() {
    let clean = encode_resource([("service.name", "api"), ("service.version", "1.2.3")]);
    assert_eq!(admit_resource(&clean), clean);
    let mut dirty = Resource::decode(&clean[..]).unwrap();
    dirty.attributes.push(attribute("host.ip", text("192.0.2.7")));
    dirty.attributes.push(attribute("service.namespace", text("jane@example.com")));
    dirty.dropped_attributes_count = 3;
    assert_eq!(admit_resource(&dirty.encode_to_vec()), clean);
    assert!(admit_resource(b"\x0a\xffJane").is_empty());
    assert!(admits_scope(&encode_scope("instant-funnel", "0.1.0")) && admits_scope(&[]));
    assert!(!admits_scope(&encode_scope("jane@example.com", "0.1.0")));
    assert!(!admits_scope(b"Jane"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// Judged by a decoder that is not ours.
    #[test]
    fn whatever_is_damaged_what_comes_through_is_clean(
        flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = claim();
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let left = match CONTRACT.admit(&bytes) {
            Admission::Whole => bytes,
            Admission::Without { record, .. } => record,
            Admission::Refused => return Ok(()),
        };
        let left = LogRecord::decode(&left[..]).unwrap();
        prop_assert!(left.severity_text.is_empty() || left.severity_text == "INFO");
        prop_assert!(left.body.is_none_or(|body| Some(body) == text("InstantFunnel")));
        let millis = (left.time_unix_nano / 1_000_000) as i64;
        for attribute in left.attributes {
            let value = attribute.value.and_then(|value| value.value);
            let raw = match &value {
                Some(Value::StringValue(text)) => RawValue::Text(text),
                Some(Value::BoolValue(truth)) => RawValue::Bool(*truth),
                Some(Value::IntValue(value)) => RawValue::Integer(*value),
                _ => RawValue::Other,
            };
            prop_assert!(CONTRACT.judge(&attribute.key, raw, millis).is_ok(), "{}", attribute.key);
        }
    }
}
