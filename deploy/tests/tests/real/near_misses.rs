//! What only nearly is a funnel event does not pass uncleaned on either road.

use deploy_tests::client::JSON;
use deploy_tests::collector::Collector;
use deploy_tests::otlp::{Good, attribute, funnel_request, request, string};
use deploy_tests::sink::Sink;
use deploy_tests::wait::wait_until;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::resource::v1::Resource;

const NEEDLE: &str = "zqxvj";
const TYPE: &str = "newrelic.event.type";

fn any(value: Value) -> Option<AnyValue> {
    Some(AnyValue { value: Some(value) })
}

fn map(entries: Vec<KeyValue>) -> Value {
    Value::KvlistValue(KeyValueList { values: entries })
}

fn list(value: Value) -> Value {
    Value::ArrayValue(ArrayValue { values: vec![AnyValue { value: Some(value) }] })
}

/// A record with a secret, and with `marks` as its attributes.
fn record(event_name: &str, body: Option<Value>, mut marks: Vec<KeyValue>) -> LogRecord {
    marks.push(attribute("email", string(format!("{NEEDLE}@example.com"))));
    let body = body.map(|value| AnyValue { value: Some(value) });
    LogRecord {
        observed_time_unix_nano: 1,
        event_name: event_name.into(),
        body,
        attributes: marks,
        ..LogRecord::default()
    }
}

fn near_misses() -> Vec<LogRecord> {
    let mark = |value: Value| record("", None, vec![attribute(TYPE, value)]);
    let event = |name: &str| record(name, None, Vec::new());
    let body = |value: Value| record("", Some(value), Vec::new());
    let key = |key: &str| record("", None, vec![attribute(key, string("claim"))]);
    let older = |name: &str| record("", None, vec![attribute("event.name", string(name))]);
    let nested = map(vec![attribute("event", map(vec![attribute("type", string("InstantFunnel"))]))]);
    let mut all: Vec<_> = [
        "instantfunnel",
        "INSTANTFUNNEL",
        "InstantFunnel ",
        " InstantFunnel",
        "InstantFunnel\n",
        "instant_funnel",
        "Instant Funnel",
        "instant.funnel",
    ]
    .iter()
    .flat_map(|name| [event(name), mark(string(*name)), older(name)])
    .collect();
    all.extend([older("InstantFunnel"), mark(Value::BytesValue(b"InstantFunnel".to_vec()))]);
    all.extend([
        mark(list(string("InstantFunnel"))),
        mark(map(vec![attribute("a", string("InstantFunnel"))])),
    ]);
    all.extend([mark(Value::IntValue(7)), mark(Value::DoubleValue(f64::NAN)), mark(Value::BoolValue(true))]);
    for first in ["Other", "x", ""] {
        let twice = vec![attribute(TYPE, string(first)), attribute(TYPE, string("InstantFunnel"))];
        all.push(record("", None, twice));
    }
    let bytes = attribute(TYPE, Value::BytesValue(b"InstantFunnel".to_vec()));
    all.push(record("", None, vec![attribute(TYPE, string("Other")), attribute("a", string("b")), bytes]));
    all.push(record("", None, vec![attribute("newrelic", nested.clone())]));
    all.push(record(
        "",
        None,
        vec![attribute("newrelic.event", map(vec![attribute("type", string("InstantFunnel"))]))],
    ));
    all.extend(
        ["funnelStep", "funnelstep", "FunnelStep", "funnel_step", "funnel.step", "funnel-step"].map(key),
    );
    all.push(body(map(vec![attribute(TYPE, string("InstantFunnel"))])));
    all.push(body(map(vec![attribute("newrelic", nested)])));
    all.push(body(map(vec![
        attribute("FunnelStep", string("claim")),
        attribute("x", Value::DoubleValue(f64::NAN)),
    ])));
    for text in [
        r#"{"newrelic.event.type":"InstantFunnel"}"#,
        r#"  [{"a":1,"newrelic.event.type": "instantfunnel"}]"#,
        r#"{"funnelStep":"claim"}"#,
        "\n{\"a\":\n\"InstantFunnel\"}",
    ] {
        all.push(body(string(text)));
    }
    all
}

