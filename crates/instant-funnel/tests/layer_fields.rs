//! What the layer takes from the fields of an event and of its spans, and how it counts what it does not take.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

mod layer_support;

use std::fmt;
use std::sync::Arc;

use instant_funnel::contract::Violation;
use instant_funnel::testing::{RecordedEvent, Recorder};
use instant_funnel::{Backend, DropReason, EventId, Funnel, FunnelBuilder, PseudonymKey};
use tracing::field::Empty;
use tracing::{info, info_span};
use tracing_subscriber::layer::SubscriberExt;

const JOURNEY: &str = "0191d2a0-5c1e-4e57-9d0b-1f6f3a8f0c11";
const HEX_32: &str = "0123456789abcdef0123456789abcdef";

fn recording(configure: impl FnOnce(FunnelBuilder) -> FunnelBuilder) -> (Funnel, Recorder) {
    let recorder = Recorder::new();
    let builder = Funnel::builder().service_name("test").backend(Backend::Custom(Arc::new(recorder.clone())));
    (configure(builder).build().unwrap(), recorder)
}

fn keyed() -> (Funnel, Recorder) {
    recording(|builder| builder.pseudonym_key(PseudonymKey::new(&[7; 32]).unwrap()))
}

fn recorded(emit: impl FnOnce()) -> (Vec<RecordedEvent>, Funnel) {
    let (funnel, recorder) = keyed();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(funnel.layer()), emit);
    (recorder.take(), funnel)
}

#[track_caller]
fn assert_blocked(funnel: &Funnel, expected: &[(Violation, u64)]) {
    for violation in Violation::ALL {
        let count = expected.iter().find(|(of, _)| *of == violation).map_or(0, |(_, count)| *count);
        assert_eq!(funnel.attributes_blocked(violation), count, "{violation:?}");
    }
}

struct Bomb;

impl fmt::Debug for Bomb {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("in Debug")
    }
}

#[test]
fn ids_and_pseudonyms_are_reserved_since_text_cannot_prove_who_made_it() {
    let id = EventId::of("claim", "ch_17");
    let (events, funnel) = recorded(|| {
        info!(name: "InstantFunnel", funnelStep = "claim", eventId = HEX_32, fingerprint = HEX_32);
        info!(name: "InstantFunnel", funnelStep = "claim", fingerprintKeyId = "0123abcd", emailHash = "0123456789abcdef");
        info!(name: "InstantFunnel", funnelStep = "claim", commitId = "d4155550123", eventId = %id, fingerprint = ?HEX_32);
        info!(name: "InstantFunnel", funnelStep = "claim", eventId = 17, emailHash = true, serviceName = "other");
    });
    assert_eq!(events.len(), 4);
    for event in &events {
        for key in ["fingerprint", "fingerprintKeyId", "emailHash", "commitId"] {
            event.assert_absent(key);
        }
        assert_ne!(event.text("eventId"), Some(HEX_32));
        assert_ne!(event.text("eventId"), Some(id.to_string().as_str()));
    }
    assert_blocked(&funnel, &[(Violation::Reserved, 10)]);
}

#[test]
fn a_span_passes_on_no_id_and_a_pseudonym_in_it_is_counted_for_each_event() {
    let (events, funnel) = recorded(|| {
        let _span = info_span!(
            "request",
            fingerprint = HEX_32,
            fingerprintKeyId = "0123abcd",
            emailHash = "0123456789abcdef",
            commitId = "0123abcd",
            eventId = HEX_32,
            eventFact = "ch_17",
            funnelStep = "paid"
        )
        .entered();
        info!(name: "InstantFunnel", funnelStep = "claim");
    });
    events[0].assert_step("claim");
    for key in ["fingerprint", "fingerprintKeyId", "emailHash", "commitId"] {
        events[0].assert_absent(key);
    }
    assert_ne!(events[0].text("eventId"), Some(HEX_32));
    assert_ne!(events[0].text("eventId"), Some(EventId::of("claim", "ch_17").to_string().as_str()));
    assert_blocked(&funnel, &[(Violation::Reserved, 3)]);
}

