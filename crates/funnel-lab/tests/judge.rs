//! Good, bad, duplicate, other: what the lab says of a record, and what it stores of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

mod support;

use opentelemetry_proto::tonic::common::v1::any_value::Value::{BoolValue, IntValue};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use serde_json::Value;

use self::support::*;

/// The event that `record` became.
async fn judged(record: LogRecord) -> Value {
    let lab = lab().await;
    assert_eq!(export(&lab, vec![record]).await.status, 200);
    lab.events(None, 1).await.unwrap().remove(0)
}

fn rules(event: &Value) -> Vec<(String, String)> {
    let text = |problem: &Value, member: &str| problem[member].as_str().unwrap().to_owned();
    event["problems"].as_array().unwrap().iter().map(|p| (text(p, "key"), text(p, "rule"))).collect()
}

#[tokio::test]
async fn a_record_that_keeps_the_contract_is_good() {
    let mut record = step("paid", 1, &[("journeyId", &journey(1)), ("tier", "pro")]);
    record.attributes.push(pair("renewal", BoolValue(false)));
    let event = judged(record).await;
    assert_eq!(event["verdict"], "good");
    assert_eq!(event["type"], "InstantFunnel");
    assert_eq!(event["attributes"]["renewal"], false);
    assert!(rules(&event).is_empty());
}

#[tokio::test]
async fn what_breaks_a_rule_is_named_masked_and_not_stored() {
    let event = judged(step("claim", 1, &[("tier", "jane@example.com"), ("phone", "4155550123")])).await;
    assert_eq!(event["verdict"], "bad");
    assert_eq!(rules(&event), [("tier".into(), "slug".into()), ("phone".into(), "unknown_key".into())]);
    assert_eq!(event["problems"][0]["sample"], "aaaa@aaaaaaa.aaa");
    let whole = event.to_string();
    assert!(!whole.contains("jane") && !whole.contains("4155550123"), "{whole}");
}

#[tokio::test]
async fn a_number_where_text_is_due_is_bad() {
    let mut record = step("claim", 1, &[]);
    record.attributes.push(pair("tier", IntValue(7)));
    assert_eq!(rules(&judged(record).await), [("tier".into(), "type".into())]);
}

#[tokio::test]
async fn an_attribute_on_a_step_where_it_may_not_occur_is_bad() {
    for (name, key, value) in [
        ("landing", "tier", "free"),
        ("claim", "service", "db"),
        ("landing", "teamId", "00000000-0000-4000-8000-000000000001"),
        ("paid", "emailHash", "0123456789abcdef"),
    ] {
        let event = judged(step(name, 1, &[(key, value)])).await;
        assert_eq!(rules(&event), [(key.to_owned(), "step".to_owned())], "{name}");
        assert!(event["attributes"].get(key).is_none(), "{name}");
    }
    let mut record = step("claim", 1, &[]);
    record.attributes.push(pair("renewal", BoolValue(true)));
    assert_eq!(rules(&judged(record).await), [("renewal".into(), "step".into())]);
    let twice = step("claim", 1, &[("tier", "free"), ("tier", "pro")]);
    assert_eq!(rules(&judged(twice).await), [("tier".into(), "duplicate".into())]);
}

#[tokio::test]
async fn each_attribute_that_is_always_due_is_missed() {
    for missing in ["funnelStep", "serviceName", "cohort", "eventId"] {
        let mut record = step("landing", 1, &[]);
        record.attributes.retain(|pair| pair.key != missing);
        assert_eq!(rules(&judged(record).await), [(missing.to_owned(), "missing".to_owned())]);
    }
}

#[tokio::test]
async fn without_the_event_type_it_would_land_in_log() {
    let mut record = step("landing", 1, &[]);
    record.attributes.retain(|pair| pair.key != "newrelic.event.type");
    let event = judged(record).await;
    assert_eq!((event["verdict"].as_str(), event["type"].as_str()), (Some("bad"), Some("Log")));
    assert_eq!(rules(&event), [("newrelic.event.type".into(), "no_event_type".into())]);
    assert!(event["problems"][0]["fate"].as_str().unwrap().contains("Log"));
}

