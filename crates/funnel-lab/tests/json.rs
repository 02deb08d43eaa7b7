//! OTLP's JSON as the specification and the stock collector read it; a record that cannot be read is rejected alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

mod support;

use serde_json::{Value, json};

use self::support::*;

async fn post_logs(lab: &funnel_lab::Lab, body: &Value) -> Answer {
    send(lab.otlp_addr(), "POST", "/v1/logs", &[JSON], body.to_string().as_bytes()).await
}

fn request(records: &Value) -> Value {
    json!({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]})
}

fn log(attribute: &Value) -> Value {
    json!({"attributes": [{"key": "x", "value": attribute}]})
}

/// What a record's attribute `x` is stored as, or why the record is rejected; its neighbour is stored either way.
async fn stored(attribute: Value) -> Result<Value, String> {
    let lab = lab().await;
    let answer = post_logs(&lab, &request(&json!([log(&attribute), log(&json!({"intValue": "1"}))]))).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let partial = answer.json()["partialSuccess"].clone();
    let events = lab.events(None, 9).await.unwrap();
    if partial["rejectedLogRecords"] == "1" {
        assert_eq!(events.len(), 1);
        return Err(partial["errorMessage"].as_str().unwrap().to_owned());
    }
    assert_eq!((events.len(), &partial), (2, &Value::Null));
    Ok(events[1]["attributes"]["x"].clone())
}

#[tokio::test]
async fn values_are_read_as_protobufs_json_writes_them() {
    for (value, expected) in [
        (json!({"stringValue": "a"}), json!("a")),
        (json!({"boolValue": true}), json!(true)),
        (json!({"intValue": "-7"}), json!(-7)),
        (json!({"intValue": 7}), json!(7)),
        (json!({"intValue": 7.0}), json!(7)),
        (json!({"doubleValue": 1.5}), json!(1.5)),
        (json!({"doubleValue": "1.5"}), json!(1.5)),
        (json!({"doubleValue": "-1e3"}), json!(-1000.0)),
        (json!({"doubleValue": 2}), json!(2.0)),
        (json!({"doubleValue": "NaN"}), Value::Null),
        (json!({"doubleValue": "Infinity"}), Value::Null),
        (json!({"bytesValue": "aGVsbG8="}), Value::Null),
        (json!({"bytesValue": "_-8"}), Value::Null),
        (json!({"arrayValue": {"values": [{"stringValue": "a"}, {"stringValue": "b"}]}}), json!(["a", "b"])),
        (json!({"arrayValue": {"values": [{"intValue": "1"}, {"intValue": 2}]}}), json!([1, 2])),
        (json!({"arrayValue": {"values": [{"intValue": "1"}, {"stringValue": "a"}]}}), Value::Null),
        (json!({"arrayValue": {}}), Value::Null),
        (json!({"kvlistValue": {"values": [{"key": "a", "value": {"intValue": "1"}}]}}), Value::Null),
        // Of a kind that is not known: empty, as an older receiver reads a newer sender.
        (json!({"novelValue": {"deep": [1]}}), Value::Null),
        (json!({"novelValue": 1, "stringValue": "a"}), json!("a")),
        (json!({"stringValue": null}), Value::Null),
        (json!({}), Value::Null),
        (Value::Null, Value::Null),
    ] {
        assert_eq!(stored(value.clone()).await, Ok(expected), "{value}");
    }
}

#[tokio::test]
async fn what_is_no_value_rejects_its_record_alone_and_names_it() {
    for (value, place) in [
        (json!({"doubleValue": "banana"}), "attributes[0].value.doubleValue"),
        (json!({"doubleValue": "inf"}), "attributes[0].value.doubleValue"),
        (json!({"doubleValue": "1e999"}), "attributes[0].value.doubleValue"),
        (json!({"doubleValue": true}), "attributes[0].value.doubleValue"),
        (json!({"intValue": "banana"}), "attributes[0].value.intValue"),
        (json!({"intValue": 1.5}), "attributes[0].value.intValue"),
        (json!({"intValue": "9223372036854775808"}), "attributes[0].value.intValue"),
        (json!({"boolValue": "true"}), "attributes[0].value.boolValue"),
        (json!({"stringValue": 7}), "attributes[0].value.stringValue"),
        (json!({"bytesValue": "!!"}), "attributes[0].value.bytesValue"),
        (json!({"arrayValue": [1]}), "attributes[0].value.arrayValue"),
        (json!({"arrayValue": {"values": [{"intValue": "x"}]}}), "attributes[0].value.arrayValue"),
        (json!({"kvlistValue": {"values": [7]}}), "attributes[0].value.kvlistValue"),
        (json!("bare"), "attributes[0].value"),
    ] {
        let message = stored(value.clone()).await.expect_err(&value.to_string());
        assert!(message.contains("1 of 2 records"), "{message}");
        assert!(message.contains("resourceLogs[0].scopeLogs[0].logRecords[0]"), "{message}");
        assert!(message.contains(place), "{value}: {message}");
        assert!(!message.contains("banana"), "no value is repeated: {message}");
    }
}

