//! Several contracts in one funnel: their own events, one delivery, one set of rules.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![cfg(all(feature = "layer", feature = "prometheus"))]

#[allow(dead_code, unreachable_pub, reason = "a test uses a part of what is generated for a service")]
mod shop;

use std::sync::{Arc, Mutex};

use instant_funnel::contract::{CONTRACT, Violation};
use instant_funnel::testing::Recorder;
use instant_funnel::{
    Actor, Backend, DropReason, Funnel, FunnelBuilder, Journey, Landing, Provision, hidden,
};
use tracing_subscriber::layer::{Context, SubscriberExt};

use self::shop::{Activate, Plan, Signup, Step, Subscribe, Visit};

fn funnel(set: impl FnOnce(FunnelBuilder) -> FunnelBuilder) -> (Funnel, Recorder) {
    let recorder = Recorder::new();
    let builder = Funnel::builder().service_name("shop").backend(Backend::Custom(Arc::new(recorder.clone())));
    (set(builder).build().unwrap(), recorder)
}

fn both(builder: FunnelBuilder) -> FunnelBuilder {
    builder.contract(&CONTRACT).contract(&shop::CONTRACT)
}

#[test]
fn each_event_is_recorded_under_its_own_contract() {
    let (funnel, recorder) = funnel(both);
    let journey = Journey::begin(Actor::HumanDashboard);
    funnel.record(Provision::new("db").journey(journey));
    funnel.record(Visit::new().channel("ads").country("DE").journey(journey));
    funnel.record(Subscribe::new(Plan::Pro, 990, journey));
    let events = recorder.take();
    let names: Vec<_> = events.iter().map(|event| (event.event_name, event.step)).collect();
    assert_eq!(names, [("InstantFunnel", "provision"), ("ShopFunnel", "visit"), ("ShopFunnel", "subscribe")]);
    events[1]
        .assert_attribute("newrelic.event.type", "ShopFunnel")
        .assert_attribute("serviceName", "shop")
        .assert_attribute("channel", "ads")
        .assert_attribute("country", "DE")
        .assert_attribute("entryActor", "human_dashboard");
    events[2].assert_attribute("plan", "pro").assert_attribute("amount", 990_i64);
    assert_eq!(Step::ALL.map(Step::as_str), ["visit", "signup", "activate", "subscribe"]);
    assert_eq!(Plan::ALL.len(), 2);
}

#[test]
fn what_breaks_a_rule_is_dropped_and_named_by_its_key() {
    let (funnel, recorder) = funnel(both);
    funnel.record(Visit::new().channel("jane@example.com").country("Germany"));
    funnel.record(Subscribe::new(Plan::Trial, -1, None));
    let events = recorder.take();
    events[0].assert_absent("channel").assert_absent("country");
    events[1].assert_absent("amount").assert_attribute("plan", "trial");
    for (violation, key) in
        [(Violation::Slug, "channel"), (Violation::Country, "country"), (Violation::Integer, "amount")]
    {
        assert_eq!(funnel.attributes_blocked(violation), 1, "{key}");
        let told = funnel.advisories().iter().any(|one| one.to_string().contains(key));
        assert!(told, "{key} is in no advisory");
    }
}

#[test]
fn an_event_of_a_contract_that_was_not_given_is_dropped_and_counted() {
    let (funnel, recorder) = funnel(|builder| builder.contract(&shop::CONTRACT));
    funnel.record(Landing::new());
    funnel.record(Signup::new());
    let (other, elsewhere) = self::funnel(|builder| builder);
    other.record(Activate::new(Plan::Trial));
    other.record(Landing::new());
    for (funnel, recorder, event) in
        [(&funnel, &recorder, "ShopFunnel"), (&other, &elsewhere, "InstantFunnel")]
    {
        let stats = funnel.stats();
        assert_eq!((stats.recorded, stats.delivered), (2, 1));
        assert_eq!(stats.dropped[DropReason::UnknownContract], 1);
        assert_eq!(
            stats.recorded,
            stats.delivered + stats.handed_over + stats.dropped.total() + stats.pending
        );
        assert_eq!(recorder.take()[0].event_name, event);
        let told = funnel.advisories().iter().any(|one| one.to_string().contains("FunnelBuilder::contract"));
        assert!(told, "{:?}", funnel.advisories());
    }
}

/// Keeps the names and fields of the events that it sees.
struct Sibling(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Sibling {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        self.0.lock().unwrap().push(format!("{event:?}"));
    }
}

#[test]
fn the_layer_knows_each_contract_by_its_events_name_and_siblings_see_none_of_them() {
    let (funnel, recorder) = funnel(both);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let subscriber =
        tracing_subscriber::registry().with(hidden(Sibling(Arc::clone(&seen)))).with(funnel.layer());
    tracing::subscriber::with_default(subscriber, || {
        tracing::info!(name: "ShopFunnel", funnelStep = "subscribe", plan = "pro", amount = 1_990, email = "jane@example.com");
        tracing::info!(name: "InstantFunnel", funnelStep = "landing", reasonCode = "jane@example.com");
        tracing::info!(name: "SomethingElse", plan = "pro");
    });
    let events = recorder.take();
    assert_eq!(events.len(), 2);
    assert_eq!((events[0].event_name, events[0].step), ("ShopFunnel", "subscribe"));
    events[0]
        .assert_attribute("plan", "pro")
        .assert_attribute("amount", 1_990_i64)
        .assert_absent("emailHash");
    events[1].assert_step("landing").assert_absent("reasonCode");
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert!(seen[0].contains("SomethingElse"));
}

#[test]
fn each_contract_has_its_counter_and_all_share_one_family() {
    let registry = prometheus::Registry::new();
    let (funnel, _) = funnel(|builder| both(builder).registry(&registry));
    funnel.record(Landing::new());
    funnel.record(Visit::new());
    funnel.record(Visit::new());
    let text = prometheus::TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
    for line in [
        "instant_conversion_funnel_total{step=\"landing\"} 1",
        "shop_funnel_total{step=\"visit\"} 2",
        "instant_analytics_contract_events_total{contract=\"InstantFunnel\",step=\"landing\"} 1",
        "instant_analytics_contract_events_total{contract=\"ShopFunnel\",step=\"visit\"} 2",
        "instant_analytics_events_total{state=\"recorded\"} 3",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in {text}");
    }
}

#[test]
fn a_vocabulary_closes_the_slugs_of_the_contracts_that_have_it() {
    let (funnel, recorder) = funnel(|builder| both(builder).vocabulary("tier", ["pro"]));
    funnel.record(Provision::new("db").tier("hobby"));
    recorder.take()[0].assert_absent("tier");
    let refused = both(Funnel::builder()).vocabulary("nope", ["a"]).build();
    assert!(refused.is_err());
}
