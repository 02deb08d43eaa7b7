//! What is refused is not refused in silence: one warning a key and rule a minute, always listed, never a value.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

use std::fmt::Write;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use instant_funnel::contract::{CONTRACT, Violation};
use instant_funnel::testing::Recorder;
use instant_funnel::{Backend, Claim, Draft, DropReason, Funnel, JourneyId, Landing, Provision, TeamId};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, SubscriberExt};

/// Keeps the warnings of the funnel as text.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl Warnings {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Warnings {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target().starts_with("instant_funnel") {
            assert_eq!(*event.metadata().level(), tracing::Level::WARN);
            let mut text = Text(String::new());
            event.record(&mut text);
            self.0.lock().unwrap().push(text.0);
        }
    }
}

/// Lets one test run at a time. A callsite that `tracing` meets first in a thread without a subscriber may stay
/// disabled for the subscriber that another thread installs at that moment.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `steps` under a subscriber that keeps warnings, with the funnel's layer beside it.
fn listening(funnel: &Funnel, steps: impl FnOnce(&Warnings)) {
    let warnings = Warnings::default();
    let subscriber = tracing_subscriber::registry().with(funnel.layer()).with(warnings.clone());
    tracing::subscriber::with_default(subscriber, || steps(&warnings));
}

fn listed(funnel: &Funnel, key: &str) -> String {
    let advisories = funnel.advisories();
    let found = advisories.iter().find(|advisory| advisory.variable() == key);
    found.unwrap_or_else(|| panic!("nothing about {key}: {advisories:?}")).to_string()
}

#[test]
fn each_refused_value_of_the_typed_api_is_warned_of_at_once_by_key_and_rule() {
    let _alone = alone();
    let team = TeamId::parse("5f8d0e1a-3b7c-4d2e-9f10-1a2b3c4d5e6f").unwrap();
    let journey = JourneyId::new();
    for (value, key, rule, record) in [
        (
            "Postgres",
            "service",
            "slug",
            (|funnel, value| funnel.record(Provision::new(value))) as fn(&Funnel, &str),
        ),
        ("Free Tier", "tier", "slug", |funnel, value| funnel.record(Provision::new("db").tier(value))),
        ("jane@example.com", "reasonCode", "slug", |funnel, value| {
            funnel.record(Landing::new().reason_code(value));
        }),
        ("Production!", "env", "slug", |funnel, value| funnel.record(Landing::new().env(value))),
        ("not-a-journey", "journeyId", "uuid", |funnel, value| {
            let mut draft = Draft::new(&CONTRACT, 0);
            draft.set(CONTRACT.index("journeyId"), value);
            funnel.record(draft);
        }),
        ("other-service", "serviceName", "reserved", |funnel, value| {
            let mut draft = Draft::new(&CONTRACT, 0);
            draft.set(CONTRACT.index("serviceName"), value);
            funnel.record(draft);
        }),
    ] {
        let (funnel, recorder) = Funnel::recording();
        listening(&funnel, |warnings| {
            record(&funnel, value);
            let said = warnings.take();
            let [warning] = &said[..] else { panic!("{key}: {said:?}") };
            assert!(warning.contains(key) && warning.contains(rule), "{warning}");
            assert!(!warning.contains(value), "the value is shown: {warning}");
            // The second within the minute is counted and not logged.
            record(&funnel, value);
            assert_eq!(warnings.take(), Vec::<String>::new());
        });
        let advisory = listed(&funnel, key);
        assert!(advisory.contains("2 times") && advisory.contains(rule), "{advisory}");
        assert!(!advisory.contains(value), "{advisory}");
        assert_eq!(recorder.take().len(), 2, "the event still goes");
        // What passes says nothing.
        listening(&funnel, |warnings| {
            funnel.record(Claim::new(team).journey(journey));
            assert_eq!(warnings.take(), Vec::<String>::new());
        });
    }
}

#[test]
fn two_keys_and_two_rules_are_two_warnings() {
    let _alone = alone();
    let (funnel, _recorder) = Funnel::recording();
    listening(&funnel, |warnings| {
        funnel.record(Provision::new("Postgres").tier("Free Tier").reason_code("Oh no"));
        assert_eq!(warnings.take().len(), 3);
    });
}

#[test]
fn what_nobody_listened_to_is_logged_when_somebody_does() {
    let _alone = alone();
    let (funnel, _recorder) = Funnel::recording();
    funnel.record(Provision::new("Postgres"));
    listening(&funnel, |warnings| {
        funnel.record(Provision::new("db").tier("Free Tier"));
        assert!(warnings.take().iter().any(|warning| warning.contains("tier")));
    });
    assert!(listed(&funnel, "service").contains("1 times"));
}

