//! Smaller promises, each with the input that once broke it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use instant_funnel::contract::{CONTRACT, Violation};
use instant_funnel::testing::capture;
use instant_funnel::{Actor, Backend, Draft, Funnel, Journey, Landing, Record, Sink, Verdict};

#[test]
fn a_journeys_beginning_is_not_the_callers_to_give() {
    let (funnel, recorder) = Funnel::recording();
    let mut draft = Draft::new(&CONTRACT, 0);
    draft.set(CONTRACT.index("entryActor"), "prober");
    draft.set(CONTRACT.index("journeyStart"), 1_618_033_988_749_i64);
    funnel.record(draft);
    // Over a journey's own as well.
    let mut draft: Draft<'_> = Landing::new().journey(Journey::begin(Actor::AgentMcp)).into();
    draft.set(CONTRACT.index("entryActor"), "prober");
    funnel.record(draft);
    let text = format!("{:?}", recorder.events());
    assert!(!text.contains("prober") && !text.contains("1618033988749"), "{text}");
    assert!(text.contains("journeyStart"), "the journey's own start stays: {text}");
    assert_eq!(funnel.attributes_blocked(Violation::Reserved), 3);
}

#[test]
fn a_time_of_the_callers_widens_no_rule() {
    let events = capture(|funnel| {
        let journey =
            Journey::begin_at(Actor::AgentMcp, UNIX_EPOCH + Duration::from_millis(4_111_111_111_111));
        let far = UNIX_EPOCH + Duration::from_millis(4_111_111_111_111);
        funnel.record(Landing::new().journey(journey).at(far));
    });
    events[0].assert_absent("journeyStart");
}

#[cfg(feature = "layer")]
#[test]
fn large_integers_are_facts_of_their_own() {
    use tracing_subscriber::layer::SubscriberExt as _;
    let (funnel, recorder) = Funnel::recording();
    let subscriber = tracing_subscriber::registry().with(funnel.layer());
    tracing::subscriber::with_default(subscriber, || {
        for fact in [u128::MAX, u128::MAX - 1, i128::MAX as u128 + 1, i128::MAX as u128] {
            tracing::info!(name: "InstantFunnel", funnelStep = "paid", eventFact = fact);
        }
    });
    let ids: std::collections::BTreeSet<_> =
        recorder.events().iter().map(|event| event.text("eventId").unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 4);
}

struct Loud;

impl Sink for Loud {
    fn accept(&self, _: &Record<'_>) -> Verdict {
        Verdict::Delivered
    }
}

impl Drop for Loud {
    fn drop(&mut self) {
        panic!("for the test");
    }
}

#[test]
fn two_destructors_that_panic_end_nothing() {
    let loud = Loud;
    let funnel = Funnel::builder()
        .backend(Backend::Custom(Arc::new(Loud)))
        .clock(move || {
            let _ = &loud;
            SystemTime::now()
        })
        .build()
        .unwrap();
    funnel.record(Landing::new());
    drop(funnel);
}

#[test]
fn a_clock_that_asks_for_the_time_gets_the_systems() {
    static FUNNEL: OnceLock<Funnel> = OnceLock::new();
    let funnel = Funnel::builder()
        .backend(Backend::Custom(Arc::new(Quiet)))
        .clock(|| FUNNEL.get().map_or_else(SystemTime::now, Funnel::now))
        .build()
        .unwrap();
    let funnel = FUNNEL.get_or_init(|| funnel);
    funnel.record(Landing::new());
    assert!(funnel.now() > UNIX_EPOCH);
    assert_eq!(funnel.stats().recorded, 1);
}

struct Quiet;

impl Sink for Quiet {
    fn accept(&self, _: &Record<'_>) -> Verdict {
        Verdict::Delivered
    }
}

#[test]
fn the_processes_environment_is_held_to_its_vocabulary() {
    let funnel = |words: &'static str, environment: &'static str| {
        Funnel::from_vars(move |name| match name {
            "ANALYTICS_VOCABULARY_ENV" => Some(words.to_owned()),
            "ANALYTICS_ENV" => Some(environment.to_owned()),
            "ANALYTICS_BACKEND" => Some("noop".to_owned()),
            _ => None,
        })
    };
    for (words, environment, fine) in
        [("production", "production", true), ("production", "jane-doe", false), ("BAD", "production", false)]
    {
        let told = funnel(words, environment).advisories();
        assert_eq!(
            !told.iter().any(|one| one.to_string().contains("ANALYTICS_ENV")),
            fine,
            "{words}: {told:?}"
        );
    }
}
