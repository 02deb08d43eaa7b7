//! Nothing outside the contract gets past the collector, whoever sent it.

use std::collections::BTreeMap;

use deploy_tests::client::JSON;
use deploy_tests::collector::Collector;
use deploy_tests::hostile::{Hostile, NEEDLES};
use deploy_tests::otlp::{Good, archived, attribute, decode_archive, funnel_request, into_records, request};
use deploy_tests::otlp::{string, text};
use deploy_tests::remainder::remainder;
use deploy_tests::sink::Sink;
use deploy_tests::wait::{wait_for, wait_until};
use instant_funnel_core::contract::CONTRACT;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, EntityRef, InstrumentationScope};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;

/// What may arrive: by observed time, the record that was sent and the attributes that the contract leaves of it.
pub(crate) type Expected = BTreeMap<u64, (LogRecord, BTreeMap<String, AnyValue>)>;

/// `HOSTILE_RECORDS` makes it another number; 100,000 take some minutes.
const RECORDS: usize = 30_000;
const A_REQUEST: usize = 25;

/// `HOSTILE_SEED` makes other records.
#[test]
fn of_hostile_records_only_the_contract_arrives_and_what_is_dropped_whole_is_what_the_crate_never_makes() {
    let (newrelic, rest) = (Sink::start(), Sink::start());
    let Some(collector) = Collector::running(&newrelic.url(), &rest.url()) else { return };
    let seed = std::env::var("HOSTILE_SEED").map_or(20_261_124, |seed| seed.parse().unwrap());
    let all = std::env::var("HOSTILE_RECORDS").map_or(RECORDS, |number| number.parse().unwrap());
    let (mut hostile, mut client) = (Hostile::new(seed), collector.client());

    let mut expected = Expected::new();
    for number in 0..all / A_REQUEST {
        let request = hostile.request(A_REQUEST);
        let body = request.encode_to_vec();
        let taken = match number % 10 {
            0 => deploy_tests::grpc::logs(collector.grpc(), &body) == Some(0),
            1 | 2 => client.post("/v1/logs", JSON, as_json(&request).as_bytes()) == Some(200),
            _ => client.logs(&body) == Some(200),
        };
        assert!(taken, "a record that its sender would repeat");
        for record in into_records(request) {
            if let Some(attributes) = remainder(&record) {
                expected.insert(record.observed_time_unix_nano, (record, attributes));
            }
        }
    }
    let dropped = all - expected.len();
    assert!((all / 20..all / 2).contains(&dropped), "a lopsided generator: {dropped} dropped whole");

    wait_until("the survivors at New Relic", || {
        newrelic.event_ids().values().sum::<usize>() >= expected.len()
    });
    wait_until("the survivors in the archive", || archived(&collector.archive()) >= expected.len());
    for received in newrelic.received() {
        no_secret_in(&received.body);
    }
    no_secret_in(&collector.archive());
    judge(&newrelic.accepted(), &expected);
    judge(&decode_archive(&collector.archive()), &expected);
    assert!(rest.records().is_empty(), "a funnel event went the other road");
}

/// As JSON, with fields beside the records that OTTL has no path to.
fn as_json(request: &ExportLogsServiceRequest) -> String {
    let mut json = serde_json::to_value(request).unwrap();
    without_nulls(&mut json);
    let hidden = serde_json::json!([{"logRecords": [
        {"eventName": CONTRACT.event_name, "body": {"stringValue": "zqxvj@example.com"}},
        {"attributes": [{"key": "zqxvj", "value": {"stringValue": "203.0.113.77"}}]},
    ]}]);
    for name in ["deprecatedScopeLogs", "deprecated_scope_logs"] {
        json["resourceLogs"][0][name] = hidden.clone();
    }
    json.to_string()
}

/// `serde_json` writes an absent value and a double that is not a number as `null`; OTLP leaves out the one and has a string
/// for the other.
fn without_nulls(json: &mut serde_json::Value) {
    match json {
        serde_json::Value::Object(map) => {
            if let Some(double @ serde_json::Value::Null) = map.get_mut("doubleValue") {
                *double = "NaN".into();
            }
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(without_nulls);
        }
        serde_json::Value::Array(list) => {
            for value in list {
                if value.is_null() {
                    *value = serde_json::json!({});
                }
                without_nulls(value);
            }
        }
        _ => {}
    }
}

fn no_secret_in(bytes: &[u8]) {
    for needle in NEEDLES {
        let found = bytes.windows(needle.len()).position(|window| window == needle.as_bytes());
        if let Some(at) = found {
            let around = &bytes[at.saturating_sub(60)..(at + 60).min(bytes.len())];
            panic!("`{needle}` got through: {}", String::from_utf8_lossy(around));
        }
    }
}

