//! Another funnel is another table: the same engine checks it and writes it, whatever its keys, order and lengths.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::time::SystemTime;

use instant_funnel_core::contract::{
    Attribute, Contract, Maker, Origin, Presence, Rule, StepInfo, StepSet, Supplier,
};
use instant_funnel_core::{Admission, Checker, Draft, EventId, Stamp, TraceContext};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Proto;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use proptest::prelude::*;
use prost::Message;

const fn attribute(key: &'static str, rule: Rule, origin: Origin) -> Attribute {
    Attribute {
        key,
        rule,
        origin,
        supplier: Supplier::Caller,
        steps: StepSet::ALL,
        presence: Presence::When("sometimes"),
        brief: "",
        derived_from: None,
        made_by: None,
        links: false,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "a table is written as one expression")]
const fn made_by(maker: Maker, attribute: Attribute) -> Attribute {
    Attribute { made_by: Some(maker), ..attribute }
}

const LONG: Rule = Rule::Name { max: 400 };

/// A caller's attribute before the step's, keys too long for a template, texts too long for one byte of length.
static SECOND: Contract = Contract {
    event_name: "S",
    version: 1,
    counter: "s_total",
    steps: &[StepInfo { name: "first", critical: false }, StepInfo { name: "second", critical: true }],
    attributes: &[
        attribute("a", LONG, Origin::Caller),
        attribute("step", Rule::OneOf(&["first", "second"]), Origin::Step),
        attribute("a.key.that.is.longer.than.any.template", LONG, Origin::Caller),
        attribute("default", LONG, Origin::CallerOrProcess),
        attribute("flag", Rule::Bool, Origin::Caller),
        made_by(
            Maker::EventId,
            attribute("id", Rule::Hex { min: 8, max: 32, letter: false }, Origin::Caller),
        ),
        attribute("uuid", Rule::Uuid { versions: &[4] }, Origin::Caller),
        attribute("trace", Rule::Hex { min: 32, max: 32, letter: false }, Origin::TraceId),
        attribute("z", Rule::Slug, Origin::Caller),
    ],
};

/// Letters of which no long run is hexadecimal.
fn text(max: usize) -> impl Strategy<Value = Option<String>> {
    proptest::option::of(proptest::string::string_regex(&format!("[g-z]{{1,{max}}}")).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_record_takes_exactly_its_length_and_says_what_was_said(
        (step, a, long, default, flag, id, uuid, z, traced) in (
            0..2_usize, text(400), text(400), text(400), any::<Option<bool>>(),
            any::<Option<u64>>(), any::<Option<[u8; 16]>>(), text(31), any::<bool>(),
        )
    ) {
        let checker = Checker::builder(&SECOND).default_value("default", "of-the-process").build().unwrap();
        let mut draft = Draft::new(&SECOND, step);
        let mut expected = BTreeMap::from([("step", Proto::StringValue(SECOND.steps[step].name.into()))]);
        expected.insert("default", Proto::StringValue("of-the-process".into()));
        let uuid = uuid.map(|bytes| uuid::Builder::from_random_bytes(bytes).into_uuid());
        let id = id.map(|fact| EventId::of("first", fact.to_be_bytes()));
        let texts =
            [("a", &a), ("a.key.that.is.longer.than.any.template", &long), ("default", &default), ("z", &z)];
        for (key, value) in texts {
            if let Some(value) = value {
                draft.set(SECOND.index(key), value);
                expected.insert(key, Proto::StringValue(value.clone()));
            }
        }
        if let Some(flag) = flag {
            draft.set(SECOND.index("flag"), flag);
            expected.insert("flag", Proto::BoolValue(flag));
        }
        if let Some(id) = id {
            draft.set(SECOND.index("id"), id);
            expected.insert("id", Proto::StringValue(id.to_string()));
        }
        if let Some(uuid) = uuid {
            draft.set(SECOND.index("uuid"), uuid);
            expected.insert("uuid", Proto::StringValue(uuid.to_string()));
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

        prop_assert_eq!(SECOND.admit(&exact), Admission::Whole);
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
    draft.set(SECOND.index("a"), "some-text");
    draft.set(SECOND.index("uuid"), uuid::uuid!("01890a5d-ac96-474b-bcce-b302099a8057"));
    draft.set(SECOND.index("z"), "z");
    let record = checker.check(&draft, Stamp::now(), |_, _| ()).unwrap();
    for len in 0..record.encoded_len() {
        assert!(record.encode_into(&mut vec![0; len]).is_err(), "{len}");
    }
}
