//! What was refused is shown with its reason; an acknowledgement can be lost; who hangs up has still sent.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::type_complexity,
    reason = "a test may, and its tables are read once"
)]

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use funnel_lab::{Conservation, Line};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use self::support::*;

async fn refused(lab: &funnel_lab::Lab) -> Vec<Value> {
    get(lab, "/api/refused").await.json()["refused"].as_array().unwrap().clone()
}

#[tokio::test]
async fn each_refused_request_is_listed_with_its_reason() {
    let lab = lab().await;
    let otlp = lab.otlp_addr();
    let good = request(vec![step("landing", 1, &[])]);
    let cases: [(&str, &[(&str, &str)], &[u8], u16, &str); 7] = [
        ("/v1/logs", &[JSON], b"{\"resourceLogs\": 7}", 400, "resourceLogs"),
        ("/v1/logs", &[JSON], b"{", 400, "JSON"),
        ("/v1/logs", &[PROTOBUF], b"\xff\xff", 400, "protobuf"),
        ("/v1/logs", &[("content-type", "text/plain")], &good, 415, "content-type"),
        ("/v1/logs", &[PROTOBUF, ("content-encoding", "br")], &good, 415, "gzip"),
        ("/v1/nothing", &[PROTOBUF], &good, 404, "/v1/logs"),
        ("/v1/logs", &[PROTOBUF, ("host", "evil.example")], &good, 403, "--allow-host"),
    ];
    for (number, (path, headers, body, status, reason)) in (1_u64..).zip(cases) {
        assert_eq!(send(otlp, "POST", path, headers, body).await.status, status, "{path} {reason}");
        let newest = refused(&lab).await.remove(0);
        assert_eq!((&newest["status"], &newest["transport"]), (&json!(status), &json!("http")), "{newest}");
        assert!(newest["reason"].as_str().unwrap().contains(reason), "{reason}: {newest}");
        assert_eq!(get(&lab, "/api/counts").await.json()["refused"], number);
    }
    post(&lab, "/api/reset", &json!({})).await;
    assert!(refused(&lab).await.is_empty());
}

#[tokio::test]
async fn a_rejected_record_is_listed_and_no_value_is() {
    let lab = lab().await;
    let record = |value: &str| json!({"attributes": [{"key": "x", "value": {"doubleValue": value}}]});
    let body =
        json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [record("jane@example.com"), record("1")]}]}]});
    let answer = send(lab.otlp_addr(), "POST", "/v1/logs", &[JSON], body.to_string().as_bytes()).await;
    assert_eq!(answer.status, 200);
    let newest = refused(&lab).await.remove(0);
    assert_eq!(newest["status"], 200);
    assert!(newest["reason"].as_str().unwrap().contains("logRecords[0]"), "{newest}");
    assert!(!newest.to_string().contains("jane"));
}

#[tokio::test]
async fn a_lost_acknowledgement_stores_and_then_fails() {
    let lab = lab().await;
    for (number, fault, status) in [
        (1, json!({"store": true}), 503),
        (2, json!({"store": true, "status": 500}), 500),
        (3, json!({"store": true, "status": 429, "retry_after_s": 3, "delay_ms": 10}), 429),
        (4, json!({"store": false, "status": 502}), 502),
    ] {
        assert_eq!(post(&lab, "/api/fault", &fault).await.status, 200, "{fault}");
        let answer = export(&lab, vec![step("landing", number, &[])]).await;
        assert_eq!(answer.status, status, "{fault}");
        let stored = u64::from(number < 4);
        assert_eq!(lab.counts().good, number - 1 + stored, "{fault}");
        // A sender that tries again gets a success, and its event is recognised.
        assert_eq!(export(&lab, vec![step("landing", number, &[])]).await.status, 200);
        assert_eq!((lab.counts().good, lab.counts().duplicate), (number, (number).min(3)), "{fault}");
    }
    assert_eq!(post(&lab, "/api/fault", &json!({"store": 1})).await.status, 400);
}

#[tokio::test]
async fn who_hangs_up_while_the_answer_is_late_has_still_sent() {
    let lab = lab().await;
    post(&lab, "/api/fault", &json!({"status": 200, "delay_ms": 20_000})).await;
    let body = request(vec![step("landing", 1, &[])]);
    let head = format!(
        "POST /v1/logs HTTP/1.1\r\nhost: {}\r\ncontent-type: application/x-protobuf\r\ncontent-length: {}\r\n\r\n",
        lab.otlp_addr(),
        body.len()
    );
    let mut stream = tokio::net::TcpStream::connect(lab.otlp_addr()).await.unwrap();
    stream.write_all(&[head.as_bytes(), &body].concat()).await.unwrap();
    let begin = Instant::now();
    while get(&lab, "/api/fault").await.json()["count"] != 0 {
        assert!(begin.elapsed() < Duration::from_secs(20), "the request did not arrive");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    drop(stream);
    while lab.counts().good == 0 {
        assert!(begin.elapsed() < Duration::from_secs(20), "what was sent is not stored");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // It sends again, as it must, and the lab knows the event.
    assert_eq!(export(&lab, vec![step("landing", 1, &[])]).await.status, 200);
    assert_eq!((lab.counts().good, lab.counts().duplicate), (1, 1));
}

#[derive(Debug)]
struct Service(Result<Line, String>);

impl Conservation for Service {
    fn name(&self) -> String {
        "api".to_owned()
    }

    fn line(&self) -> Result<Line, String> {
        self.0.clone()
    }
}

#[tokio::test]
async fn a_service_that_gives_no_numbers_is_shown_with_the_reason() {
    let line = Line { recorded: 5, delivered: 2, handed_over: 1, dropped: 1, pending: 1 };
    let lab = funnel_lab::Lab::builder()
        .watch_service(Arc::new(Service(Err("connection refused".to_owned()))))
        .watch_service(Arc::new(Service(Ok(line))))
        .start()
        .await
        .unwrap();
    let services = get(&lab, "/api/conservation").await.json()["services"].clone();
    assert_eq!(services[0], json!({"service": "api", "unreachable": "connection refused"}));
    assert_eq!((&services[1]["holds"], &services[1]["handed_over"]), (&json!(true), &json!(1)));
}
