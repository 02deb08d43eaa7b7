//! Whatever is not a funnel event takes the other road, and is never in its way.

use deploy_tests::client::PROTOBUF;
use deploy_tests::collector::Collector;
use deploy_tests::otlp::{Good, attribute, request, string, text};
use deploy_tests::sink::Sink;
use deploy_tests::wait::wait_until;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics,
};
use opentelemetry_proto::tonic::metrics::v1::{metric::Data, number_data_point};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;

fn ordinary(number: usize) -> LogRecord {
    LogRecord {
        observed_time_unix_nano: 1,
        body: string(format!("line {number}")).into_any(),
        attributes: vec![attribute("eventId", string(format!("ordinary-{number}")))],
        ..LogRecord::default()
    }
}

trait IntoAny {
    fn into_any(self) -> Option<opentelemetry_proto::tonic::common::v1::AnyValue>;
}

impl IntoAny for opentelemetry_proto::tonic::common::v1::any_value::Value {
    fn into_any(self) -> Option<opentelemetry_proto::tonic::common::v1::AnyValue> {
        Some(opentelemetry_proto::tonic::common::v1::AnyValue { value: Some(self) })
    }
}

#[test]
fn logs_are_parted_record_by_record_and_traces_and_metrics_pass() {
    let (newrelic, rest) = (Sink::start(), Sink::start());
    let Some(collector) = Collector::running(&newrelic.url(), &rest.url()) else { return };
    let mut client = collector.client();
    let mut good = Good::new(5);
    for block in 0..20 {
        let mixed = (0..50).flat_map(|at| [good.record(), ordinary(block * 50 + at)]).collect();
        let body = request(Default::default(), Default::default(), mixed);
        assert_eq!(client.logs(&body), Some(200));
    }
    let span = Span { trace_id: vec![1; 16], span_id: vec![2; 8], name: "a span".into(), ..Span::default() };
    let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
    let traces = ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }],
    };
    let point = NumberDataPoint { value: Some(number_data_point::Value::AsInt(7)), ..Default::default() };
    let gauge = Metric {
        name: "a.metric".into(),
        data: Some(Data::Gauge(Gauge { data_points: vec![point] })),
        ..Metric::default()
    };
    let scope_metrics = vec![ScopeMetrics { metrics: vec![gauge], ..ScopeMetrics::default() }];
    let metrics = ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics { scope_metrics, ..ResourceMetrics::default() }],
    };
    assert_eq!(client.post("/v1/traces", PROTOBUF, &traces.encode_to_vec()), Some(200));
    assert_eq!(client.post("/v1/metrics", PROTOBUF, &metrics.encode_to_vec()), Some(200));

    wait_until("every event on its own road", || newrelic.distinct() == 1000 && rest.distinct() == 1000);
    assert!(rest.event_ids().keys().all(|id| id.starts_with("ordinary-")));
    assert!(
        newrelic.records().iter().all(|record| !text(record, "eventId").unwrap().starts_with("ordinary"))
    );
    let lines = rest.records();
    assert!(lines.iter().any(|record| *record == ordinary(0)), "ordinary logs are not touched");
    let got = |path: &str, word: &str| {
        rest.received().iter().any(|one| {
            one.path == path && one.body.windows(word.len()).any(|window| window == word.as_bytes())
        })
    };
    wait_until("the span", || got("/v1/traces", "a span"));
    wait_until("the metric", || got("/v1/metrics", "a.metric"));
    wait_until("the counts by step", || got("/v1/metrics", "instant.funnel.events"));
}

/// Counts go to the other backend. When it is away, events must not wait, and none may be refused.
#[test]
fn the_other_backend_being_away_does_not_touch_funnel_events() {
    let (newrelic, mut rest) = (Sink::start(), Sink::start());
    rest.down();
    let Some(collector) = Collector::running(&newrelic.url(), &rest.url()) else { return };
    let (mut client, mut good) = (collector.client(), Good::new(6));
    for _ in 0..500 {
        assert_eq!(client.logs(&good.request(1)), Some(200));
    }
    wait_until("all events", || newrelic.distinct() == 500);
}

/// Large for a log, and not a reason to lose its neighbours, before it or behind it, in its request or in others.
#[test]
fn a_log_of_more_than_a_megabyte_arrives_with_all_its_neighbours() {
    let (newrelic, rest) = (Sink::start(), Sink::start());
    let Some(collector) = Collector::running(&newrelic.url(), &rest.url()) else { return };
    let mut client = collector.client();
    let large = LogRecord { body: string("x".repeat(1_200_000)).into_any(), ..ordinary(5) };
    let mut together: Vec<_> = (0..11).map(ordinary).collect();
    together[5] = large.clone();
    assert_eq!(
        client.logs(&request(Resource::default(), InstrumentationScope::default(), together)),
        Some(200)
    );
    for number in 11..21 {
        let one = vec![ordinary(number)];
        assert_eq!(
            client.logs(&request(Resource::default(), InstrumentationScope::default(), one)),
            Some(200)
        );
    }
    wait_until("all of them", || rest.distinct() == 21);
    assert!(rest.records().contains(&large));
    assert_eq!(collector.metric("otelcol_exporter_send_failed_log_records", "otlp_http/rest"), 0.0);
}
