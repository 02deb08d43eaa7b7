//! OTLP over HTTP: every encoding and compression gives the same events, and answers are as the specification says.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::type_complexity,
    reason = "a test may, and its tables are read once"
)]

mod support;

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceResponse;
use prost::Message;
use serde_json::json;

use self::support::*;

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn protobuf_is_taken_plain_and_packed() {
    let lab = lab().await;
    for (number, packing) in [(1, ""), (2, "identity"), (3, "gzip"), (4, "zstd")] {
        let body = request(vec![step("landing", number, &[])]);
        let packed = match packing {
            "gzip" => gzip(&body),
            "zstd" => zstd::encode_all(body.as_slice(), 1).unwrap(),
            _ => body,
        };
        let mut headers = vec![PROTOBUF];
        if !packing.is_empty() {
            headers.push(("content-encoding", packing));
        }
        let answer = send(lab.otlp_addr(), "POST", "/v1/logs", &headers, &packed).await;
        assert_eq!(answer.status, 200, "{packing}: {}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/x-protobuf"));
        assert_eq!(ExportLogsServiceResponse::decode(answer.body.as_slice()).unwrap().partial_success, None);
    }
    assert_eq!((lab.counts().good, lab.counts().total), (4, 4));
}

#[tokio::test]
async fn an_encoding_is_known_by_its_name_in_any_letter_case() {
    let lab = lab().await;
    let zlib = |body: &[u8]| {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    };
    let bare = |body: &[u8]| {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    };
    let cases: [(&str, &dyn Fn(&[u8]) -> Vec<u8>); 12] = [
        ("GZIP", &gzip),
        ("Gzip", &gzip),
        ("X-GZIP", &gzip),
        (" gzip ", &gzip),
        ("gzip, identity", &gzip),
        ("deflate", &zlib),
        ("Deflate", &zlib),
        ("zlib", &zlib),
        ("deflate", &bare),
        ("ZSTD", &|body| zstd::encode_all(body, 1).unwrap()),
        ("IDENTITY", &|body| body.to_vec()),
        ("", &|body| body.to_vec()),
    ];
    let stored = cases.len() as u64;
    for (number, (name, pack)) in (1..).zip(cases) {
        let body = pack(&request(vec![step("landing", number, &[])]));
        let headers = [("content-type", "Application/X-Protobuf"), ("content-encoding", name)];
        let answer = send(lab.otlp_addr(), "POST", "/v1/logs", &headers, &body).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
    }
    assert_eq!((lab.counts().good, lab.counts().total), (stored, stored));
    for name in ["br", "snappy", "gzip, gzip", "gzip;q=1"] {
        let headers = [PROTOBUF, ("content-encoding", name)];
        let answer = send(lab.otlp_addr(), "POST", "/v1/logs", &headers, b"").await;
        assert_eq!(answer.status, 415, "{name}");
        assert_eq!(answer.header("accept-encoding"), Some("gzip, deflate, zstd"));
        assert!(answer.text().contains("deflate"), "{}", answer.text());
    }
}

#[tokio::test]
async fn json_gives_the_same_event_as_protobuf() {
    let lab = lab().await;
    let record = step("provision", 1, &[("tier", "free"), ("service", "db")]);
    export(&lab, vec![record.clone()]).await;
    let attributes: Vec<_> = record
        .attributes
        .iter()
        .map(|pair| {
            let value = if pair.key == "eventId" { format!("{:031x}f", 2) } else { text_of(pair) };
            json!({"key": pair.key, "value": {"stringValue": value}})
        })
        .collect();
    let body = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [
        {"timeUnixNano": record.time_unix_nano.to_string(), "attributes": attributes}
    ]}]}]});
    let answer = send(lab.otlp_addr(), "POST", "/v1/logs", &[JSON], body.to_string().as_bytes()).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "{}"));
    let mut events = lab.events(None, 10).await.unwrap();
    assert_eq!(events.len(), 2);
    for event in &mut events {
        event["id"] = json!(0);
        event["received"] = json!(0);
        event["attributes"]["eventId"] = json!("");
    }
    assert_eq!(events[0], events[1]);
}