#[test]
fn an_event_fact_gives_the_id_of_the_step_and_the_fact_wherever_the_step_stands() {
    let fact = String::from("ch_17");
    let (events, funnel) = recorded(|| {
        info!(name: "InstantFunnel", funnelStep = "paid", eventFact = "ch_17");
        info!(name: "InstantFunnel", eventFact = %fact, tier = "pro", funnelStep = "paid");
        info!(name: "InstantFunnel", eventFact = fact, funnelStep = "claim");
        info!(name: "InstantFunnel", eventFact = 17, funnelStep = "paid");
        info!(name: "InstantFunnel", funnelStep = "paid", eventFact = 17_u128);
    });
    let of = |step: &str, fact: &str| EventId::of(step, fact).to_string();
    let ids: Vec<_> = events.iter().map(|event| event.text("eventId").unwrap().to_owned()).collect();
    let expected =
        [of("paid", "ch_17"), of("paid", "ch_17"), of("claim", "ch_17"), of("paid", "17"), of("paid", "17")];
    assert_eq!(ids, expected);
    assert_blocked(&funnel, &[]);
}

#[test]
fn an_event_fact_that_is_no_fact_is_counted_and_the_event_gets_a_fresh_id() {
    let long = "a".repeat(600);
    let (events, funnel) = recorded(|| {
        info!(name: "InstantFunnel", funnelStep = "paid", eventFact = "");
        info!(name: "InstantFunnel", funnelStep = "paid", eventFact = " ");
        info!(name: "InstantFunnel", funnelStep = "paid", eventFact = ?long);
        info!(name: "InstantFunnel", funnelStep = "paid", eventFact = 1.5);
        info!(name: "InstantFunnel", funnelStep = "paid", eventFact = true);
        info!(name: "InstantFunnel", funnelStep = "paid", eventFact = None::<&str>);
    });
    let mut ids: Vec<_> = events.iter().map(|event| event.text("eventId").unwrap().to_owned()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 6);
    assert_blocked(&funnel, &[(Violation::Derivation, 3), (Violation::Type, 2)]);
}

#[test]
fn an_event_fact_of_an_event_without_a_step_is_lost_with_it() {
    let (events, funnel) = recorded(|| info!(name: "InstantFunnel", eventFact = "ch_17"));
    assert_eq!(events, []);
    assert_eq!(funnel.stats().dropped[DropReason::InvalidEvent], 1);
}

#[test]
fn an_email_in_any_case_is_hashed_and_never_kept() {
    let (events, funnel) = recorded(|| {
        info!(name: "InstantFunnel", funnelStep = "claim", EMail = "Jane@example.com ");
        info!(name: "InstantFunnel", funnelStep = "claim", email = ?"jane@example.com");
        info_span!("request", EMAIL = %"jane@example.com")
            .in_scope(|| info!(name: "InstantFunnel", funnelStep = "claim"));
    });
    let hash = funnel.pseudonymize_email("jane@example.com").unwrap().to_string();
    events[0].assert_attribute("emailHash", hash.as_str());
    events[1].assert_absent("emailHash");
    events[2].assert_attribute("emailHash", hash.as_str());
    assert_blocked(&funnel, &[(Violation::Derivation, 1)]);
}

#[test]
fn a_journey_is_version_4_or_7_and_a_team_4_5_7_or_8() {
    let ids = [
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "a8571db0-c2b4-11ee-9d0b-a871dbc265b4",
        "41555501-3400-0000-0000-000000000000",
        "0191d2a0-5c1e-4e57-0d0b-1f6f3a8f0c11",
        "0191d2a0-5c1e-5e57-9d0b-1f6f3a8f0c11",
        "0191d2a0-5c1e-8e57-9d0b-1f6f3a8f0c11",
        "0191d2a0-5c1e-7e57-9d0b-1f6f3a8f0c11",
        JOURNEY,
    ];
    let (events, funnel) = recorded(|| {
        for id in ids {
            info!(name: "InstantFunnel", funnelStep = "claim", journeyId = id, teamId = %id);
            info_span!("request", journeyId = %id, teamId = id)
                .in_scope(|| info!(name: "InstantFunnel", funnelStep = "claim"));
        }
    });
    for (at, event) in events.iter().enumerate() {
        assert_eq!(event.text("journeyId").is_some(), at / 2 >= 7, "{}", ids[at / 2]);
        assert_eq!(event.text("teamId").is_some(), at / 2 >= 5, "{}", ids[at / 2]);
    }
    assert_blocked(&funnel, &[(Violation::Uuid, 2 * (7 + 5))]);
}

