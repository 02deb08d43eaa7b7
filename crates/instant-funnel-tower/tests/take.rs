//! A step of any contract, filled with what the request and the journey know.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[allow(dead_code, unreachable_pub, reason = "generated for every use")]
#[path = "../../instant-funnel/tests/shop/mod.rs"]
mod shop;
mod support;

use std::convert::Infallible;
use std::sync::Arc;

use http::{Request, Response};
use instant_funnel::contract::CONTRACT;
use instant_funnel::testing::{RecordedEvent, Recorder};
use instant_funnel::{Actor, Backend, Cohort, Draft, Funnel, Journey, Provision, PseudonymKey};
use instant_funnel_tower::{Consent, FunnelContext, FunnelLayer};
use tower::{ServiceExt, service_fn};
use tower_layer::Layer;

use self::shop::{Activate, Plan, Signup, Visit};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// What one request records.
async fn recorded(
    headers: &[(&str, &str)],
    configure: impl FnOnce(FunnelLayer) -> FunnelLayer,
    handle: impl Fn(&FunnelContext),
) -> Vec<RecordedEvent> {
    let recorder = Recorder::new();
    let builder = Funnel::builder().service_name("shop").contract(&shop::CONTRACT).contract(&CONTRACT);
    let funnel = builder
        .pseudonym_key(PseudonymKey::new(&[7; 32]).unwrap())
        .backend(Backend::Custom(Arc::new(recorder.clone())))
        .build()
        .unwrap();
    let layer = configure(FunnelLayer::new(funnel).peer(|_| Some("192.0.2.7".parse().unwrap())));
    let service = layer.layer(service_fn(async |request: Request<()>| {
        handle(&FunnelContext::of(request.extensions()));
        Ok::<_, Infallible>(Response::new(()))
    }));
    let request =
        headers.iter().fold(Request::get("/"), |request, (name, value)| request.header(*name, *value));
    service.oneshot(request.body(()).unwrap()).await.unwrap();
    recorder.take()
}

#[tokio::test]
async fn another_contracts_step_gets_what_the_request_knows_where_it_has_a_place() {
    let events = recorded(
        &[("user-agent", FIREFOX)],
        |layer| layer,
        |funnel| {
            funnel.take(Visit::new().channel("ads")).record();
            funnel.take(Activate::new(Plan::Trial)).record();
        },
    )
    .await;
    let [visit, activate] = events.as_slice() else { panic!("{events:?}") };
    visit
        .assert_step("visit")
        .assert_attribute("actor", "human_dashboard")
        .assert_attribute("channel", "ads");
    assert_eq!(visit.text("entryActor"), Some("human_dashboard"));
    assert_eq!(visit.text("fingerprint").unwrap().len(), 32);
    assert_eq!(visit.text("fingerprintKeyId").unwrap().len(), 8);
    // The contract has no fingerprint there, and none is blocked.
    activate.assert_step("activate").assert_attribute("plan", "trial").assert_absent("fingerprint");
    let journey = |event: &RecordedEvent| event.text("journeyId").unwrap().to_owned();
    assert_eq!(journey(visit), journey(activate));
}

#[tokio::test]
async fn it_is_the_same_as_the_steps_own_method() {
    let same = |event: &RecordedEvent| {
        let text = |key: &str| event.text(key).map(str::to_owned);
        [
            "journeyId",
            "journeyStart",
            "entryActor",
            "actor",
            "cohort",
            "fingerprint",
            "fingerprintKeyId",
            "tier",
        ]
        .map(text)
    };
    for agent in [FIREFOX, "curl/8.9.1", "Pingdom.com_bot_version_1.4"] {
        let events = recorded(
            &[("user-agent", agent)],
            |layer| layer,
            |funnel| {
                funnel.provision("db").tier("anonymous").record();
                funnel.take(Provision::new("db").tier("anonymous")).record();
            },
        )
        .await;
        assert_eq!(events.len(), 2);
        assert_eq!(same(&events[0]), same(&events[1]), "{agent}");
    }
}

#[tokio::test]
async fn what_the_event_says_itself_stays() {
    let journey = Journey::begin(Actor::AgentMcp);
    let other = |funnel: &FunnelContext| {
        funnel
            .take(Signup::new().journey(journey).actor(Actor::AgentCurl).cohort(Cohort::Synthetic))
            .record();
    };
    let events = recorded(&[("user-agent", FIREFOX)], |layer| layer, other).await;
    let id = journey.id().to_string();
    events[0]
        .assert_attribute("journeyId", id.as_str())
        .assert_attribute("entryActor", "agent_mcp")
        .assert_attribute("actor", "agent_curl")
        .assert_attribute("cohort", "synthetic");
}

#[tokio::test]
async fn without_consent_nothing_joins_the_event_to_a_person() {
    let journey = Journey::begin(Actor::AgentMcp);
    let denied = |layer: FunnelLayer| layer.consent(|_| Consent::Denied);
    let events = recorded(&[("user-agent", FIREFOX)], denied, |funnel| {
        let draft: Draft<'_> = Signup::new().journey(journey).into();
        funnel.take(draft).record();
    })
    .await;
    let event = events[0].assert_step("signup").assert_attribute("actor", "human_dashboard");
    event.assert_absent("journeyId").assert_absent("journeyStart").assert_absent("fingerprint");
}

#[tokio::test]
async fn a_page_that_nobody_has_opened_yet_is_synthetic_and_begins_nothing() {
    let events = recorded(
        &[("user-agent", FIREFOX), ("sec-purpose", "prefetch")],
        |layer| layer,
        |funnel| funnel.take(Visit::new()).record(),
    )
    .await;
    events[0].assert_attribute("cohort", "synthetic").assert_absent("journeyId");
}