fn text_of(pair: &opentelemetry_proto::tonic::common::v1::KeyValue) -> String {
    match pair.value.as_ref().and_then(|value| value.value.clone()) {
        Some(opentelemetry_proto::tonic::common::v1::any_value::Value::StringValue(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_sender_is_warned_of_bad_records_and_nothing_is_lost() {
    let lab = lab().await;
    let answer =
        export(&lab, vec![step("landing", 1, &[]), step("landing", 2, &[("tier", "a@b.example")])]).await;
    let partial = ExportLogsServiceResponse::decode(answer.body.as_slice()).unwrap().partial_success.unwrap();
    assert_eq!(partial.rejected_log_records, 0);
    assert!(
        partial.error_message.starts_with("1 of 2 records break the contract"),
        "{}",
        partial.error_message
    );
    assert_eq!((lab.counts().good, lab.counts().bad), (1, 1));
}

#[tokio::test]
async fn a_record_over_the_limit_is_rejected_alone() {
    let lab = lab().await;
    let huge = record(&[("blob", &"x".repeat(300 * 1024))]);
    let answer = export(&lab, vec![step("landing", 1, &[]), huge]).await;
    let partial = ExportLogsServiceResponse::decode(answer.body.as_slice()).unwrap().partial_success.unwrap();
    assert_eq!(partial.rejected_log_records, 1);
    assert_eq!(lab.counts().total, 1);
}

#[tokio::test]
async fn what_is_no_export_request_gets_a_status_that_says_so() {
    let lab = lab().await;
    let good = request(vec![step("landing", 1, &[])]);
    let otlp = lab.otlp_addr();
    let status = |answer: Answer| answer.status;
    assert_eq!(status(send(otlp, "GET", "/v1/logs", &[], b"").await), 405);
    assert_eq!(status(send(otlp, "POST", "/v1/profiles", &[PROTOBUF], &good).await), 404);
    assert_eq!(status(send(otlp, "POST", "/", &[PROTOBUF], &good).await), 404);
    assert_eq!(status(send(otlp, "POST", "/v1/logs", &[], &good).await), 415);
    assert_eq!(status(send(otlp, "POST", "/v1/logs", &[("content-type", "text/plain")], &good).await), 415);
    let brotli = [PROTOBUF, ("content-encoding", "br")];
    assert_eq!(status(send(otlp, "POST", "/v1/logs", &brotli, &good).await), 415);
    assert_eq!(status(send(otlp, "POST", "/v1/logs", &[JSON], b"{").await), 400);
    assert_eq!(status(send(otlp, "POST", "/v1/logs", &[JSON], b"{\"resourceLogs\": 7}").await), 400);
    for cut in 1..good.len() {
        let answer = send(otlp, "POST", "/v1/logs", &[PROTOBUF], &good[..cut]).await;
        assert_eq!(answer.status, 400, "cut at {cut}");
    }
    assert_eq!(lab.counts().total, 0, "nothing of a broken request is stored");
}

#[tokio::test]
async fn a_fault_is_played_as_often_as_asked() {
    let lab = lab().await;
    let fault = json!({"status": 503, "count": 2, "retry_after_s": 7});
    assert_eq!(post(&lab, "/api/fault", &fault).await.status, 200);
    for _ in 0..2 {
        let answer = export(&lab, vec![step("landing", 1, &[])]).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("7")));
    }
    assert_eq!(export(&lab, vec![step("landing", 1, &[])]).await.status, 200);
    assert_eq!(lab.counts().good, 1, "a refused request leaves nothing");
    for wrong in [json!({"status": 99}), json!({"delay_ms": 3_600_000}), json!({"state": 503}), json!([])] {
        assert_eq!(post(&lab, "/api/fault", &wrong).await.status, 400, "{wrong}");
    }
    post(&lab, "/api/fault", &json!({"status": 401, "count": 9})).await;
    assert_eq!(post(&lab, "/api/fault", &json!({"count": 0})).await.json(), json!({"count": 0}));
    assert_eq!(export(&lab, vec![step("landing", 2, &[])]).await.status, 200);
}