#[test]
fn near_misses_of_a_mark_are_dropped_and_ordinary_records_pass() {
    let (newrelic, rest) = (Sink::start(), Sink::start());
    let Some(collector) = Collector::running(&newrelic.url(), &rest.url()) else { return };
    let mut client = collector.client();
    for (number, near) in near_misses().into_iter().enumerate() {
        let body = request(Resource::default(), InstrumentationScope::default(), vec![near.clone()]);
        assert_eq!(
            client.logs(&body),
            Some(200),
            "{number}: a record that its sender would repeat: {near:?}"
        );
    }
    // The mark on resource and scope, nearly.
    for value in [string("instantfunnel "), list(string("InstantFunnel"))] {
        let marked = vec![attribute(TYPE, value)];
        let resource = Resource { attributes: marked.clone(), ..Resource::default() };
        let scope = InstrumentationScope { attributes: marked, ..InstrumentationScope::default() };
        let secret = || vec![record("", None, Vec::new())];
        assert_eq!(client.logs(&request(resource, InstrumentationScope::default(), secret())), Some(200));
        assert_eq!(client.logs(&request(Resource::default(), scope, secret())), Some(200));
    }
    let ordinary = [
        record("checkout.paid", None, vec![attribute(TYPE, string("Checkout"))]),
        record(
            "",
            any(string("instant-funnel: the journal is full")).and_then(|value| value.value),
            Vec::new(),
        ),
        record("event crates/instant-funnel/src/emit.rs:42", None, Vec::new()),
        record("", Some(map(vec![attribute("a", Value::DoubleValue(f64::NAN))])), Vec::new()),
        record("", Some(string("{\"level\":\"info\"}")), vec![attribute("newrelic.source", string("api"))]),
    ];
    let kept = ordinary.len();
    let body = request(Resource::default(), InstrumentationScope::default(), ordinary.to_vec());
    assert_eq!(client.logs(&body), Some(200));
    wait_until("the ordinary records", || rest.records().len() >= kept);
    client.deliver(&Good::new(90).request(1));
    wait_until("a good one behind them", || newrelic.distinct() == 1);
    let passed = rest.records();
    assert_eq!(passed.len(), kept, "{:#?}", passed.iter().find(|one| !ordinary.contains(one)));
    assert_eq!(newrelic.records().len(), 1);
    assert!(collector.metric("otelcol_processor_filter_logs_filtered", "funnel_required") > 40.0);
}

/// OTLP as JSON still reads a field of its older versions, which no path of OTTL leads to.
#[test]
fn deprecated_scope_logs_do_not_arrive() {
    let (newrelic, rest) = (Sink::start(), Sink::start());
    let Some(collector) = Collector::running(&newrelic.url(), &rest.url()) else { return };
    let body = funnel_request(Good::new(91).records(1));
    let good: opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest =
        prost::Message::decode(body.as_slice()).unwrap();
    let mut json = serde_json::to_value(&good).unwrap();
    for name in ["deprecatedScopeLogs", "deprecated_scope_logs"] {
        let secret = format!("{NEEDLE}@example.com");
        json["resourceLogs"][0][name] = serde_json::json!([{"logRecords": [{"eventName": "InstantFunnel", "body": {"stringValue": secret}}]}]);
        assert_eq!(collector.client().post("/v1/logs", JSON, json.to_string().as_bytes()), Some(200));
    }
    wait_until("the good record", || newrelic.event_ids().values().sum::<usize>() == 2);
    wait_until("the archive", || deploy_tests::otlp::archived(&collector.archive()) == 2);
    let found = |bytes: &[u8]| bytes.windows(NEEDLE.len()).any(|window| window == NEEDLE.as_bytes());
    assert!(newrelic.received().iter().all(|one| !found(&one.body)));
    assert!(!found(&collector.archive()));
    assert!(rest.records().is_empty());
}

/// Neither a time nor an observed time: New Relic would take 1970.
#[test]
fn a_record_without_a_time_gets_the_time_of_now() {
    let (newrelic, rest) = (Sink::start(), Sink::start());
    let Some(collector) = Collector::running(&newrelic.url(), &rest.url()) else { return };
    let mut record = Good::new(92).record();
    (record.time_unix_nano, record.observed_time_unix_nano) = (0, 0);
    let start = std::time::SystemTime::now();
    assert_eq!(collector.client().logs(&funnel_request(vec![record])), Some(200));
    wait_until("the record", || newrelic.distinct() == 1);
    let start = start.duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64;
    assert!(newrelic.records()[0].time_unix_nano >= start);
}
