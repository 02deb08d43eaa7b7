//! Another funnel is another table: the same engine checks it and writes it, whatever its keys, order and lengths.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test stops at the first surprise")]

use instant_funnel_core::contract::{Attribute, Contract, Origin, Priority, Rule, StepInfo, StepSet};
use instant_funnel_core::{Checker, Draft, HexBytes, Stamp, TraceContext, Value};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Proto;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use proptest::prelude::*;
use prost::Message;
use std::collections::BTreeMap;
use std::time::SystemTime;

const fn attribute(key: &'static str, rule: Rule, origin: Origin) -> Attribute {
    Attribute { key, rule, origin, steps: StepSet::ALL, when: "", brief: "", derived_from: None }
}

const LONG: Rule = Rule::Name { max: 400 };

/// A caller's attribute before the step's, keys too long for a template, texts too long for one byte of length.
static SECOND: Contract = Contract {
    event_name: "S",
    version: 1,
    steps: &[
        StepInfo { name: "first", priority: Priority::Bulk },
        StepInfo { name: "second", priority: Priority::Value },
    ],
    attributes: &[
        attribute("a", LONG, Origin::Caller),
        attribute("step", Rule::OneOf(&["first", "second"]), Origin::Step),
        attribute("a.key.that.is.longer.than.any.template", LONG, Origin::Caller),
        attribute("default", LONG, Origin::CallerOrProcess),
        attribute("flag", Rule::Bool, Origin::Caller),
        attribute("id", Rule::Hex { min: 8, max: 32, letter: false }, Origin::Caller),
        attribute("uuid", Rule::Uuid, Origin::Caller),
        attribute("trace", Rule::Hex { min: 32, max: 32, letter: false }, Origin::TraceId),
        attribute("z", Rule::Slug, Origin::Caller),
    ],
};

fn text(max: usize) -> impl Strategy<Value = Option<String>> {
    proptest::option::of(proptest::string::string_regex(&format!("[a-z]{{1,{max}}}")).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_record_takes_exactly_its_length_and_says_what_was_said(
        (step, a, long, default, flag, id, uuid, z, traced) in (
            0..2_usize, text(400), text(400), text(400), any::<Option<bool>>(),
            proptest::option::of(proptest::collection::vec(any::<u8>(), 4..=16)),
            any::<Option<[u8; 16]>>(), text(32), any::<bool>(),
        )
    ) {
        let checker = Checker::builder(&SECOND).default_value("default", "of-the-process").build().unwrap();
        let mut draft = Draft::new(&SECOND, step);
        let mut expected = BTreeMap::from([("step", Proto::StringValue(SECOND.steps[step].name.into()))]);
        expected.insert("default", Proto::StringValue("of-the-process".into()));
        let uuid = uuid.map(uuid::Uuid::from_bytes);
        let said = [
            ("a", a.as_deref().map(Value::Text)),
            ("a.key.that.is.longer.than.any.template", long.as_deref().map(Value::Text)),
            ("default", default.as_deref().map(Value::Text)),
            ("flag", flag.map(Value::Bool)),
            ("id", id.as_deref().map(|bytes| Value::Hex(HexBytes::new(bytes)))),
            ("uuid", uuid.map(Value::Uuid)),
            ("z", z.as_deref().map(Value::Text)),
        ];
        for (key, value) in said {
            if let Some(value) = value {
                draft.set(SECOND.index(key), value);
                expected.insert(key, match value {
                    Value::Bool(value) => Proto::BoolValue(value),
                    text => Proto::StringValue(text.to_string()),
                });
            }
        }
        let trace = TraceContext { trace_id: [0xab; 16], span_id: [0xcd; 8], flags: 1 };
        let stamp = Stamp { observed: SystemTime::now(), trace: traced.then_some(trace) };
        if traced {
            expected.insert("trace", Proto::StringValue("ab".repeat(16)));
        }

        let record = checker.check(&draft, stamp, |_, violation| panic!("{violation:?}")).unwrap();
        let mut exact = vec![0; record.encoded_len()];
        prop_assert_eq!(record.encode_into(&mut exact), Ok(exact.len()));
        let mut roomy = vec![0xff; exact.len() + 100];
        prop_assert_eq!(record.encode_into(&mut roomy), Ok(exact.len()));
        prop_assert_eq!(&roomy[..exact.len()], &exact[..]);
        prop_assert!(record.encode_into(&mut vec![0; exact.len() - 1]).is_err());

        let read = LogRecord::decode(&exact[..]).unwrap();
        prop_assert_eq!(&read.event_name, "S");
        prop_assert_eq!(read.trace_id.is_empty(), !traced);
        let keys: Vec<_> = read.attributes.iter().map(|attribute| attribute.key.clone()).collect();
        let table = SECOND.attributes.iter().map(|attribute| attribute.key);
        prop_assert_eq!(keys, table.filter(|key| expected.contains_key(key)).collect::<Vec<_>>());
        for attribute in read.attributes {
            let value = attribute.value.and_then(|value| value.value);
            prop_assert_eq!(value.as_ref(), expected.get(attribute.key.as_str()), "{}", attribute.key);
        }
    }
}

#[test]
fn no_buffer_is_written_past_its_end() {
    let checker = Checker::builder(&SECOND).build().unwrap();
    let mut draft = Draft::new(&SECOND, 0);
    draft.set(SECOND.index("a"), Value::Text("some-text"));
    draft.set(SECOND.index("uuid"), Value::Uuid(uuid::Uuid::nil()));
    draft.set(SECOND.index("z"), Value::Text("z"));
    let record = checker.check(&draft, Stamp::now(), |_, _| ()).unwrap();
    for len in 0..record.encoded_len() {
        assert!(record.encode_into(&mut vec![0; len]).is_err(), "{len}");
    }
}