#[test]
fn an_attribute_on_a_step_where_it_may_not_occur_is_dropped_and_counted() {
    let (events, funnel) = recorded(|| {
        info!(name: "InstantFunnel", funnelStep = "landing", tier = "free", journeyId = JOURNEY);
        info!(name: "InstantFunnel", service = "db", funnelStep = "claim", tier = "free");
        info!(name: "InstantFunnel", funnelStep = "provision", teamId = JOURNEY, renewal = true);
        info!(name: "InstantFunnel", funnelStep = "landing", email = "jane@example.com");
    });
    events[0].assert_absent("tier").assert_attribute("journeyId", JOURNEY);
    events[1].assert_absent("service").assert_attribute("tier", "free");
    events[2].assert_absent("teamId").assert_absent("renewal");
    events[3].assert_absent("emailHash");
    assert_blocked(&funnel, &[(Violation::Step, 5)]);
}

#[test]
fn an_inherited_attribute_on_a_step_where_it_may_not_occur_is_passed_over_without_a_count() {
    let (events, funnel) = recorded(|| {
        let _outer =
            info_span!("request", email = "jane@example.com", teamId = JOURNEY, tier = "free").entered();
        let _inner =
            info_span!("handler", service = "Not A Slug", renewal = "yes", actor = "prober").entered();
        info!(name: "InstantFunnel", funnelStep = "landing");
        info!(name: "InstantFunnel", funnelStep = "claim");
    });
    events[0].assert_attribute("actor", "prober");
    for key in ["emailHash", "teamId", "tier", "service", "renewal"] {
        events[0].assert_absent(key);
    }
    for key in ["emailHash", "teamId", "tier"] {
        assert!(events[1].text(key).is_some(), "{key}");
    }
    assert_blocked(&funnel, &[]);
}

#[test]
fn the_first_of_two_fields_for_one_attribute_is_counted() {
    let (events, funnel) = recorded(|| {
        info!(name: "InstantFunnel", funnelStep = "claim", tier = "free", tier = "pro");
        info!(name: "InstantFunnel", funnelStep = "paid", funnelStep = "claim", tier = %"pro");
        info!(name: "InstantFunnel", funnelStep = "claim", tier = "pro", email = "joe@example.com", EMAIL = "jane@example.com");
        info!(name: "InstantFunnel", funnelStep = "claim", tier = "pro", eventFact = "a", eventFact = "b");
        info_span!("request", tier = "free", tier = "pro", path = "/a", path = "/b")
            .in_scope(|| info!(name: "InstantFunnel", funnelStep = "claim"));
    });
    for event in &events {
        event.assert_step("claim").assert_attribute("tier", "pro");
    }
    let hash = funnel.pseudonymize_email("jane@example.com").unwrap().to_string();
    events[2].assert_attribute("emailHash", hash);
    events[3].assert_attribute("eventId", EventId::of("claim", "b").to_string());
    assert_blocked(&funnel, &[(Violation::Duplicate, 5)]);
}

#[test]
fn a_value_recorded_later_takes_the_place_of_the_spans_first() {
    let (events, funnel) = recorded(|| {
        let span = info_span!("request", tier = "free", actor = Empty);
        span.record("tier", "pro");
        span.record("actor", "prober");
        span.in_scope(|| info!(name: "InstantFunnel", funnelStep = "claim"));
    });
    events[0].assert_attribute("tier", "pro").assert_attribute("actor", "prober");
    assert_blocked(&funnel, &[]);
}

