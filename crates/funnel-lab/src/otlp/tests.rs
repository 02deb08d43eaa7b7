//! The wire reader against the generated messages: whatever they encode, it reads the same.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord as Message, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use proptest::prelude::*;
use prost::Message as _;

use super::record::{Any, Attributes, List, LogRecord, RecordPlace, TraceHex, Visitor};
use super::{DecodeError, json, proto};

/// Records every call.
#[derive(Default)]
struct Told(Vec<String>);

impl<'a> Visitor<'a> for Told {
    fn resource(&mut self, attributes: &Attributes<'a>) {
        self.0.push(format!("resource {attributes:?}"));
    }

    fn scope(&mut self, name: &'a str, version: &'a str, attributes: &Attributes<'a>) {
        self.0.push(format!("scope {name} {version} {attributes:?}"));
    }

    fn record(&mut self, record: &LogRecord<'a>, _place: RecordPlace) {
        self.0.push(format!("{record:?}"));
    }

    fn rejected(&mut self, place: RecordPlace, reason: String) {
        self.0.push(format!("{place} {reason}"));
    }
}

fn seen(value: Option<&AnyValue>) -> Any<'_> {
    match value.and_then(|value| value.value.as_ref()) {
        None => Any::Null,
        Some(Value::StringValue(text)) => Any::Text(text),
        Some(Value::BoolValue(value)) => Any::Bool(*value),
        Some(Value::IntValue(value)) => Any::Int(*value),
        Some(Value::DoubleValue(value)) => Any::Double(*value),
        Some(Value::BytesValue(bytes)) => Any::Bytes(bytes.len()),
        Some(Value::ArrayValue(list)) => Any::List(List::Wire(list.encode_to_vec().leak())),
        Some(Value::KvlistValue(_)) => Any::Map,
        Some(other) => panic!("{other:?} is not generated here"),
    }
}

fn attributes(pairs: &[KeyValue]) -> Attributes<'_> {
    pairs.iter().map(|pair| (pair.key.as_str(), seen(pair.value.as_ref()))).collect()
}

/// What the reader should say of a request.
fn expected(request: &ExportLogsServiceRequest) -> Vec<String> {
    let mut told = Told::default();
    for logs in &request.resource_logs {
        told.resource(&attributes(logs.resource.as_ref().map_or(&[], |resource| &resource.attributes)));
        for scope_logs in &logs.scope_logs {
            let scope = scope_logs.scope.clone().unwrap_or_default();
            let scope = Box::leak(Box::new(scope));
            told.scope(&scope.name, &scope.version, &attributes(&scope.attributes));
            for record in &scope_logs.log_records {
                let id = |bytes: &'static [u8]| {
                    if bytes.is_empty() { TraceHex::None } else { TraceHex::Bytes(bytes) }
                };
                let record: &'static Message = Box::leak(Box::new(record.clone()));
                let read = LogRecord {
                    time_unix_nano: record.time_unix_nano,
                    observed_time_unix_nano: record.observed_time_unix_nano,
                    severity_number: record.severity_number.into(),
                    severity_text: &record.severity_text,
                    body: record.body.as_ref().map(|body| seen(Some(body))),
                    attributes: attributes(&record.attributes),
                    trace_id: id(&record.trace_id),
                    span_id: id(&record.span_id),
                    event_name: &record.event_name,
                };
                told.record(&read, RecordPlace::default());
            }
        }
    }
    told.0
}

fn values() -> impl Strategy<Value = Option<AnyValue>> {
    let leaf = prop_oneof![
        ".{0,12}".prop_map(Value::StringValue),
        any::<bool>().prop_map(Value::BoolValue),
        any::<i64>().prop_map(Value::IntValue),
        any::<f64>().prop_filter("equal to itself", |number| !number.is_nan()).prop_map(Value::DoubleValue),
        proptest::collection::vec(any::<u8>(), 0..8).prop_map(Value::BytesValue),
    ];
    let wrap = |value: Value| AnyValue { value: Some(value) };
    let value = leaf.prop_recursive(3, 12, 4, move |inner| {
        let pair = (".{0,4}", inner.clone()).prop_map(move |(key, value)| KeyValue {
            key,
            value: Some(wrap(value)),
            ..Default::default()
        });
        prop_oneof![
            proptest::collection::vec(inner.prop_map(wrap), 0..4)
                .prop_map(|values| Value::ArrayValue(ArrayValue { values })),
            proptest::collection::vec(pair, 0..4)
                .prop_map(|values| Value::KvlistValue(KeyValueList { values })),
        ]
    });
    proptest::option::of(value.prop_map(wrap))
}

fn pairs() -> impl Strategy<Value = Vec<KeyValue>> {
    let pair = (".{0,10}", values()).prop_map(|(key, value)| KeyValue { key, value, ..Default::default() });
    proptest::collection::vec(pair, 0..5)
}

fn records() -> impl Strategy<Value = Message> {
    (any::<(u64, u64)>(), 0..25_i32, ".{0,6}", values(), pairs(), any::<[u8; 16]>(), any::<bool>(), ".{0,14}")
        .prop_map(|(times, severity, text, body, attributes, id, traced, event_name)| Message {
            time_unix_nano: times.0,
            observed_time_unix_nano: times.1,
            severity_number: severity,
            severity_text: text,
            body,
            attributes,
            trace_id: if traced { id.to_vec() } else { Vec::new() },
            span_id: if traced { id[..8].to_vec() } else { Vec::new() },
            event_name,
            ..Default::default()
        })
}

fn requests() -> impl Strategy<Value = ExportLogsServiceRequest> {
    let scope = (pairs(), ".{0,6}", proptest::collection::vec(records(), 0..4)).prop_map(
        |(attributes, name, log_records)| {
            let scope = Some(InstrumentationScope { name, attributes, ..Default::default() });
            ScopeLogs { scope, log_records, ..Default::default() }
        },
    );
    let resource = (pairs(), proptest::collection::vec(scope, 0..3)).prop_map(|(attributes, scope_logs)| {
        let resource = Some(Resource { attributes, ..Default::default() });
        ResourceLogs { resource, scope_logs, ..Default::default() }
    });
    proptest::collection::vec(resource, 0..3)
        .prop_map(|resource_logs| ExportLogsServiceRequest { resource_logs })
}

proptest! {
    #[test]
    fn the_reader_agrees_with_the_generated_messages(request in requests()) {
        let body = request.encode_to_vec();
        let mut told = Told::default();
        proto::read(&body, &mut told).unwrap();
        prop_assert_eq!(told.0, expected(&request));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        // Whatever comes: an answer, never a panic. What the generated reader takes, this one takes too.
        let read = proto::read(&bytes, &mut Told::default());
        if ExportLogsServiceRequest::decode(bytes.as_slice()).is_ok() && !has_group(&bytes) {
            prop_assert_eq!(read, Ok(()));
        }
    }

    #[test]
    fn any_json_is_read_or_refused(text in "[\\[\\]{}\":,a-zA-Z0-9 ]{0,80}") {
        if let Ok(tree) = json::parse(text.as_bytes()) {
            let _: Result<(), DecodeError> = json::read(&tree, &mut Told::default());
        }
    }
}

/// Groups, wire types 3 and 4, have been out of use since before OTLP was; this reader does not skip them.
fn has_group(bytes: &[u8]) -> bool {
    bytes.iter().any(|byte| matches!(byte & 7, 3 | 4))
}
