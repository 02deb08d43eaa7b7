//! Bad configuration: the service runs, one advisory names the variable and the fix, no secret is shown.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

use std::sync::Arc;

use instant_funnel::contract::Violation;
use instant_funnel::testing::Recorder;
use instant_funnel::{Backend, Cohort, ConfigError, Funnel, Landing, Provision, PseudonymKey};

const SECRET: &str = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA==";

fn from(pairs: &[(&str, &str)]) -> (Funnel, Recorder) {
    let recorder = Recorder::new();
    let pairs: Vec<(String, String)> =
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let funnel = Funnel::builder()
        .backend(Backend::Custom(Arc::new(recorder.clone())))
        .with_vars(|name| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()))
        .build()
        .unwrap();
    (funnel, recorder)
}

#[test]
fn each_bad_variable_gives_one_advisory_that_names_it() {
    for (variable, value, fix) in [
        ("ANALYTICS_BACKEND", "carrier-pigeon", "`newrelic`"),
        ("ANALYTICS_COHORT", "fake", "`synthetic`"),
        ("ANALYTICS_ENV", "Production!", "slug"),
        ("ANALYTICS_PSEUDONYM_KEY", "c2hvcnQ=", "openssl rand -hex 32"),
        ("ANALYTICS_PSEUDONYM_KEY", "not base64!", "openssl rand -hex 32"),
        ("ANALYTICS_PSEUDONYM_KEY_PREVIOUS", SECRET, "ANALYTICS_PSEUDONYM_KEY"),
        ("ANALYTICS_SIGNING_KEY", "hunter2", "openssl rand -hex 32"),
        ("ANALYTICS_SIGNING_KEY_PREVIOUS", SECRET, "ANALYTICS_SIGNING_KEY"),
        ("ANALYTICS_PSEUDONYM_MODE", "rot13", "`legacy-sha256`"),
        ("ANALYTICS_VOCABULARY_TIER", "Free Tier", "not slugs"),
        ("ANALYTICS_VOCABULARY_REASON_CODE", " , ", "empty"),
        ("OTEL_SERVICE_NAME", "my service", "letters"),
    ] {
        let (funnel, _) = from(&[(variable, value)]);
        let advisories = funnel.advisories();
        let [advisory] = &advisories[..] else { panic!("{variable}: {advisories:?}") };
        assert_eq!(advisory.variable(), variable);
        let text = advisory.to_string();
        assert!(text.contains(fix), "{text}");
        assert!(!text.contains(value), "the value is shown: {text}");
        funnel.record(Landing::new());
    }
}

#[test]
fn good_variables_do_what_they_say() {
    let (funnel, recorder) = from(&[
        ("OTEL_SERVICE_NAME", "checkout"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.name=ignored,deployment.environment.name=staging"),
        ("ANALYTICS_COHORT", "synthetic"),
        ("ANALYTICS_PSEUDONYM_KEY", SECRET),
        ("ANALYTICS_VOCABULARY_TIER", "free, pro"),
    ]);
    assert_eq!(funnel.advisories(), []);
    let bucket = funnel.pseudonymize_network("192.0.2.7".parse().unwrap(), 1);
    funnel.record(Provision::new("db").tier("pro").fingerprint(bucket));
    funnel.record(Provision::new("db").tier("jane-doe"));
    let events = recorder.take();
    events[0].assert_attribute("serviceName", "checkout").assert_attribute("env", "staging");
    events[0].assert_attribute("cohort", "synthetic").assert_attribute("tier", "pro");
    events[0].assert_attribute("fingerprint", bucket.unwrap().to_string());
    events[1].assert_absent("tier");
    assert_eq!(funnel.attributes_blocked(Violation::Vocabulary), 1);
}

#[test]
fn analytics_env_wins_over_the_resource_and_an_unusable_one_falls_back_to_it() {
    let resource = ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=staging");
    for (env, expected) in [("production", "production"), ("Production!", "staging")] {
        let (funnel, recorder) = from(&[("ANALYTICS_ENV", env), resource]);
        funnel.record(Landing::new());
        recorder.take()[0].assert_attribute("env", expected);
    }
}

#[test]
fn every_name_of_a_backend_is_understood() {
    for (name, recorded) in [
        ("noop", 0),
        ("", 1),
        ("off", 0),
        ("disabled", 0),
        ("none", 0),
        ("NoOp", 0),
        ("newrelic", 1),
        ("NR", 1),
    ] {
        let (funnel, _) = from(&[("ANALYTICS_BACKEND", name)]);
        funnel.record(Landing::new());
        assert_eq!(funnel.stats().recorded, recorded, "{name}");
    }
    let (funnel, _) = from(&[("ANALYTICS_BACKEND", "newrelic"), ("OTEL_SDK_DISABLED", "true")]);
    funnel.record(Landing::new());
    assert_eq!(funnel.stats().recorded, 0, "OTEL_SDK_DISABLED");
}

#[test]
fn the_compatibility_mode_is_chosen_by_name() {
    let (funnel, _) = from(&[("ANALYTICS_PSEUDONYM_MODE", "legacy-sha256")]);
    let bucket = funnel.pseudonymize_network("192.0.2.7".parse().unwrap(), 1).unwrap();
    assert_eq!(bucket.key_id(), None);
}

#[test]
fn what_code_configures_wrongly_is_an_error_that_names_the_method() {
    let key = || PseudonymKey::parse(SECRET).unwrap();
    for (error, method) in [
        (Funnel::builder().service_name("my service").build(), "service_name"),
        (Funnel::builder().environment("Prod").build(), "environment"),
        (Funnel::builder().vocabulary("teamId", ["a"]).build(), "vocabulary"),
        (Funnel::builder().vocabulary("tier", ["A B"]).build(), "vocabulary"),
        (Funnel::builder().pseudonym_key(key()).legacy_pseudonyms().build(), "legacy_pseudonyms"),
        (Funnel::builder().previous_pseudonym_key(key()).build(), "pseudonym_key"),
    ] {
        let text = error.unwrap_err().to_string();
        assert!(text.contains(method), "{text}");
    }
    let error = PseudonymKey::parse("c2hvcnQ=").map_err(ConfigError::from).unwrap_err();
    assert!(error.to_string().contains("pseudonym_key") && !error.to_string().contains("short"), "{error}");
}

#[test]
fn no_debug_form_shows_a_key() {
    let (funnel, _) = from(&[
        ("ANALYTICS_PSEUDONYM_KEY", SECRET),
        ("ANALYTICS_SIGNING_KEY", SECRET),
        ("ANALYTICS_COHORT", "synthetic"),
    ]);
    assert!(funnel.signing_key().is_some());
    let builder = Funnel::builder().pseudonym_key(PseudonymKey::parse(SECRET).unwrap()).cohort(Cohort::Real);
    for text in [format!("{funnel:?}"), format!("{builder:?}"), format!("{:?}", funnel.advisories())] {
        assert!(!text.contains("secret") && !text.contains("c2Vj"), "{text}");
    }
}
