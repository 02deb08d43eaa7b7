//! Traces and metrics are taken, counted and not kept; pages of an origin that was allowed by name may send.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

mod support;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, metric,
};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use serde_json::json;

use self::support::*;

fn traces(count: usize) -> Vec<u8> {
    let span =
        Span { name: "work".to_owned(), trace_id: vec![1; 16], span_id: vec![2; 8], ..Default::default() };
    let scope_spans = ScopeSpans { spans: vec![span; count], ..Default::default() };
    let resource_spans = ResourceSpans { scope_spans: vec![scope_spans], ..Default::default() };
    ExportTraceServiceRequest { resource_spans: vec![resource_spans] }.encode_to_vec()
}

fn metrics(gauge: usize, sum: usize) -> Vec<u8> {
    let points = |count| vec![NumberDataPoint { time_unix_nano: 1, ..Default::default() }; count];
    let data = [
        metric::Data::Gauge(Gauge { data_points: points(gauge) }),
        metric::Data::Sum(Sum { data_points: points(sum), ..Default::default() }),
    ];
    let metrics = data.map(|data| Metric { name: "m".to_owned(), data: Some(data), ..Default::default() });
    let scope_metrics = ScopeMetrics { metrics: metrics.into(), ..Default::default() };
    let resource_metrics = ResourceMetrics { scope_metrics: vec![scope_metrics], ..Default::default() };
    ExportMetricsServiceRequest { resource_metrics: vec![resource_metrics] }.encode_to_vec()
}

#[tokio::test]
async fn traces_and_metrics_are_counted_and_not_kept() {
    let lab = lab().await;
    let otlp = lab.otlp_addr();
    let answer = send(otlp, "POST", "/v1/traces", &[PROTOBUF], &traces(3)).await;
    assert_eq!((answer.status, answer.body.len()), (200, 0), "{}", answer.text());
    assert_eq!(send(otlp, "POST", "/v1/metrics", &[PROTOBUF], &metrics(4, 5)).await.status, 200);
    let packed = zstd::encode_all(traces(2).as_slice(), 1).unwrap();
    let headers = [PROTOBUF, ("content-encoding", "zstd")];
    assert_eq!(send(otlp, "POST", "/v1/traces", &headers, &packed).await.status, 200);
    let json = json!({"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "a"}]}]}]}).to_string();
    let answer = send(otlp, "POST", "/v1/traces", &[JSON], json.as_bytes()).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "{}"));
    let counts = get(&lab, "/api/counts").await.json();
    assert_eq!(counts["not_kept"], json!({"spans": 6, "metric_points": 9}));
    assert_eq!(counts["total"], 0);
    let scrape = get(&lab, "/metrics").await.text();
    assert!(scrape.contains("funnel_lab_not_kept{signal=\"traces\"} 6"), "{scrape}");
    post(&lab, "/api/reset", &json!({})).await;
    assert_eq!(get(&lab, "/api/counts").await.json()["not_kept"]["spans"], 0);
}

#[tokio::test]
async fn what_is_no_request_of_its_signal_is_refused() {
    let lab = lab().await;
    let otlp = lab.otlp_addr();
    for path in ["/v1/traces", "/v1/metrics"] {
        assert_eq!(send(otlp, "POST", path, &[PROTOBUF], b"\xff\xff\xff").await.status, 400, "{path}");
        assert_eq!(send(otlp, "POST", path, &[JSON], b"{").await.status, 400, "{path}");
        assert_eq!(send(otlp, "POST", path, &[JSON], b"[7]").await.status, 400, "{path}");
        assert_eq!(send(otlp, "GET", path, &[], b"").await.status, 405, "{path}");
        assert_eq!(send(otlp, "POST", path, &[], b"").await.status, 415, "{path}");
        assert_eq!(send(otlp, "POST", path, &[PROTOBUF], b"").await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_fault_is_for_logs_alone() {
    let lab = lab().await;
    post(&lab, "/api/fault", &json!({"status": 503})).await;
    assert_eq!(send(lab.otlp_addr(), "POST", "/v1/traces", &[PROTOBUF], &traces(1)).await.status, 200);
    assert_eq!(export(&lab, vec![step("landing", 1, &[])]).await.status, 503);
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_may_send_telemetry_and_nothing_else() {
    let origin = ("origin", "https://shop.example");
    let lab = funnel_lab::Lab::builder().allow_origin("https://shop.example").start().await.unwrap();
    let asking = [
        origin,
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type, x-team"),
        ("sec-fetch-site", "cross-site"),
    ];
    let answer = send(lab.otlp_addr(), "OPTIONS", "/v1/logs", &asking, b"").await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://shop.example"));
    assert_eq!(answer.header("access-control-allow-methods"), Some("POST"));
    assert_eq!(answer.header("access-control-allow-headers"), Some("content-type, x-team"));
    let cross_site = ("sec-fetch-site", "cross-site");
    for path in ["/v1/logs", "/v1/traces", "/v1/metrics"] {
        let answer = send(lab.otlp_addr(), "POST", path, &[JSON, origin, cross_site], b"{}").await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("https://shop.example"), "{path}");
        assert_eq!(answer.header("vary"), Some("origin"), "{path}");
    }
    let refused = send(lab.otlp_addr(), "POST", "/v1/logs", &[JSON, origin], b"{").await;
    assert_eq!(
        (refused.status, refused.header("access-control-allow-origin")),
        (400, Some("https://shop.example"))
    );
    for stranger in ["https://evil.example", "http://shop.example", "https://shop.example:444", "null"] {
        let headers = [JSON, ("origin", stranger), cross_site];
        let answer = send(lab.otlp_addr(), "POST", "/v1/logs", &headers, b"{}").await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (403, None), "{stranger}");
        let asking = [("origin", stranger), ("access-control-request-method", "POST")];
        let answer = send(lab.otlp_addr(), "OPTIONS", "/v1/logs", &asking, b"").await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (403, None), "{stranger}");
    }
    let answer = send(lab.http_addr(), "POST", "/api/reset", &[JSON, origin], b"{}").await;
    assert_eq!(answer.status, 403, "the page's door takes its own page alone");
}

#[tokio::test]
async fn an_origin_is_named_in_full() {
    for wrong in [
        "*",
        "null",
        "",
        "shop.example",
        "https://",
        "https://shop.example/",
        "https://*.example",
        "file://x",
    ] {
        let error = funnel_lab::Lab::builder().allow_origin(wrong).start().await.unwrap_err();
        assert!(error.to_string().contains("origin"), "{wrong}: {error}");
    }
}
