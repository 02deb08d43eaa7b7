//! The counters beside the events agree with them.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

use std::sync::Arc;

use instant_funnel::testing::Recorder;
use instant_funnel::{
    Backend, Claim, ConfigError, Funnel, Landing, Provision, Record, Settled, Sink, TeamId, Verdict,
};
use prometheus::{Registry, TextEncoder};

fn text(registry: &Registry) -> String {
    TextEncoder::new().encode_to_string(&registry.gather()).unwrap()
}

#[test]
fn steps_drops_blocks_and_states_are_exposed_under_their_names() {
    let registry = Registry::new();
    let backend = Backend::Custom(Arc::new(Recorder::new()));
    let funnel = Funnel::builder().registry(&registry).backend(backend).build().unwrap();
    funnel.record(Landing::new());
    funnel.record(Landing::new());
    funnel.record(Provision::new("Not A Slug"));
    let _ = funnel.shutdown(std::time::Duration::ZERO);
    funnel.record(Landing::new());
    let text = text(&registry);
    for line in [
        "instant_conversion_funnel_total{step=\"landing\"} 3",
        "instant_conversion_funnel_total{step=\"provision\"} 1",
        "instant_conversion_funnel_total{step=\"paid\"} 0",
        "instant_analytics_emit_failed_total{reason=\"nil_app\"} 0",
        "instant_analytics_emit_failed_total{reason=\"shutdown\"} 1",
        "instant_analytics_attributes_blocked_total{rule=\"slug\"} 1",
        "instant_analytics_events_total{state=\"recorded\"} 4",
        "instant_analytics_events_total{state=\"delivered\"} 3",
        "instant_analytics_events_total{state=\"dropped\"} 1",
        "instant_analytics_events_pending 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
}

#[test]
fn the_counter_counts_beside_an_inert_backend_too() {
    let registry = Registry::new();
    let funnel = Funnel::builder().registry(&registry).build().unwrap();
    funnel.record(Landing::new());
    let text = text(&registry);
    assert!(text.contains("instant_conversion_funnel_total{step=\"landing\"} 1"), "{text}");
    assert!(
        text.contains("instant_analytics_events_total{state=\"recorded\"} 0"),
        "nothing went anywhere: {text}"
    );
}

#[test]
fn a_second_funnel_on_one_registry_is_refused_by_name() {
    let registry = Registry::new();
    let _first = Funnel::builder().registry(&registry).build().unwrap();
    let error = Funnel::builder().registry(&registry).build().unwrap_err();
    assert!(matches!(error, ConfigError::Registry(_)), "{error}");
}

#[test]
fn what_is_handed_over_is_a_state_of_its_own_and_the_states_add_up() {
    struct HandsOver;
    impl Sink for HandsOver {
        fn accept(&self, record: &Record<'_>) -> Verdict {
            match record.step_name() {
                "landing" => Verdict::HandedOver,
                "provision" => Verdict::Delivered,
                _ => Verdict::Pending,
            }
        }

        fn settled(&self) -> Settled {
            Settled { handed_over: 1, ..Settled::default() }
        }
    }
    let registry = Registry::new();
    let backend = Backend::Custom(Arc::new(HandsOver));
    let funnel = Funnel::builder().registry(&registry).backend(backend).build().unwrap();
    let team = TeamId::parse("5f8d0e1a-3b7c-4d2e-9f10-1a2b3c4d5e6f").unwrap();
    funnel.record(Landing::new());
    funnel.record(Provision::new("db"));
    funnel.record(Claim::new(team));
    funnel.record(Claim::new(team));
    let stats = funnel.stats();
    assert_eq!((stats.recorded, stats.delivered, stats.handed_over, stats.pending), (4, 1, 2, 1));
    let report = funnel.flush(std::time::Duration::ZERO);
    assert_eq!((report.handed_over, report.is_complete()), (2, false));
    let text = text(&registry);
    for line in [
        "instant_analytics_events_total{state=\"recorded\"} 4",
        "instant_analytics_events_total{state=\"delivered\"} 1",
        "instant_analytics_events_total{state=\"handed_over\"} 2",
        "instant_analytics_events_total{state=\"dropped\"} 0",
        "instant_analytics_events_pending 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
}

/// Names of metrics that begin with `instant_` in the rules and the dashboard that are shipped.
fn shipped_names() -> std::collections::BTreeSet<String> {
    let files = [
        include_str!("../../../dashboards/prometheus/service.rules.yaml"),
        include_str!("../../../dashboards/prometheus/funnel.rules.yaml"),
        include_str!("../../../dashboards/grafana/instant-funnel.json"),
    ];
    let expressions =
        files.iter().flat_map(|file| file.lines()).filter(|line| !line.trim_start().starts_with('#'));
    expressions
        .flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':'))
        // A colon is in the names of recorded series.
        .filter(|word| word.starts_with("instant_") && !word.contains(':'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_metric_of_the_shipped_rules_and_dashboard_exists_whatever_the_backend() {
    let names = shipped_names();
    assert!(names.len() >= 8, "{names:?}");
    for backend in [Backend::Noop, Backend::Unconfigured, Backend::Custom(Arc::new(Recorder::new()))] {
        let registry = Registry::new();
        let _funnel = Funnel::builder().registry(&registry).backend(backend).build().unwrap();
        let text = text(&registry);
        for name in &names {
            let exposed =
                |line: &str| line.starts_with(&format!("{name} ")) || line.starts_with(&format!("{name}{{"));
            assert!(text.lines().any(exposed), "{name} is not in\n{text}");
        }
    }
}

#[cfg(feature = "otlp")]
#[test]
fn the_state_of_the_delivery_is_exposed_and_one_state_is_1() {
    use instant_funnel::{HealthState, OtlpConfig};
    let registry = Registry::new();
    // Port 9 of the loopback: nobody listens.
    let config = OtlpConfig::new("http://127.0.0.1:9/v1/logs");
    let funnel = Funnel::builder().registry(&registry).backend(Backend::Otlp(config)).build().unwrap();
    assert_eq!(funnel.health().state, HealthState::Starting);
    let before = text(&registry);
    assert!(before.contains("instant_analytics_delivery_state{state=\"starting\"} 1"), "{before}");
    assert!(before.contains("instant_analytics_delivery_state{state=\"held\"} 0"), "{before}");
    assert!(before.contains("instant_analytics_delivery_last_success_timestamp_seconds 0"), "{before}");
    assert!(!before.contains("instant_analytics_delivery_state_since_timestamp_seconds 0"), "{before}");
    let _ = funnel.shutdown(std::time::Duration::ZERO);
    let after = text(&registry);
    assert!(after.contains("instant_analytics_delivery_state{state=\"ended\"} 1"), "{after}");
    assert_eq!(
        after
            .lines()
            .filter(|l| l.starts_with("instant_analytics_delivery_state{") && l.ends_with(" 1"))
            .count(),
        1
    );
}
