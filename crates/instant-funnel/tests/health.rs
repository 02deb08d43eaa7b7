//! How delivery is doing, by every kind of backend; whose journal it is and where it sends.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]
#![cfg(feature = "otlp")]

use std::sync::Arc;
use std::time::Duration;

use instant_funnel::testing::Recorder;
use instant_funnel::{Backend, Funnel, Health, HealthState, Landing, OtlpConfig, Record, Sink, Verdict};

fn with(backend: Backend) -> Funnel {
    Funnel::builder().service_name("api").backend(backend).build().unwrap()
}

fn from(variables: &[(&str, &str)]) -> Funnel {
    Funnel::from_vars(|name| {
        variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn a_backend_without_a_delivery_says_so() {
    assert_eq!(Funnel::noop().health(), Health::new(HealthState::Off));
    assert_eq!(with(Backend::Unconfigured).health(), Health::new(HealthState::Unconfigured));
    assert_eq!(from(&[("ANALYTICS_BACKEND", "newrelic")]).health().state, HealthState::Unconfigured);
    let custom = with(Backend::Custom(Arc::new(Recorder::new())));
    assert_eq!(custom.health(), Health::new(HealthState::Unobserved));
}

#[test]
fn a_sink_that_panics_when_it_is_asked_is_unobserved_and_counted() {
    struct Panics;
    impl Sink for Panics {
        fn accept(&self, _: &Record<'_>) -> Verdict {
            Verdict::Delivered
        }
        fn health(&self) -> Health {
            panic!("no health")
        }
    }
    let funnel = with(Backend::Custom(Arc::new(Panics)));
    assert_eq!(funnel.health().state, HealthState::Unobserved);
    assert_eq!(funnel.caught_panics(), 1);
}

#[test]
fn the_endpoint_of_the_analytics_goes_before_that_of_the_service() {
    let otel = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:8");
    let logs = ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://127.0.0.1:7/v1/logs");
    let own = ("ANALYTICS_OTLP_ENDPOINT", "http://127.0.0.1:9");
    let backend = ("ANALYTICS_BACKEND", "otlp");
    for (variables, host) in [
        (&[backend, otel][..], "127.0.0.1:8"),
        (&[backend, otel, logs], "127.0.0.1:7"),
        (&[backend, otel, own], "127.0.0.1:9"),
        (&[backend, otel, logs, own], "127.0.0.1:9"),
        (&[("ANALYTICS_BACKEND", "newrelic"), ("NEW_RELIC_LICENSE_KEY", "0123"), otel, own], "127.0.0.1:9"),
    ] {
        let destination = from(variables).health().destination.unwrap();
        assert!(destination.contains(host), "{destination}");
    }
}

#[test]
fn health_shows_no_key_user_or_path() {
    let secret = "zqSECRETqz";
    let config = OtlpConfig::new(format!("http://127.0.0.1:9/{secret}/v1/logs?k={secret}"))
        .header("api-key", secret.to_owned());
    let funnel = with(Backend::Otlp(config));
    funnel.record(Landing::new());
    let _ = funnel.flush(Duration::from_millis(200));
    let health = funnel.health();
    let shown = format!("{health:?} {health}");
    assert!(health.destination.is_some() && health.oldest_pending.is_some(), "{shown}");
    assert!(!shown.contains(secret), "{shown}");
    let _ = funnel.shutdown(Duration::ZERO);
}

#[test]
fn a_journal_belongs_to_the_event_and_the_service() {
    fn holds(directory: &std::path::Path, label: &[u8]) -> bool {
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).any(|path| {
            if path.is_dir() {
                return holds(&path, label);
            }
            std::fs::read(path).unwrap().windows(label.len()).any(|window| window == label)
        })
    }
    let directory = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("health-owner-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let config = OtlpConfig::new("http://127.0.0.1:9/v1/logs")
        .journal_directory(&directory)
        .journal_max_bytes(1 << 20);
    let funnel = with(Backend::Otlp(config));
    funnel.record(Landing::new());
    assert!(funnel.health().durable);
    assert!(holds(&directory, b"InstantFunnel/api"));
    let _ = funnel.shutdown(Duration::ZERO);
    std::fs::remove_dir_all(&directory).unwrap();
}