#[tokio::test]
async fn a_field_that_is_none_rejects_its_record_alone() {
    for (record, place) in [
        (json!({"timeUnixNano": "yesterday"}), "timeUnixNano"),
        (json!({"timeUnixNano": -1}), "timeUnixNano"),
        (json!({"severityNumber": "LOUD"}), "severityNumber"),
        (json!({"severityText": 7}), "severityText"),
        (json!({"traceId": "abc"}), "traceId"),
        (json!({"spanId": "zz00000000000000"}), "spanId"),
        (json!({"body": 7}), "body"),
        (json!({"attributes": {}}), "attributes"),
        (json!({"attributes": [7]}), "attributes[0]"),
        (json!(7), "record"),
    ] {
        let lab = lab().await;
        let answer = post_logs(&lab, &request(&json!([{}, record, {}]))).await.json();
        let message = answer["partialSuccess"]["errorMessage"].as_str().unwrap();
        assert!(message.contains("logRecords[1]") && message.contains(place), "{message}");
        assert_eq!(lab.counts().total, 2, "{record}");
    }
}

#[tokio::test]
async fn what_is_wrong_above_records_rejects_those_beneath() {
    let lab = lab().await;
    let wrong = json!({"attributes": [{"key": "a", "value": {"intValue": "x"}}]});
    let body = json!({"resourceLogs": [
        {"resource": wrong, "scopeLogs": [{"logRecords": [{}, {}]}]},
        {"scopeLogs": [{"scope": {"name": 7}, "logRecords": [{}]}, {"logRecords": [{}]}]},
    ]});
    let answer = post_logs(&lab, &body).await.json();
    assert_eq!(answer["partialSuccess"]["rejectedLogRecords"], "3");
    let message = answer["partialSuccess"]["errorMessage"].as_str().unwrap();
    assert!(
        message.contains("resource.attributes[0].value.intValue") && message.contains("scope.name"),
        "{message}"
    );
    assert_eq!(lab.counts().total, 1);
    for broken in [json!({"resourceLogs": 7}), json!({"resourceLogs": [7]}), json!([]), json!("x")] {
        assert_eq!(post_logs(&lab, &broken).await.status, 400, "{broken}");
    }
}

#[tokio::test]
async fn names_of_the_proto_file_are_read_like_those_of_json() {
    let lab = lab().await;
    let attribute = |key: &str, value: &str| json!({"key": key, "value": {"string_value": value}});
    let record = json!({
        "time_unix_nano": now_nanos().to_string(),
        "observed_time_unix_nano": "1",
        "severity_number": "SEVERITY_NUMBER_WARN2",
        "severity_text": "WARN2",
        "trace_id": "AB".repeat(16),
        "span_id": "cd".repeat(8),
        "body": {"string_value": "hello"},
        "attributes": [attribute("a", "b"), {"key": "n", "value": {"int_value": "3"}}],
    });
    let body = json!({"resource_logs": [{
        "resource": {"attributes": [attribute("service.name", "snake")]},
        "scope_logs": [{"scope": {"name": "s", "version": "1"}, "log_records": [record]}],
    }]});
    assert_eq!(post_logs(&lab, &body).await.text(), "{}");
    let log = lab.query("SELECT * FROM Log").await.unwrap()["results"][0].clone();
    for (key, value) in [
        ("message", json!("hello")),
        ("severity.text", json!("WARN2")),
        ("severity.number", json!(14)),
        ("trace.id", json!("ab".repeat(16))),
        ("span.id", json!("cd".repeat(8))),
        ("a", json!("b")),
        ("n", json!(3)),
        ("service.name", json!("snake")),
        ("otel.library.name", json!("s")),
    ] {
        assert_eq!(log[key], value, "{key}");
    }
}

#[tokio::test]
async fn a_request_of_something_else_is_not_a_silent_success() {
    let lab = lab().await;
    for foreign in [json!({"logs": []}), json!({"ResourceLogs": []}), json!({"resourceSpans": [{}]})] {
        let answer = post_logs(&lab, &foreign).await;
        let message = answer.json()["partialSuccess"]["errorMessage"].as_str().unwrap_or_default().to_owned();
        assert!(answer.status == 200 && message.contains("resourceLogs"), "{foreign}: {message}");
    }
    for empty in [json!({}), json!({"resourceLogs": []}), json!({"resource_logs": []})] {
        assert_eq!(post_logs(&lab, &empty).await.text(), "{}", "{empty}");
    }
}

#[tokio::test]
async fn a_protobuf_record_that_cannot_be_read_is_rejected_alone() {
    let mut broken = record(&[("note", "QQQQ")]);
    broken.attributes.push(pair("other", text("x")));
    let mut body = support::request(vec![step("landing", 1, &[]), broken, step("landing", 2, &[])]);
    let at = body.windows(4).position(|four| four == b"QQQQ").unwrap();
    body[at..at + 4].copy_from_slice(&[0xff, 0xfe, 0xc0, 0x80]);
    let lab = lab().await;
    let answer = send(lab.otlp_addr(), "POST", "/v1/logs", &[PROTOBUF], &body).await;
    assert_eq!(answer.status, 200);
    let partial =
        <opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceResponse as prost::Message>::decode(
            answer.body.as_slice(),
        );
    let partial = partial.unwrap().partial_success.unwrap();
    assert_eq!(partial.rejected_log_records, 1);
    assert!(
        partial.error_message.contains("logRecords[1]: text that is not UTF-8"),
        "{}",
        partial.error_message
    );
    assert_eq!((lab.counts().good, lab.counts().total), (2, 2));
}
