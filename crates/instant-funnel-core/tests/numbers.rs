//! Integers, numbers and codes: what passes, and what of it arrives.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::time::{Duration, UNIX_EPOCH};

use instant_funnel_core::contract::{Attribute, CONTRACT, Contract, Rule, StepInfo, Violation, fixed};
use instant_funnel_core::{Checker, Draft, Given, Stamp};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Proto;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use proptest::prelude::*;
use prost::Message;

static SHOP: Contract = Contract {
    event_name: "Shop",
    version: 1,
    counter: "shop_total",
    steps: &[StepInfo { name: "visit", critical: false }],
    attributes: &[
        fixed::event_type("Shop"),
        fixed::funnel_step(&["visit"]),
        Attribute::caller("amount", Rule::Integer { min: -5, max: 1_000_000 }, "minor units"),
        Attribute::caller("since", Rule::Instant { earliest: fixed::JOURNEYS_SINCE }, "a time"),
        Attribute::caller("ratio", Rule::Number { min: 0.0, max: 1.0 }, "a share"),
        Attribute::caller("country", Rule::Country, "where"),
        Attribute::caller("currency", Rule::Currency, "which money"),
        Attribute::caller("channel", Rule::SlugOf(&["ads", "organic"]), "from where"),
    ],
};

/// What arrives under `key` when it is given `value`, or the rule that refused it.
fn arrives(contract: &'static Contract, key: &str, value: Given<'_>) -> Result<Proto, Violation> {
    let checker = Checker::new(contract);
    let mut draft = Draft::new(contract, 0);
    draft.set(contract.index(key), value);
    let time = UNIX_EPOCH + Duration::from_millis(1_800_000_000_000);
    draft.set_time(time);
    let stamp = Stamp { observed: time, trace: None };
    let mut refused = None;
    let record = checker.check(&draft, stamp, |_, violation| refused = Some(violation)).unwrap();
    let bytes = record.encode_to_vec();
    let read = LogRecord::decode(&*bytes).unwrap();
    let found = read.attributes.into_iter().find(|attribute| attribute.key == key);
    match (found, refused) {
        (Some(attribute), None) => Ok(attribute.value.unwrap().value.unwrap()),
        (None, Some(violation)) => Err(violation),
        other => panic!("neither kept nor refused: {other:?}"),
    }
}

proptest! {
    #[test]
    fn an_integer_arrives_as_it_was_or_is_refused(value in any::<i64>(), small in -10_i64..1_000_010) {
        for value in [value, small] {
            let expected =
                if (-5..=1_000_000).contains(&value) { Ok(Proto::IntValue(value)) } else { Err(Violation::Integer) };
            prop_assert_eq!(arrives(&SHOP, "amount", value.into()), expected);
        }
    }

    #[test]
    fn a_number_arrives_as_it_was_or_is_refused(value in any::<f64>(), small in -0.5_f64..1.5) {
        for value in [value, small] {
            let expected =
                if (0.0..=1.0).contains(&value) { Ok(Proto::DoubleValue(value)) } else { Err(Violation::Number) };
            prop_assert_eq!(arrives(&SHOP, "ratio", value.into()), expected);
        }
    }
}

#[test]
fn a_value_of_another_type_is_refused() {
    for (key, value, violation) in [
        ("amount", Given::from("12"), Violation::Type),
        ("amount", Given::from(1.0), Violation::Type),
        ("amount", Given::from(true), Violation::Type),
        ("ratio", Given::from(f64::NAN), Violation::Number),
        ("ratio", Given::from("0.5"), Violation::Type),
        ("country", Given::from("de"), Violation::Country),
        ("country", Given::from("XX"), Violation::Country),
        ("country", Given::from(49), Violation::Type),
        ("currency", Given::from("EURO"), Violation::Currency),
        ("channel", Given::from("jane-doe"), Violation::Vocabulary),
        ("channel", Given::from("jane@example.com"), Violation::Slug),
    ] {
        assert_eq!(arrives(&SHOP, key, value), Err(violation), "{key}");
    }
    for (key, value) in [("country", "DE"), ("currency", "EUR"), ("channel", "ads")] {
        assert_eq!(arrives(&SHOP, key, value.into()), Ok(Proto::StringValue(value.to_owned())));
    }
    assert_eq!(arrives(&SHOP, "ratio", Given::from(1)), Ok(Proto::IntValue(1)), "an integer is a number");
}

#[test]
fn a_time_lies_between_2020_and_a_day_after_its_event() {
    const EVENT: i64 = 1_800_000_000_000;
    let day = Rule::AHEAD_MILLIS;
    for good in [fixed::JOURNEYS_SINCE, EVENT, EVENT + day] {
        assert_eq!(arrives(&SHOP, "since", good.into()), Ok(Proto::IntValue(good)));
    }
    for bad in [fixed::JOURNEYS_SINCE - 1, EVENT + day + 1, 0, -1, i64::MIN, i64::MAX] {
        assert_eq!(arrives(&SHOP, "since", bad.into()), Err(Violation::Instant), "{bad}");
    }
    // The beginning of a journey is taken from the journey alone.
    assert_eq!(arrives(&CONTRACT, "journeyStart", EVENT.into()), Err(Violation::Reserved));
}

#[test]
fn the_beginning_of_a_journey_is_not_taken_from_text_or_fields() {
    use instant_funnel_core::contract::RawValue;
    let checker = Checker::new(&CONTRACT);
    for (key, value) in
        [("journeyStart", RawValue::Integer(1_800_000_000_000)), ("entryActor", RawValue::Text("unknown"))]
    {
        assert_eq!(checker.check_field(key, value).map(|_| ()), Err(Violation::Reserved), "{key}");
    }
}

#[test]
fn an_event_tells_how_its_journey_began() {
    use instant_funnel_core::{Actor, Journey, JourneyId, Provision};
    let checker = Checker::new(&CONTRACT);
    let begun = Journey::begin(Actor::AgentMcp);
    let of = |journey: Journey| {
        let draft = Provision::new("db").journey(journey).into();
        let record = checker.check(&draft, Stamp::now(), |_, violation| panic!("{violation:?}")).unwrap();
        ["journeyId", "journeyStart", "entryActor"].map(|key| record.get(key).map(|value| value.to_string()))
    };
    let start = begun.start_unix_millis().unwrap().to_string();
    assert_eq!(of(begun), [Some(begun.id().to_string()), Some(start), Some("agent_mcp".to_owned())]);
    let id = JourneyId::new();
    assert_eq!(of(id.into()), [Some(id.to_string()), None, None], "its beginning is unknown");
}
