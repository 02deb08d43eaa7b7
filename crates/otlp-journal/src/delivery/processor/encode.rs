//! OpenTelemetry's types as OTLP protobuf, written field by field.

use opentelemetry::logs::AnyValue;
use opentelemetry::{Array, InstrumentationScope, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLogRecord;

use crate::settings::clock::unix_nanos;
use crate::store::identity::SCHEMA_TAG;

/// The body of an OTLP `Resource` message, for [`Builder::resource`](crate::Builder::resource).
///
/// Privacy: every attribute of the resource is in it.
#[must_use]
pub fn encode_resource(resource: &Resource) -> Vec<u8> {
    let mut out = Vec::new();
    for (key, value) in resource.iter() {
        attribute(&mut out, 1, key.as_str(), |out| plain(out, value));
    }
    schema(&mut out, resource.schema_url());
    out
}

/// The URL belongs beside the resource or the scope, where there is no place in a journal's files: it goes with it as a
/// field that the sender takes out again.
fn schema(out: &mut Vec<u8>, url: Option<&str>) {
    if let Some(url) = url.filter(|url| !url.is_empty()) {
        out.extend_from_slice(&SCHEMA_TAG);
        varint(out, url.len() as u64);
        out.extend_from_slice(url.as_bytes());
    }
}

/// The body of an OTLP `InstrumentationScope` message, for [`Builder::scope`](crate::Builder::scope).
#[must_use]
pub fn encode_scope(from: &InstrumentationScope) -> Vec<u8> {
    let mut out = Vec::new();
    scope(&mut out, from, None);
    out
}

/// A record's target stands for the scope's name, as in the stock exporter.
pub(super) fn scope(out: &mut Vec<u8>, scope: &InstrumentationScope, target: Option<&str>) {
    text(out, 1, target.unwrap_or(scope.name()));
    text(out, 2, scope.version().unwrap_or_default());
    for pair in scope.attributes() {
        attribute(out, 3, pair.key.as_str(), |out| plain(out, &pair.value));
    }
    schema(out, scope.schema_url());
}

/// The body of an OTLP `LogRecord`.
pub(super) fn record(out: &mut Vec<u8>, record: &SdkLogRecord) {
    // A record of the `tracing` bridge has no time of its own; without one the far end takes that of the arrival.
    if let Some(time) = record.timestamp().or(record.observed_timestamp()) {
        fixed(out, 1, unix_nanos(time));
    }
    if let Some(severity) = record.severity_number() {
        number(out, 2, severity as u64);
    }
    text(out, 3, record.severity_text().unwrap_or_default());
    if let Some(body) = record.body() {
        nested(out, 5, |out| any(out, body));
    }
    for (key, value) in record.attributes_iter() {
        attribute(out, 6, key.as_str(), |out| any(out, value));
    }
    if let Some(context) = record.trace_context() {
        if let Some(flags) = context.trace_flags {
            tag(out, 8, 5);
            out.extend_from_slice(&u32::from(flags.to_u8()).to_le_bytes());
        }
        bytes(out, 9, &context.trace_id.to_bytes());
        bytes(out, 10, &context.span_id.to_bytes());
    }
    if let Some(time) = record.observed_timestamp() {
        fixed(out, 11, unix_nanos(time));
    }
    text(out, 12, record.event_name().unwrap_or_default());
}

/// `AnyValue` of the logs API.
fn any(out: &mut Vec<u8>, value: &AnyValue) {
    match value {
        AnyValue::String(s) => bytes(out, 1, s.as_str().as_bytes()),
        AnyValue::Boolean(b) => number(out, 2, u64::from(*b)),
        AnyValue::Int(i) => number(out, 3, i.cast_unsigned()),
        AnyValue::Double(d) => fixed(out, 4, d.to_bits()),
        AnyValue::ListAny(list) => nested(out, 5, |out| {
            for value in list.iter() {
                nested(out, 1, |out| any(out, value));
            }
        }),
        AnyValue::Map(map) => nested(out, 6, |out| {
            for (key, value) in map.iter() {
                attribute(out, 1, key.as_str(), |out| any(out, value));
            }
        }),
        AnyValue::Bytes(b) => bytes(out, 7, b),
        // A kind of value that a later version of the API adds goes out empty.
        _ => {}
    }
}

/// `Value` of the common API, which resources and scopes use.
fn plain(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Bool(b) => number(out, 2, u64::from(*b)),
        Value::I64(i) => number(out, 3, i.cast_unsigned()),
        Value::F64(d) => fixed(out, 4, d.to_bits()),
        Value::String(s) => bytes(out, 1, s.as_str().as_bytes()),
        Value::Array(array) => nested(out, 5, |out| match array {
            Array::Bool(all) => all.iter().for_each(|b| nested(out, 1, |o| number(o, 2, u64::from(*b)))),
            Array::I64(all) => all.iter().for_each(|i| nested(out, 1, |o| number(o, 3, i.cast_unsigned()))),
            Array::F64(all) => all.iter().for_each(|d| nested(out, 1, |o| fixed(o, 4, d.to_bits()))),
            Array::String(all) => {
                all.iter().for_each(|s| nested(out, 1, |o| bytes(o, 1, s.as_str().as_bytes())));
            }
            _ => {}
        }),
        _ => {}
    }
}

fn attribute(out: &mut Vec<u8>, field: u8, key: &str, value: impl FnOnce(&mut Vec<u8>)) {
    nested(out, field, |out| {
        bytes(out, 1, key.as_bytes());
        nested(out, 2, value);
    });
}

fn tag(out: &mut Vec<u8>, field: u8, wire: u8) {
    out.push(field << 3 | wire);
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn number(out: &mut Vec<u8>, field: u8, value: u64) {
    tag(out, field, 0);
    varint(out, value);
}

fn fixed(out: &mut Vec<u8>, field: u8, value: u64) {
    tag(out, field, 1);
    out.extend_from_slice(&value.to_le_bytes());
}

fn bytes(out: &mut Vec<u8>, field: u8, value: &[u8]) {
    tag(out, field, 2);
    varint(out, value.len() as u64);
    out.extend_from_slice(value);
}

/// Left out when empty, as proto3 does.
fn text(out: &mut Vec<u8>, field: u8, value: &str) {
    if !value.is_empty() {
        bytes(out, field, value.as_bytes());
    }
}

/// The length of most messages fits one byte; a longer one moves what was written behind it.
fn nested(out: &mut Vec<u8>, field: u8, write: impl FnOnce(&mut Vec<u8>)) {
    tag(out, field, 2);
    out.push(0);
    let start = out.len();
    write(out);
    let len = out.len() - start;
    if len < 0x80 {
        out[start - 1] = len as u8;
        return;
    }
    let mut prefix = Vec::with_capacity(5);
    varint(&mut prefix, len as u64);
    out.splice(start - 1..start, prefix);
}
