//! `ExportLogsServiceRequest` from JSON: camel-case names, 64-bit numbers as text or number, ids in hexadecimal.

use super::{Any, Attributes, DecodeError, LogRecord, TraceHex, Visitor};
use serde_json::{Map, Value};

type Object = Map<String, Value>;

/// The most bytes that the tree of a JSON text takes. Every value and every key but the first stands behind one of four
/// characters, and an object with one member takes as much as one with eleven.
pub(crate) fn tree_bytes(text: &[u8]) -> usize {
    const NODE: usize = 12 + 11 * (size_of::<Value>() + size_of::<String>()) + 8;
    let (mut values, mut objects) = (1, 0);
    for byte in text {
        values += usize::from(matches!(byte, b',' | b':' | b'[' | b'{'));
        objects += usize::from(*byte == b'{');
    }
    // A text takes 16 bytes of the heap at least, and a growing list up to twice its items.
    text.len() + values * (2 * size_of::<Value>() + 16) + objects * NODE
}

/// The body as a tree; nesting is bounded by the parser, 128 levels.
///
/// # Errors
/// What is wrong, with line and column.
pub(crate) fn parse(body: &[u8]) -> Result<Value, DecodeError> {
    serde_json::from_slice(body).map_err(|error| DecodeError::Json(error.to_string()))
}

/// Tells `visitor` what is in `body`.
///
/// # Errors
/// The member that is not what OTLP says it is.
pub(crate) fn read<'a>(body: &'a Value, visitor: &mut impl Visitor<'a>) -> Result<(), DecodeError> {
    let request = object(body, "the request")?;
    for resource_logs in list(request, "resourceLogs")? {
        let resource_logs = object(resource_logs, "resourceLogs[]")?;
        let resource = optional(resource_logs, "resource")?;
        visitor.resource(&attributes(resource)?);
        for scope_logs in list(resource_logs, "scopeLogs")? {
            let scope_logs = object(scope_logs, "scopeLogs[]")?;
            let scope = optional(scope_logs, "scope")?;
            let (name, version) = match scope {
                Some(scope) => (text(scope, "name")?, text(scope, "version")?),
                None => ("", ""),
            };
            visitor.scope(name, version, &attributes(scope)?);
            for record in list(scope_logs, "logRecords")? {
                visitor.record(&log_record(object(record, "logRecords[]")?)?);
            }
        }
    }
    Ok(())
}

fn log_record(record: &Object) -> Result<LogRecord<'_>, DecodeError> {
    Ok(LogRecord {
        time_unix_nano: number(record, "timeUnixNano")?,
        observed_time_unix_nano: number(record, "observedTimeUnixNano")?,
        severity_number: number(record, "severityNumber")?.cast_signed(),
        severity_text: text(record, "severityText")?,
        body: record.get("body").map(any_value).transpose()?,
        attributes: attributes(Some(record))?,
        trace_id: id(record, "traceId", 32)?,
        span_id: id(record, "spanId", 16)?,
        event_name: text(record, "eventName")?,
    })
}

fn wrong<T>(what: &str, due: &str) -> Result<T, DecodeError> {
    Err(DecodeError::Json(format!("`{what}` is not {due}")))
}

fn object<'a>(value: &'a Value, what: &str) -> Result<&'a Object, DecodeError> {
    value.as_object().map_or_else(|| wrong(what, "an object"), Ok)
}

fn optional<'a>(parent: &'a Object, name: &str) -> Result<Option<&'a Object>, DecodeError> {
    match parent.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => object(value, name).map(Some),
    }
}

fn list<'a>(parent: &'a Object, name: &str) -> Result<&'a [Value], DecodeError> {
    match parent.get(name) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => wrong(name, "a list"),
    }
}

fn text<'a>(parent: &'a Object, name: &str) -> Result<&'a str, DecodeError> {
    match parent.get(name) {
        None | Some(Value::Null) => Ok(""),
        Some(Value::String(text)) => Ok(text),
        Some(_) => wrong(name, "text"),
    }
}

fn number(parent: &Object, name: &str) -> Result<u64, DecodeError> {
    match parent.get(name) {
        None | Some(Value::Null) => Ok(0),
        Some(Value::Number(number)) => number.as_u64().map_or_else(|| wrong(name, "an unsigned number"), Ok),
        Some(Value::String(digits)) => digits.parse().or_else(|_| wrong(name, "an unsigned number")),
        Some(_) => wrong(name, "a number"),
    }
}

fn id<'a>(parent: &'a Object, name: &str, digits: usize) -> Result<TraceHex<'a>, DecodeError> {
    let id = text(parent, name)?;
    if id.is_empty() {
        return Ok(TraceHex::None);
    }
    if id.len() != digits || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return wrong(name, "hexadecimal of the right length");
    }
    Ok(TraceHex::Text(id))
}

fn attributes(parent: Option<&Object>) -> Result<Attributes<'_>, DecodeError> {
    let Some(parent) = parent else { return Ok(Attributes::new()) };
    let mut read = Attributes::new();
    for entry in list(parent, "attributes")? {
        let entry = object(entry, "attributes[]")?;
        let value = entry.get("value").map_or(Ok(Any::Null), any_value)?;
        read.push((text(entry, "key")?, value));
    }
    Ok(read)
}

fn any_value(value: &Value) -> Result<Any<'_>, DecodeError> {
    let Some(value) = value.as_object() else {
        return if value.is_null() { Ok(Any::Null) } else { wrong("value", "an AnyValue object") };
    };
    let Some((kind, inner)) = value.iter().next() else { return Ok(Any::Null) };
    Ok(match (kind.as_str(), inner) {
        ("stringValue", Value::String(text)) => Any::Text(text),
        ("boolValue", Value::Bool(value)) => Any::Bool(*value),
        ("intValue", Value::Number(number)) => number
            .as_i64()
            .map_or_else(|| wrong("intValue", "a 64-bit integer"), |value| Ok(Any::Int(value)))?,
        ("intValue", Value::String(digits)) => digits
            .parse()
            .map_or_else(|_| wrong("intValue", "a 64-bit integer"), |value| Ok(Any::Int(value)))?,
        ("doubleValue", Value::Number(number)) => Any::Double(number.as_f64().unwrap_or(f64::NAN)),
        ("doubleValue", Value::String(_)) => Any::Double(f64::NAN),
        ("bytesValue", Value::String(text)) => Any::Bytes(text.as_bytes()),
        ("arrayValue", _) => Any::List,
        ("kvlistValue", _) => Any::Map,
        _ => return wrong(kind, "an AnyValue"),
    })
}