#[test]
fn a_typed_pseudonym_without_a_key_is_counted_and_warned_of() {
    let _alone = alone();
    let address: IpAddr = "192.0.2.7".parse().unwrap();
    let team = TeamId::parse("5f8d0e1a-3b7c-4d2e-9f10-1a2b3c4d5e6f").unwrap();
    let (funnel, recorder) = Funnel::recording();
    listening(&funnel, |warnings| {
        funnel.record(Provision::new("db").fingerprint(funnel.pseudonymize_network(address, 64_500)));
        assert!(warnings.take().iter().any(|warning| warning.contains("fingerprint")));
        funnel.record(Claim::new(team).email_hash(funnel.pseudonymize_email("jane@example.com")));
        assert!(warnings.take().iter().any(|warning| warning.contains("emailHash")));
        assert_eq!(funnel.team_id("org_123"), None);
        assert!(warnings.take().iter().any(|warning| warning.contains("teamId")));
    });
    assert_eq!(funnel.attributes_blocked(Violation::NoPseudonymKey), 3);
    let events = recorder.take();
    events[0].assert_absent("fingerprint");
    events[1].assert_absent("emailHash");
    for key in ["fingerprint", "emailHash", "teamId"] {
        assert!(listed(&funnel, key).contains("ANALYTICS_PSEUDONYM_KEY"));
    }
    let keyed = Funnel::builder()
        .pseudonym_key(instant_funnel::PseudonymKey::new(&[7; 32]).unwrap())
        .backend(Backend::Custom(Arc::new(Recorder::new())))
        .build()
        .unwrap();
    keyed.record(Provision::new("db").fingerprint(keyed.pseudonymize_network(address, 0)));
    assert_eq!(keyed.pseudonymize_email("not an address"), None);
    assert_eq!(keyed.attributes_blocked(Violation::NoPseudonymKey), 0);
    assert_eq!(keyed.attributes_blocked(Violation::Derivation), 1);
    // A funnel without a backend counts nothing.
    let inert = Funnel::noop();
    assert_eq!(inert.team_id("org_123"), None);
    assert_eq!(inert.attributes_blocked(Violation::NoPseudonymKey), 0);
}

#[test]
fn a_team_that_is_not_a_uuid_has_a_keyed_id_of_its_own() {
    let _alone = alone();
    let keyed = |byte| {
        let key = instant_funnel::PseudonymKey::new(&[byte; 32]).unwrap();
        let recorder = Recorder::new();
        let backend = Backend::Custom(Arc::new(recorder.clone()));
        (Funnel::builder().pseudonym_key(key).backend(backend).build().unwrap(), recorder)
    };
    let (funnel, recorder) = keyed(7);
    let ids = ["org_123", "42", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"];
    let teams: Vec<TeamId> = ids.iter().map(|id| funnel.team_id(id).unwrap()).collect();
    for (id, team) in ids.iter().zip(&teams) {
        assert_eq!(funnel.team_id(id), Some(*team), "the same id is the same team");
        assert_ne!(keyed(8).0.team_id(id), Some(*team), "another key, another id");
        assert_eq!(team.as_uuid().get_version_num(), 8);
        assert_eq!(TeamId::parse(&team.to_string()), Ok(*team));
        funnel.record(Claim::new(*team));
        recorder.take()[0].assert_attribute("teamId", team.to_string());
    }
    let distinct: std::collections::BTreeSet<_> = teams.iter().map(ToString::to_string).collect();
    assert_eq!(distinct.len(), ids.len());
    assert_eq!(funnel.team_id(""), None);
    assert_eq!(funnel.attributes_blocked(Violation::Derivation), 1);
}

#[test]
fn an_event_without_a_known_step_is_dropped_counted_and_listed() {
    let _alone = alone();
    let (funnel, recorder) = Funnel::recording();
    funnel.record(Draft::new(&CONTRACT, 17));
    listening(&funnel, |_| tracing::info!(name: "InstantFunnel", funnelStep = "jane@example.com"));
    assert_eq!(recorder.take().len(), 0);
    assert_eq!(funnel.stats().dropped[DropReason::InvalidEvent], 2);
    let advisory = listed(&funnel, "funnelStep");
    assert!(advisory.contains("invalid_event") && !advisory.contains("jane"), "{advisory}");
}
