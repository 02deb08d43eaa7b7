//! A record that is of the funnel but for a slip is bad and says why; what has nothing to do with it stays other.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

mod support;

use opentelemetry_proto::tonic::common::v1::AnyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value::{
    ArrayValue, BoolValue, BytesValue, DoubleValue, IntValue, KvlistValue, StringValue,
};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use serde_json::Value;

use self::support::*;

async fn judged(record: LogRecord) -> Value {
    let lab = lab().await;
    assert_eq!(export(&lab, vec![record]).await.status, 200);
    lab.events(None, 1).await.unwrap().remove(0)
}

fn rules(event: &Value) -> Vec<(String, String)> {
    let text = |problem: &Value, member: &str| problem[member].as_str().unwrap().to_owned();
    event["problems"].as_array().unwrap().iter().map(|p| (text(p, "key"), text(p, "rule"))).collect()
}

fn marked(mark: Option<opentelemetry_proto::tonic::common::v1::any_value::Value>) -> LogRecord {
    let mut record = step("landing", 1, &[]);
    record.attributes.retain(|pair| pair.key != "newrelic.event.type");
    record.attributes.extend(mark.map(|mark| pair("newrelic.event.type", mark)));
    record
}

#[tokio::test]
async fn a_mark_that_misses_by_a_letter_case_or_a_blank_is_bad() {
    for near in [
        "instantfunnel",
        "INSTANTFUNNEL",
        "InstantFunnel ",
        " InstantFunnel",
        "Instant Funnel",
        "instant_funnel",
        "InstantFunnels",
        "InstatFunnel",
    ] {
        let event = judged(marked(Some(text(near)))).await;
        assert_eq!(event["verdict"], "bad", "{near:?}");
        assert_eq!(rules(&event), [("newrelic.event.type".to_owned(), "near_miss".to_owned())], "{near:?}");
        assert_eq!(event["type"], near, "New Relic would store it under that name");
        assert!(event["problems"][0]["fate"].as_str().unwrap().contains("not counted"));
        assert_eq!(event["attributes"]["funnelStep"], "landing");
    }
}

#[tokio::test]
async fn a_mark_of_another_type_is_bad() {
    for mark in [
        IntValue(7),
        BoolValue(true),
        DoubleValue(1.5),
        BytesValue(b"InstantFunnel".to_vec()),
        ArrayValue(Default::default()),
        KvlistValue(Default::default()),
        StringValue("Instant-Funnel".to_owned()),
        StringValue(String::new()),
    ] {
        let shown = format!("{mark:?}");
        let event = judged(marked(Some(mark))).await;
        assert_eq!(
            (event["verdict"].as_str(), event["type"].as_str()),
            (Some("bad"), Some("Log")),
            "{shown}"
        );
        assert_eq!(
            rules(&event),
            [("newrelic.event.type".to_owned(), "bad_event_type".to_owned())],
            "{shown}"
        );
    }
}

#[tokio::test]
async fn a_step_or_a_name_that_misses_by_its_spelling_is_bad_too() {
    for key in ["funnelstep", "FunnelStep", "funnel_step", "funnel.step"] {
        let mut record = record(&[(key, "landing"), ("serviceName", "api")]);
        record.event_name = String::new();
        let event = judged(record).await;
        assert_eq!(event["verdict"], "bad", "{key}");
        let rules = rules(&event);
        assert!(rules.contains(&(key.to_owned(), "unknown_key".to_owned())), "{rules:?}");
        assert!(rules.contains(&("newrelic.event.type".to_owned(), "no_event_type".to_owned())), "{rules:?}");
    }
    for name in ["InstantFunnel", "instantfunnel", "Instant.Funnel"] {
        let mut record = record(&[("newrelic.event.type", "Deploy")]);
        record.event_name = name.to_owned();
        assert_eq!(judged(record).await["verdict"], "bad", "{name}");
    }
}

#[tokio::test]
async fn what_has_nothing_to_do_with_the_funnel_stays_other() {
    for kind in ["Deploy", "ShopFunnel", "Funnel", "Instant"] {
        let event = judged(record(&[("newrelic.event.type", kind), ("funnelStep", "cart")])).await;
        assert_eq!((event["verdict"].as_str(), event["type"].as_str()), (Some("other"), Some(kind)));
        assert!(rules(&event).is_empty(), "{kind}");
    }
}

async fn with_body(body: Option<opentelemetry_proto::tonic::common::v1::any_value::Value>) -> Value {
    let mut record = step("landing", 1, &[]);
    record.body = body.map(|value| AnyValue { value: Some(value) });
    judged(record).await
}

#[tokio::test]
async fn the_body_is_the_events_name_or_nothing() {
    for body in [None, Some(text("InstantFunnel"))] {
        assert_eq!(with_body(body.clone()).await["verdict"], "good", "{body:?}");
    }
    for body in [
        text("jane@example.com"),
        text("instantfunnel"),
        text("InstantFunnel "),
        text("{\"email\":\"jane@example.com\"}"),
        text(""),
        IntValue(4_155_550_123),
        KvlistValue(Default::default()),
        BytesValue(b"jane".to_vec()),
    ] {
        let event = with_body(Some(body.clone())).await;
        assert_eq!(event["verdict"], "bad", "{body:?}");
        assert_eq!(rules(&event), [("body".to_owned(), "body".to_owned())], "{body:?}");
        let whole = event.to_string();
        assert!(!whole.contains("jane") && !whole.contains("4155550123"), "{whole}");
    }
}

#[tokio::test]
async fn what_stands_beside_the_attributes_is_judged() {
    for (name, severity, broken) in [
        ("", "", None),
        ("InstantFunnel", "INFO", None),
        ("InstantFunnel", "Information", None),
        ("InstantFunnel", "WARN2", None),
        ("jane@example.com", "INFO", Some("event_name")),
        ("Other", "", Some("event_name")),
        ("InstantFunnel", "jane@example.com", Some("severity_text")),
        ("InstantFunnel", "4155550123", Some("severity_text")),
    ] {
        let mut record = step("landing", 1, &[]);
        (record.event_name, record.severity_text) = (name.to_owned(), severity.to_owned());
        let event = judged(record).await;
        let keys: Vec<String> = rules(&event).into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, broken.into_iter().collect::<Vec<_>>(), "{name} {severity}");
        assert!(!event.to_string().contains("jane"));
    }
}
