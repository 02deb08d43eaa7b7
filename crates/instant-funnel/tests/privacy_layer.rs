//! Whatever fields an event has, nothing leaves the process through the layer that no rule has built.
//!
//! The macros take field names at compile time only, so events with random names are dispatched by hand.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::sync::Arc;

use instant_funnel::contract::Violation;
use instant_funnel::testing::Recorder;
use instant_funnel::{Backend, Funnel, PseudonymKey};
use proptest::prelude::*;
use tracing::field::{FieldSet, Value};
use tracing::{Event, Metadata};
use tracing_core::callsite::Identifier;
use tracing_core::{Callsite, Interest, Kind, Level};
use tracing_subscriber::layer::SubscriberExt;

use self::support::{assert_clean, attributes, contains, decode, hostile, key};

struct Nowhere;

impl Callsite for Nowhere {
    fn set_interest(&self, _: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        panic!("this callsite is never registered")
    }
}

static NOWHERE: Nowhere = Nowhere;

/// Metadata lives for ever in `tracing`; a test may leak some.
fn event_metadata(names: Vec<String>) -> &'static Metadata<'static> {
    let names: Vec<&'static str> = names.into_iter().map(|name| &*name.leak()).collect();
    let fields = FieldSet::new(names.leak(), Identifier(&NOWHERE));
    let metadata = Metadata::new("InstantFunnel", "test", Level::INFO, None, None, None, fields, Kind::EVENT);
    Box::leak(Box::new(metadata))
}

#[derive(Debug, Clone)]
enum Field {
    Text(String),
    Debug(String),
    Display(String),
    Error(String),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Bytes(Vec<u8>),
    Absent,
}

impl Field {
    fn hostile_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Debug(text) | Self::Display(text) | Self::Error(text) => Some(text),
            _ => None,
        }
    }

    fn with_value<R>(&self, then: impl FnOnce(&dyn Value) -> R) -> R {
        match self {
            Self::Text(text) => then(&text.as_str()),
            Self::Debug(text) => then(&tracing::field::debug(&vec![Some(text)])),
            Self::Display(text) => then(&tracing::field::display(text)),
            Self::Error(text) => {
                let error = std::io::Error::other(text.clone());
                then(&(&error as &(dyn std::error::Error + 'static)))
            }
            Self::Signed(number) => then(number),
            Self::Unsigned(number) => then(number),
            Self::Float(number) => then(number),
            Self::Bytes(bytes) => then(&bytes.as_slice()),
            Self::Absent => then(&None::<&str>),
        }
    }
}

fn field() -> impl Strategy<Value = Field> {
    prop_oneof![
        3 => hostile().prop_map(Field::Text),
        2 => hostile().prop_map(Field::Display),
        1 => hostile().prop_map(Field::Debug),
        1 => hostile().prop_map(Field::Error),
        1 => any::<i64>().prop_map(Field::Signed),
        1 => any::<u64>().prop_map(Field::Unsigned),
        1 => any::<f64>().prop_map(Field::Float),
        1 => proptest::collection::vec(any::<u8>(), 0..40).prop_map(Field::Bytes),
        1 => Just(Field::Absent),
    ]
}

/// Each event has its step already.
fn key_beside_the_step() -> impl Strategy<Value = String> {
    key().prop_map(|key| if key == "funnelStep" { "funnelstep".to_owned() } else { key })
}

fn keyed() -> (Funnel, Recorder) {
    let recorder = Recorder::new();
    let funnel = Funnel::builder()
        .service_name("test")
        .pseudonym_key(PseudonymKey::new(&[7; 32]).expect("key"))
        .backend(Backend::Custom(Arc::new(recorder.clone())))
        .build()
        .expect("funnel");
    (funnel, recorder)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_hostile_field_leaves_through_the_layer(
        fields in proptest::collection::btree_map(key_beside_the_step(), field(), 2..=2),
    ) {
        let (funnel, recorder) = keyed();
        let subscriber = tracing_subscriber::registry().with(funnel.layer());
        let dispatch = tracing::Dispatch::new(subscriber);
        let mut names: Vec<String> = fields.keys().cloned().collect();
        names.push("funnelStep".to_owned());
        let metadata = event_metadata(names);
        let mut by_position = metadata.fields().iter();
        let (first, second, step) =
            (by_position.next().unwrap(), by_position.next().unwrap(), by_position.next().unwrap());
        let mut values = fields.values();
        let (a, b) = (values.next().unwrap(), values.next().unwrap());
        a.with_value(|a| b.with_value(|b| {
            let values = [(&first, Some(a)), (&second, Some(b)), (&step, Some(&"claim" as &dyn Value))];
            tracing::dispatcher::with_default(&dispatch, || {
                assert!(dispatch.enabled(metadata));
                Event::dispatch(metadata, &metadata.fields().value_set(&values));
            });
        }));
        let events = recorder.take();
        prop_assert_eq!(events.len(), 1, "{:?}", fields.keys());
        assert_clean(&events[0]);
        for text in fields.values().filter_map(Field::hostile_text) {
            prop_assert!(!contains(&events[0].otlp, text.trim()), "{:.40} got out", text);
        }
        // Each field was kept or counted, never neither and never both.
        let always = 5;
        let kept = attributes(&decode(&events[0])).len() - always;
        // A value over a default, or two fields hashed into one attribute, do not add an attribute.
        let emails = fields.keys().filter(|key| key.eq_ignore_ascii_case("email")).count();
        let overridden = emails > 1 || fields.keys().any(|key| key == "cohort" || key == "eventId");
        let given = fields.values().filter(|field| !matches!(field, Field::Absent)).count();
        let blocked: u64 = Violation::ALL.iter().map(|violation| funnel.attributes_blocked(*violation)).sum();
        prop_assert!(overridden || kept + blocked as usize == given, "{:?}: {} {} {}", fields, kept, blocked, given);
    }
}
