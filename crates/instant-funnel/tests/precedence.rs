//! Code and environment: what comes later wins, and an advisory is true of what runs.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

use std::net::IpAddr;
use std::sync::Arc;

use instant_funnel::contract::{CONTRACT, Violation};
use instant_funnel::testing::Recorder;
use instant_funnel::{
    Backend, Cohort, Draft, Funnel, FunnelBuilder, Landing, OtlpConfig, Provision, PseudonymKey,
};
use tracing_subscriber::layer::SubscriberExt;

const SECRET: &str = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA==";

fn vars(builder: FunnelBuilder, pairs: &[(&str, &str)]) -> FunnelBuilder {
    builder.with_vars(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
}

fn told(funnel: &Funnel) -> Vec<String> {
    funnel.advisories().iter().map(|advisory| advisory.variable().to_owned()).collect()
}

/// Which key makes the pseudonyms; `legacy` for the mode without one.
fn key_id(funnel: &Funnel) -> Option<String> {
    let address: IpAddr = "192.0.2.7".parse().unwrap();
    let bucket = funnel.pseudonymize_network(address, 1)?;
    Some(bucket.key_id().unwrap_or_else(|| "legacy".to_owned()))
}

#[test]
fn a_backend_from_code_takes_back_what_was_said_of_the_one_in_the_environment() {
    for pairs in [
        [("ANALYTICS_BACKEND", "newrelic"), ("NEW_RELIC_REGION", "us")],
        [("ANALYTICS_BACKEND", "carrier-pigeon"), ("", "")],
        [("ANALYTICS_BACKEND", "otlp"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")],
        [("ANALYTICS_BACKEND", "otlp"), ("ANALYTICS_JOURNAL_MAX_BYTES", "many")],
        [("ANALYTICS_BACKEND", "otlp"), ("OTEL_RESOURCE_ATTRIBUTES", "service.version=1 2")],
    ] {
        let recorder = Recorder::new();
        let backend = Backend::Custom(Arc::new(recorder.clone()));
        let funnel = vars(Funnel::builder(), &pairs).backend(backend.clone()).build().unwrap();
        funnel.record(Landing::new());
        assert_eq!(recorder.take().len(), 1);
        assert_eq!(told(&funnel), Vec::<String>::new(), "{pairs:?}: every event arrives");

        // The other way round the environment decides, and what it says of itself is true.
        let funnel = vars(Funnel::builder().backend(backend), &pairs).build().unwrap();
        funnel.record(Landing::new());
        assert_eq!(recorder.take().len(), 0);
        assert_ne!(told(&funnel), Vec::<String>::new(), "{pairs:?}");
        let _ = funnel.shutdown(std::time::Duration::ZERO);
    }
}

#[cfg(feature = "otel")]
#[test]
fn a_provider_beside_an_unusable_environment_is_not_said_to_drop() {
    use opentelemetry_sdk::logs::{InMemoryLogExporter, SdkLoggerProvider};

    let exporter = InMemoryLogExporter::default();
    let provider = SdkLoggerProvider::builder().with_simple_exporter(exporter.clone()).build();
    let builder = vars(Funnel::builder(), &[("ANALYTICS_BACKEND", "newrelic")]);
    let funnel = builder.backend(Backend::Provider(provider)).build().unwrap();
    funnel.record(Landing::new());
    assert_eq!(exporter.get_emitted_logs().unwrap().len(), 1);
    assert_eq!(told(&funnel), Vec::<String>::new());
    assert_eq!(funnel.stats().handed_over, 1);
}

#[test]
fn a_broken_backend_from_code_is_an_error_beside_any_environment() {
    for pairs in [&[][..], &[("ANALYTICS_BACKEND", "otlp")]] {
        let builder = vars(Funnel::builder(), pairs).backend(Backend::Otlp(OtlpConfig::new("no-url")));
        assert!(builder.build().is_err());
    }
}

#[test]
fn the_compatibility_mode_beside_a_key_from_code_builds_and_the_later_wins() {
    let key = || PseudonymKey::parse(SECRET).unwrap();
    let builder = || Funnel::builder().backend(Backend::Custom(Arc::new(Recorder::new())));
    let legacy = [("ANALYTICS_PSEUDONYM_MODE", "legacy-sha256")];

    let funnel = vars(builder().pseudonym_key(key()), &legacy).build().unwrap();
    assert_eq!(key_id(&funnel), Some("legacy".to_owned()), "the mode is later");
    assert_eq!(told(&funnel), ["ANALYTICS_PSEUDONYM_MODE"]);

    let funnel = vars(builder(), &legacy).pseudonym_key(key()).build().unwrap();
    assert_eq!(key_id(&funnel), Some(key().id()), "the key is later");
    assert_eq!(told(&funnel), ["ANALYTICS_PSEUDONYM_MODE"]);

    let both = builder().pseudonym_key(key()).previous_pseudonym_key(key());
    assert_eq!(key_id(&vars(both, &legacy).build().unwrap()), Some("legacy".to_owned()));
    let previous = vars(builder(), &legacy).previous_pseudonym_key(key());
    assert_eq!(key_id(&previous.build().unwrap()), Some("legacy".to_owned()));

    let keyed = [("ANALYTICS_PSEUDONYM_KEY", SECRET)];
    let funnel = vars(builder().legacy_pseudonyms(), &keyed).build().unwrap();
    assert_eq!(key_id(&funnel), Some(key().id()));
    assert_eq!(told(&funnel), ["ANALYTICS_PSEUDONYM_KEY"]);
    let funnel = vars(builder(), &keyed).legacy_pseudonyms().build().unwrap();
    assert_eq!(key_id(&funnel), Some("legacy".to_owned()));
    assert_eq!(told(&funnel), ["ANALYTICS_PSEUDONYM_KEY"]);

    // A key that cannot be read beside one from code: the pseudonyms are not omitted, so nothing says so.
    let funnel =
        vars(builder(), &[("ANALYTICS_PSEUDONYM_KEY", "short")]).pseudonym_key(key()).build().unwrap();
    assert_eq!((key_id(&funnel), told(&funnel)), (Some(key().id()), vec![]));
}

#[test]
fn a_cohort_from_code_takes_back_that_real_is_assumed() {
    let builder = vars(Funnel::builder(), &[("ANALYTICS_COHORT", "fake")]).cohort(Cohort::Synthetic);
    assert_eq!(told(&builder.build().unwrap()), Vec::<String>::new());
}

#[test]
fn the_good_words_of_a_vocabulary_close_it_and_the_bad_ones_are_told() {
    for (list, passes, refused) in [
        ("card-declined,Expired", Some("card-declined"), "expired"),
        ("card-declined,,jane@example.com,expired", Some("expired"), "jane-doe"),
        ("Expired, Oh no ,1st", None, "expired"),
        (",,", None, "anything"),
        ("Expired", None, "card-declined"),
    ] {
        let recorder = Recorder::new();
        let builder = Funnel::builder().backend(Backend::Custom(Arc::new(recorder.clone())));
        let funnel = vars(builder, &[("ANALYTICS_VOCABULARY_REASON_CODE", list)]).build().unwrap();
        assert_eq!(told(&funnel), ["ANALYTICS_VOCABULARY_REASON_CODE"], "{list}");
        let text = funnel.advisories()[0].to_string();
        assert!(!text.contains("jane") && !text.contains("Expired"), "{text}");
        if let Some(passes) = passes {
            funnel.record(Landing::new().reason_code(passes));
            recorder.take()[0].assert_attribute("reasonCode", passes);
        } else {
            assert!(text.contains("`reasonCode` is dropped"), "{text}");
        }
        funnel.record(Landing::new().reason_code(refused));
        recorder.take()[0].assert_absent("reasonCode");
        assert_eq!(funnel.attributes_blocked(Violation::Vocabulary), 1, "{list}");
        // Other slugs stay open.
        funnel.record(Provision::new("db").tier("pro"));
        recorder.take()[0].assert_attribute("tier", "pro");
    }
}

#[test]
fn the_commit_id_is_the_processs_and_no_callers() {
    const COMMIT: &str = "0a1b2c3d4e5f";
    let recorder = Recorder::new();
    let builder = || Funnel::builder().backend(Backend::Custom(Arc::new(recorder.clone())));
    let env = |value| [("ANALYTICS_COMMIT_ID", value)];
    let record = |funnel: &Funnel| {
        funnel.record(Landing::new());
        funnel.record(Provision::new("db"));
        recorder.take()
    };
    for funnel in [
        builder().commit_id(COMMIT).build().unwrap(),
        vars(builder(), &env(COMMIT)).build().unwrap(),
        vars(builder(), &env("ffffffff")).commit_id(COMMIT).build().unwrap(),
        vars(builder().commit_id("ffffffff"), &env(COMMIT)).build().unwrap(),
    ] {
        for event in record(&funnel) {
            event.assert_attribute("commitId", COMMIT);
        }
        assert_eq!(told(&funnel), Vec::<String>::new());
    }

    // Neither a draft nor the layer can say another.
    let funnel = builder().commit_id(COMMIT).build().unwrap();
    let mut draft = Draft::new(&CONTRACT, 0);
    draft.set(CONTRACT.index("commitId"), "aaaaaaaa");
    funnel.record(draft);
    tracing::subscriber::with_default(tracing_subscriber::registry().with(funnel.layer()), || {
        tracing::info!(name: "InstantFunnel", funnelStep = "landing", commitId = "aaaaaaaa");
    });
    for event in recorder.take() {
        event.assert_attribute("commitId", COMMIT);
    }
    assert_eq!(funnel.attributes_blocked(Violation::Reserved), 2);

    for bad in ["HEAD", "0A1B2C3D", "abc", "1234567", "v1.2.3", "jane@example.com", &"a".repeat(41)] {
        let funnel = vars(builder(), &env(bad)).build().unwrap();
        assert_eq!(told(&funnel), ["ANALYTICS_COMMIT_ID"], "{bad}");
        assert!(!funnel.advisories()[0].to_string().contains(bad));
        assert_eq!(funnel.attributes_blocked(Violation::Hex), 1);
        record(&funnel)[0].assert_absent("commitId");
        let error = builder().commit_id(bad).build().unwrap_err().to_string();
        assert!(error.contains("commit_id") && !error.contains(bad), "{error}");
    }
}

#[test]
fn a_journal_that_nothing_can_hold_is_capped_and_the_variable_is_named() {
    for bytes in ["490154203237518", "18446744073709551615", "1125899906842624"] {
        let funnel = vars(
            Funnel::builder(),
            &[
                ("ANALYTICS_BACKEND", "otlp"),
                ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://127.0.0.1:9/v1/logs"),
                ("ANALYTICS_JOURNAL_MAX_BYTES", bytes),
            ],
        )
        .build()
        .unwrap();
        assert_eq!(told(&funnel), ["ANALYTICS_JOURNAL_MAX_BYTES"], "{bytes}");
        funnel.record(Landing::new());
        let stats = funnel.stats();
        assert_eq!((stats.recorded, stats.pending), (1, 1));
        let _ = funnel.shutdown(std::time::Duration::ZERO);
    }
}

#[test]
fn a_setting_of_the_delivery_that_is_ignored_is_told_under_its_own_variable() {
    for (variable, value) in [
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "-1"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "NaN"),
        ("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "18446744073709551616"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=100%"),
    ] {
        let funnel = Funnel::from_vars(|name| match name {
            "ANALYTICS_BACKEND" => Some("otlp".to_owned()),
            "OTEL_EXPORTER_OTLP_ENDPOINT" => Some("http://127.0.0.1:9".to_owned()),
            name if name == variable => Some(value.to_owned()),
            _ => None,
        });
        let told: Vec<_> = funnel.advisories().iter().map(|one| one.variable().to_owned()).collect();
        assert_eq!(told, [variable], "{value}");
        funnel.shutdown(std::time::Duration::ZERO);
    }
}
