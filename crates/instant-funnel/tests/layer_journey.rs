//! A journey through the `tracing` layer: one field, its text or its sealed form.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod layer_support;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use instant_funnel::contract::Violation;
use instant_funnel::testing::{RecordedEvent, Recorder};
use instant_funnel::{Actor, Backend, Cohort, Funnel, Journey, JourneyId, SigningKey};
use tracing::{info, info_span};
use tracing_subscriber::layer::SubscriberExt;

fn key() -> SigningKey {
    SigningKey::new([7; 32]).unwrap()
}

fn recorded(key: Option<SigningKey>, emit: impl FnOnce()) -> (Vec<RecordedEvent>, Funnel) {
    let recorder = Recorder::new();
    let builder = Funnel::builder().service_name("test").backend(Backend::Custom(Arc::new(recorder.clone())));
    let builder = key.into_iter().fold(builder, |builder, key| builder.signing_key(key));
    let funnel = builder.build().unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(funnel.layer()), emit);
    (recorder.take(), funnel)
}

#[track_caller]
fn assert_of(event: &RecordedEvent, journey: &Journey) {
    event.assert_attribute("journeyId", journey.id().to_string());
    match (journey.start_unix_millis(), journey.entry_actor()) {
        (Some(start), Some(actor)) => {
            event.assert_attribute("journeyStart", i64::try_from(start).unwrap());
            event.assert_attribute("entryActor", actor.as_str());
        }
        _ => {
            event.assert_absent("journeyStart").assert_absent("entryActor");
        }
    }
}

#[test]
fn its_text_and_its_sealed_form_give_all_that_it_knows() {
    let later = SystemTime::now() + Duration::from_secs(60);
    let unknown = Journey::from(JourneyId::new());
    for journey in [Journey::begin(Actor::AgentClaude), Journey::begin(Actor::Prober), unknown] {
        for text in [journey.to_string(), key().seal(&journey, "mail", later), journey.to_string()] {
            let (events, funnel) = recorded(Some(key()), || {
                info!(name: "InstantFunnel", funnelStep = "claim", journey = text, cohort = "real");
                info!(name: "InstantFunnel", journey = %text, funnelStep = "landing");
                let span = info_span!("request", Journey = text);
                span.in_scope(|| info!(name: "InstantFunnel", funnelStep = "provision"));
            });
            assert_eq!(events.len(), 3);
            for event in &events {
                assert_of(event, &journey);
                event.assert_attribute("cohort", journey.cohort().as_str());
            }
            assert_eq!(Violation::ALL.map(|one| funnel.attributes_blocked(one)).iter().sum::<u64>(), 0);
        }
    }
    assert_eq!(Journey::begin(Actor::Prober).cohort(), Cohort::Synthetic);
}

#[test]
fn what_cannot_be_read_is_counted_and_the_event_goes_without() {
    let journey = Journey::begin(Actor::AgentClaude);
    let later = SystemTime::now() + Duration::from_secs(60);
    let sealed = key().seal(&journey, "mail", later);
    let gone = key().seal(&journey, "mail", SystemTime::now() - Duration::from_secs(1));
    let altered = sealed.replace("agent_claude", "agent_curl");
    for (key, text) in [
        (Some(key()), &*altered),
        (Some(key()), &gone),
        (Some(SigningKey::new([8; 32]).unwrap()), &sealed),
        (None, &sealed),
        (Some(key()), "jane@example.com"),
        (Some(key()), ""),
    ] {
        let (events, funnel) =
            recorded(key, || info!(name: "InstantFunnel", funnelStep = "claim", journey = text));
        events[0].assert_absent("journeyId").assert_absent("journeyStart").assert_absent("entryActor");
        assert_eq!(funnel.attributes_blocked(Violation::Derivation), 1, "{text}");
    }
}

#[test]
fn its_parts_are_not_the_callers_to_give() {
    let journey = Journey::begin(Actor::AgentClaude);
    let text = journey.to_string();
    let (events, funnel) = recorded(None, || {
        info!(
            name: "InstantFunnel", funnelStep = "claim", journey = text, entryActor = "agent_curl",
            journeyStart = 1_764_000_000_123_i64
        );
        info!(name: "InstantFunnel", funnelStep = "claim", entryActor = "agent_curl", journeyStart = "1764000000123");
    });
    assert_of(&events[0], &journey);
    events[1].assert_absent("journeyStart").assert_absent("entryActor");
    assert_eq!(funnel.attributes_blocked(Violation::Reserved), 4);
}
