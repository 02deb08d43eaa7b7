//! What the design that this re-creates pins by tests, each under a name that says the behaviour.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

use std::sync::{Arc, Mutex, PoisonError};

use instant_funnel::testing::{Recorder, capture};
use instant_funnel::{Backend, Claim, DropReason, EventId, Funnel, Landing, Paid, Provision, Step, TeamId};

/// The process has one global funnel; these tests take turns.
static TURN: Mutex<()> = Mutex::new(());

fn team() -> TeamId {
    TeamId::parse("5f8d0e1a-3b7c-4d2e-9f10-1a2b3c4d5e6f").unwrap()
}

fn vars(pairs: &'static [(&str, &str)]) -> Funnel {
    Funnel::from_vars(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
}

#[test]
fn the_default_is_inert() {
    let funnel = vars(&[]);
    funnel.record(Landing::new());
    assert_eq!(funnel.stats(), instant_funnel::Stats::default());
    assert_eq!(funnel.advisories(), []);
}

#[test]
fn recording_before_anything_is_installed_does_nothing() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    instant_funnel::record(Landing::new());
    assert_eq!(instant_funnel::global().stats().recorded, 0);
}

#[test]
fn an_installed_funnel_is_process_wide_and_can_be_replaced() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let (first, seen_first) = Funnel::recording();
    let (second, seen_second) = Funnel::recording();
    first.install();
    std::thread::spawn(|| instant_funnel::record(Landing::new())).join().unwrap();
    second.install();
    instant_funnel::record(Landing::new());
    assert_eq!((seen_first.take().len(), seen_second.take().len()), (1, 1));
    Funnel::noop().install();
}

#[test]
fn an_event_carries_its_step_and_attributes() {
    let events = capture(|funnel| funnel.record(Provision::new("queue").tier("anonymous")));
    events[0]
        .assert_step("provision")
        .assert_attribute("service", "queue")
        .assert_attribute("tier", "anonymous");
}

#[test]
fn empty_optionals_are_omitted_and_an_empty_text_is_no_value() {
    let events = capture(|funnel| funnel.record(Provision::new("").tier("")));
    events[0].assert_absent("service").assert_absent("tier").assert_absent("teamId");
}

#[test]
fn every_canonical_step_can_be_recorded() {
    let events = capture(|funnel| {
        funnel.record(Landing::new());
        funnel.record(Provision::new("db"));
        funnel.record(Claim::new(team()));
        funnel.record(Paid::new(team(), None));
    });
    let steps: Vec<_> = events.iter().map(|event| event.step).collect();
    assert_eq!(steps, Step::ALL.map(Step::as_str));
}

#[test]
fn no_personal_data_is_emitted_when_a_caller_puts_it_where_it_must_not_go() {
    let events = capture(|funnel| {
        funnel.record(Provision::new("db").tier("jane@example.com").reason_code("call +1 415 555 0123"));
    });
    let text = String::from_utf8_lossy(&events[0].otlp).into_owned();
    assert!(!text.contains("jane") && !text.contains("415 555"), "{text}");
}

#[test]
fn only_keys_of_the_contract_are_emitted() {
    let allowed: Vec<_> = instant_funnel::contract::CONTRACT.attributes.iter().map(|a| a.key).collect();
    let events = capture(|funnel| funnel.record(Claim::new(team()).tier("free")));
    assert!(events[0].attributes.keys().all(|key| allowed.contains(key)));
}

#[test]
fn an_unknown_backend_degrades_to_noop_with_an_advisory() {
    let funnel = vars(&[("ANALYTICS_BACKEND", "carrier-pigeon")]);
    funnel.record(Landing::new());
    assert_eq!(funnel.stats().recorded, 0);
    assert_eq!(funnel.advisories()[0].variable(), "ANALYTICS_BACKEND");
}

#[test]
fn new_relic_without_a_key_counts_every_event_as_nil_app() {
    let funnel = vars(&[("ANALYTICS_BACKEND", "newrelic")]);
    funnel.record(Landing::new());
    let stats = funnel.stats();
    assert_eq!((stats.recorded, stats.dropped[DropReason::NilApp]), (1, 1));
    assert!(!funnel.advisories().is_empty());
}

#[test]
fn a_retried_webhook_yields_the_same_event_id() {
    let events = capture(|funnel| {
        for _ in 0..2 {
            funnel.record(Paid::new(team(), None).event_id(EventId::of("paid", "ch_17")));
        }
    });
    assert_eq!(events[0].text("eventId"), events[1].text("eventId"));
}

#[test]
fn traffic_is_always_stamped_with_its_cohort() {
    let events = capture(|funnel| funnel.record(Landing::new()));
    events[0].assert_attribute("cohort", "real");
    let recorder = Recorder::new();
    let funnel = Funnel::builder()
        .cohort(instant_funnel::Cohort::Synthetic)
        .backend(Backend::Custom(Arc::new(recorder.clone())))
        .build()
        .unwrap();
    funnel.record(Landing::new());
    recorder.take()[0].assert_attribute("cohort", "synthetic");
}

#[test]
fn without_a_pseudonym_key_fingerprint_and_e_mail_hash_are_omitted() {
    let events = capture(|funnel| {
        let bucket = funnel.pseudonymize_network("192.0.2.7".parse().unwrap(), 1);
        let email = funnel.pseudonymize_email("jane@example.com");
        funnel.record(Claim::new(team()).fingerprint(bucket).email_hash(email));
    });
    events[0].assert_absent("fingerprint").assert_absent("fingerprintKeyId").assert_absent("emailHash");
}