fn judge(requests: &[ExportLogsServiceRequest], expected: &Expected) {
    let mut arrived = 0;
    for resource_logs in requests.iter().flat_map(|request| &request.resource_logs) {
        let resource = resource_logs.resource.clone().unwrap_or_default();
        assert_eq!((resource.dropped_attributes_count, resource_logs.schema_url.as_str()), (0, ""));
        for one in &resource.attributes {
            let Some(Value::StringValue(text)) = one.value.as_ref().and_then(|value| value.value.as_ref())
            else {
                panic!("a resource attribute that is not a string: {one:?}");
            };
            assert!(["service.", "telemetry.", "deployment."].iter().any(|known| one.key.starts_with(known)));
            assert!(
                text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.+-".contains(&byte)),
                "{text}"
            );
        }
        for scope_logs in &resource_logs.scope_logs {
            let scope = scope_logs.scope.clone().unwrap_or_default();
            let constant = InstrumentationScope { name: "instant-funnel".into(), ..Default::default() };
            assert_eq!((scope, scope_logs.schema_url.as_str()), (constant, ""));
            for record in &scope_logs.log_records {
                let (sent, attributes) = expected
                    .get(&record.observed_time_unix_nano)
                    .unwrap_or_else(|| panic!("should have been dropped whole: {record:#?}"));
                record_is(record, sent, attributes);
                arrived += 1;
            }
        }
    }
    assert_eq!(arrived, expected.len());
}

pub(crate) fn record_is(record: &LogRecord, sent: &LogRecord, attributes: &BTreeMap<String, AnyValue>) {
    let found: BTreeMap<_, _> = record
        .attributes
        .iter()
        .map(|one| (one.key.clone(), one.value.clone().unwrap_or_default()))
        .collect();
    assert_eq!(found.len(), record.attributes.len(), "a key twice: {record:#?}");
    assert!(record.attributes.iter().all(|one| one.key_strindex == 0), "a number got through: {record:#?}");
    if found != *attributes {
        let missing: Vec<_> =
            attributes.iter().filter(|(key, value)| found.get(*key) != Some(value)).collect();
        let surplus: Vec<_> =
            found.iter().filter(|(key, value)| attributes.get(*key) != Some(value)).collect();
        panic!("missing {missing:?}, surplus {surplus:?} of {sent:#?}");
    }
    let body = record.body.clone().and_then(|body| body.value);
    assert_eq!(body, Some(string(CONTRACT.event_name)));
    assert_eq!(record.event_name, CONTRACT.event_name);
    assert_eq!((record.severity_number, record.severity_text.as_str()), (9, "INFO"));
    assert_eq!(record.dropped_attributes_count, 0);
    assert!(record.flags <= 255, "{}", record.flags);
    let time = if sent.time_unix_nano == 0 { sent.observed_time_unix_nano } else { sent.time_unix_nano };
    assert_eq!(record.time_unix_nano, time);
    assert_eq!((&record.trace_id, &record.span_id), (&sent.trace_id, &sent.span_id));
}

/// OTTL has no path to it; the requests are built anew behind the allowlist.
#[test]
fn entity_references_do_not_arrive() {
    let (newrelic, rest) = (Sink::start(), Sink::start());
    let Some(collector) = Collector::running(&newrelic.url(), &rest.url()) else { return };
    let entity = EntityRef { r#type: "open".into(), ..EntityRef::default() };
    let resource = Resource { entity_refs: vec![entity], ..Resource::default() };
    let body = request(resource, InstrumentationScope::default(), Good::new(2).records(1));
    assert_eq!(collector.client().logs(&body), Some(200));
    let arrived = wait_for("the record", || newrelic.accepted().pop());
    assert_eq!(arrived.resource_logs[0].resource.clone().unwrap().entity_refs, []);
}

/// A slug by nature; only a list closes it.
#[test]
fn a_name_that_is_a_legal_slug_passes_until_the_slug_is_closed() {
    let (newrelic, rest) = (Sink::start(), Sink::start());
    let Some(collector) = Collector::running(&newrelic.url(), &rest.url()) else { return };
    let mut record = Good::new(3).record();
    record.attributes.retain(|one| one.key != "reasonCode");
    record.attributes.push(attribute("reasonCode", string("jane-doe")));
    assert_eq!(collector.client().logs(&funnel_request(vec![record])), Some(200));
    let arrived = wait_for("the record", || newrelic.records().pop());
    assert_eq!(text(&arrived, "reasonCode"), Some("jane-doe"));
}