#[tokio::test]
async fn too_old_and_too_new_are_not_counted() {
    let day = 24 * 3_600 * 1_000_000_000;
    for (time, rule) in
        [(now_nanos() - day - 60_000_000_000, "too_old"), (now_nanos() + day + 60_000_000_000, "too_new")]
    {
        let lab = lab().await;
        let record = LogRecord { time_unix_nano: time, ..step("landing", 1, &[]) };
        export(&lab, vec![record]).await;
        let event = lab.events(None, 1).await.unwrap().remove(0);
        assert_eq!(rules(&event), [("timestamp".to_owned(), rule.to_owned())]);
        let answer = lab.query("SELECT count(*) FROM InstantFunnel SINCE 30 days ago").await.unwrap();
        assert_eq!(answer["results"][0]["count"], 0);
    }
}

#[tokio::test]
async fn the_same_event_id_again_is_a_duplicate_and_still_counted_by_count() {
    let lab = lab().await;
    export(&lab, vec![step("landing", 1, &[]), step("landing", 1, &[])]).await;
    export(&lab, vec![step("landing", 1, &[])]).await;
    let counts = lab.counts();
    assert_eq!((counts.good, counts.duplicate, counts.step(0)), (1, 2, 1));
    let answer = lab.query("SELECT count(*), uniqueCount(eventId) FROM InstantFunnel").await.unwrap();
    assert_eq!(answer["results"][0]["count"], 3);
    assert_eq!(answer["results"][0]["uniqueCount.eventId"], 1);
}

#[tokio::test]
async fn a_bad_event_does_not_make_the_good_one_a_duplicate() {
    let lab = lab().await;
    export(&lab, vec![step("landing", 1, &[("tier", "A")])]).await;
    export(&lab, vec![step("landing", 1, &[])]).await;
    assert_eq!((lab.counts().bad, lab.counts().good, lab.counts().duplicate), (1, 1, 0));
}

#[tokio::test]
async fn other_records_are_kept_as_new_relic_keeps_them() {
    let lab = lab().await;
    let mut log = record(&[("http.route", "/x"), ("service.name", "own")]);
    log.severity_text = "WARN".to_owned();
    log.body = Some(opentelemetry_proto::tonic::common::v1::AnyValue { value: Some(text("hello")) });
    log.trace_id = vec![0xab; 16];
    let custom = record(&[("newrelic.event.type", "Deploy"), ("version", "2")]);
    let forbidden = record(&[("newrelic.event.type", "Metric1")]);
    export(&lab, vec![log, custom, forbidden]).await;
    assert_eq!((lab.counts().other, lab.counts().total), (3, 3));
    let log = &lab.query("SELECT * FROM Log WHERE message = 'hello'").await.unwrap()["results"][0];
    assert_eq!(log["service.name"], "own", "the record's own attribute goes before the resource's");
    assert_eq!(
        (log["severity.text"].as_str(), log["otel.library.name"].as_str()),
        (Some("WARN"), Some("scope"))
    );
    assert_eq!(log["trace.id"], "ab".repeat(16));
    let custom = &lab.query("SELECT * FROM Deploy").await.unwrap()["results"][0];
    assert_eq!((custom["version"].as_str(), custom["service.name"].as_str()), (Some("2"), Some("tests")));
}

#[tokio::test]
async fn what_new_relic_would_cut_or_drop_is_said() {
    let mut log = record(&[("long", &"é".repeat(5_000)), ("accountId", "1"), ("fine", "x")]);
    let list = opentelemetry_proto::tonic::common::v1::ArrayValue::default();
    log.attributes
        .push(pair("list", opentelemetry_proto::tonic::common::v1::any_value::Value::ArrayValue(list)));
    let event = judged(log).await;
    let expected = [("long", "too_long"), ("accountId", "reserved_name"), ("list", "unsupported_type")];
    assert_eq!(rules(&event), expected.map(|(key, rule)| (key.to_owned(), rule.to_owned())));
    assert_eq!(event["verdict"], "other");
    assert_eq!(event["attributes"]["long"].as_str().unwrap().chars().count(), 4_095);
    assert!(event["attributes"].get("list").is_none());
}