#[test]
fn a_span_field_that_panics_while_it_is_formatted_is_counted_and_costs_only_itself() {
    let (events, funnel) = recorded(|| {
        let span = info_span!("request", tier = ?Bomb, journeyId = JOURNEY, actor = Empty, path = ?Bomb);
        span.record("actor", tracing::field::debug(Bomb));
        span.in_scope(|| {
            info!(name: "InstantFunnel", funnelStep = "claim");
            info!(name: "InstantFunnel", funnelStep = "claim", tier = "pro", actor = "prober");
        });
    });
    assert_eq!(events.len(), 2);
    events[0].assert_attribute("journeyId", JOURNEY).assert_absent("tier").assert_absent("actor");
    events[1].assert_attribute("tier", "pro");
    assert_eq!(funnel.caught_panics(), 2, "the path is not formatted");
    assert_blocked(&funnel, &[(Violation::Format, 2)]);
    assert!(funnel.advisories().iter().any(|advisory| advisory.to_string().contains("panic")));
}

#[test]
fn two_funnels_on_one_registry_do_not_share_what_a_span_offers() {
    let (open, seen_by_open) = recording(|builder| builder);
    let (closed, seen_by_closed) = keyed();
    let (narrow, seen_by_narrow) = recording(|builder| builder.vocabulary("tier", ["free"]));
    let subscriber =
        tracing_subscriber::registry().with(open.layer()).with(closed.layer()).with(narrow.layer());
    tracing::subscriber::with_default(subscriber, || {
        let span = info_span!("request", tier = "pro", email = "jane@example.com", actor = Empty);
        span.record("actor", "prober");
        span.in_scope(|| info!(name: "InstantFunnel", funnelStep = "claim"));
    });
    let [open_event, closed_event, narrow_event] =
        [seen_by_open, seen_by_closed, seen_by_narrow].map(|recorder| recorder.take().remove(0));
    for event in [&open_event, &closed_event, &narrow_event] {
        event.assert_attribute("actor", "prober");
    }
    open_event.assert_attribute("tier", "pro").assert_absent("emailHash");
    let hash = closed.pseudonymize_email("jane@example.com").unwrap().to_string();
    closed_event.assert_attribute("tier", "pro").assert_attribute("emailHash", hash);
    narrow_event.assert_absent("tier").assert_absent("emailHash");
    assert_blocked(&open, &[(Violation::NoPseudonymKey, 1)]);
    assert_blocked(&closed, &[]);
    assert_blocked(&narrow, &[(Violation::NoPseudonymKey, 1), (Violation::Vocabulary, 1)]);
}

#[test]
fn a_funnel_without_a_backend_counts_the_layers_steps_as_it_counts_its_own() {
    let registry = prometheus::Registry::new();
    let funnel = Funnel::builder().registry(&registry).build().unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(funnel.layer()), || {
        info!(name: "InstantFunnel", funnelStep = "claim", tier = "pro");
        info!(name: "InstantFunnel", funnelStep = "refund");
    });
    let claims: f64 = registry
        .gather()
        .iter()
        .filter(|family| family.name() == "instant_conversion_funnel_total")
        .flat_map(|family| family.get_metric())
        .filter(|metric| metric.get_label()[0].value() == "claim")
        .map(|metric| metric.get_counter().get_value())
        .sum();
    assert_eq!(claims, 1.0);
}

#[test]
fn what_is_refused_is_listed_by_key_and_rule_and_never_by_value() {
    let (_, funnel) = recorded(|| {
        info!(name: "InstantFunnel", funnelStep = "provision", service = "Postgres", tier = "Jane Doe", jane_doe = 1);
        info!(name: "InstantFunnel", funnelStep = "provision", service = "Redis", eventId = HEX_32);
        info_span!("request", actor = "joe")
            .in_scope(|| info!(name: "InstantFunnel", funnelStep = "landing"));
    });
    let listed: Vec<_> = funnel.advisories().iter().map(ToString::to_string).collect();
    let text = listed.join("\n");
    for (key, rule) in [
        ("service", "slug"),
        ("tier", "slug"),
        ("eventId", "reserved"),
        ("actor", "one_of"),
        ("outside", "unknown_key"),
    ] {
        assert!(listed.iter().any(|line| line.contains(key) && line.contains(rule)), "{key}: {text}");
    }
    for secret in ["Postgres", "Redis", "Jane", "jane_doe", "joe", HEX_32] {
        assert!(!text.contains(secret), "{text}");
    }
}
