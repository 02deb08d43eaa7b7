//! `ExportLogsServiceRequest` from JSON. A record that is not what OTLP says a record is, is rejected alone; what is
//! wrong above records rejects the records beneath it.

mod member;
mod tree;
mod value;

use serde_json::Value;

use self::member::{Fault, Name, get, list, object, optional, text, unsigned};
use self::tree::Object;
pub(crate) use self::tree::{parse, tree_bytes};
use self::value::{any_value, attributes};
use super::error::DecodeError;
use super::record::{Any, LogRecord, RecordPlace, TraceHex, Visitor};

const RESOURCE_LOGS: Name = ("resourceLogs", "resource_logs");
const SCOPE_LOGS: Name = ("scopeLogs", "scope_logs");
const LOG_RECORDS: Name = ("logRecords", "log_records");

/// Tells `visitor` what is in `body`.
///
/// # Errors
/// The member above all records that is not what OTLP says it is.
pub(crate) fn read<'a>(body: &'a Value, visitor: &mut impl Visitor<'a>) -> Result<(), DecodeError> {
    let failed = |fault: Fault| DecodeError::Json(fault.to_string());
    let request = object(body, "the request").map_err(failed)?;
    for (resource, logs) in list(request, RESOURCE_LOGS).map_err(failed)?.iter().enumerate() {
        let place = RecordPlace { resource, ..RecordPlace::default() };
        resource_logs(logs, visitor, place)
            .map_err(|fault| failed(fault.within(&format!("resourceLogs[{resource}]"))))?;
    }
    Ok(())
}

/// Whether a request says something, but nothing that this signal has.
pub(crate) fn is_foreign(body: &Value) -> bool {
    body.as_object().is_some_and(|request| !request.is_empty() && get(request, RESOURCE_LOGS).is_none())
}

fn resource_logs<'a>(
    logs: &'a Value,
    visitor: &mut impl Visitor<'a>,
    mut place: RecordPlace,
) -> Result<(), Fault> {
    let logs = object(logs, "item")?;
    let resource = optional(logs, ("resource", "resource")).and_then(attributes);
    if let Ok(attributes) = &resource {
        visitor.resource(attributes);
    }
    let above = resource.err().map(|fault| fault.within("resource"));
    for (scope, logs) in list(logs, SCOPE_LOGS)?.iter().enumerate() {
        place.scope = scope;
        scope_logs(logs, visitor, place, above.as_ref())
            .map_err(|fault| fault.within(&format!("scopeLogs[{scope}]")))?;
    }
    Ok(())
}

fn scope_logs<'a>(
    logs: &'a Value,
    visitor: &mut impl Visitor<'a>,
    mut place: RecordPlace,
    above: Option<&Fault>,
) -> Result<(), Fault> {
    let logs = object(logs, "item")?;
    let read = || {
        let scope = optional(logs, ("scope", "scope"))?;
        let (name, version) = match scope {
            Some(scope) => (text(scope, ("name", "name"))?, text(scope, ("version", "version"))?),
            None => ("", ""),
        };
        Ok((name, version, attributes(scope)?))
    };
    let scope = read().map_err(|fault: Fault| fault.within("scope"));
    if let Ok((name, version, attributes)) = &scope {
        visitor.scope(name, version, attributes);
    }
    let above = above.or(scope.as_ref().err());
    for (record, value) in list(logs, LOG_RECORDS)?.iter().enumerate() {
        place.record = record;
        if let Some(fault) = above {
            visitor.rejected(place, fault.to_string());
            continue;
        }
        match object(value, "record").and_then(log_record) {
            Ok(record) => visitor.record(&record, place),
            Err(fault) => visitor.rejected(place, fault.to_string()),
        }
    }
    Ok(())
}

fn log_record(record: &Object) -> Result<LogRecord<'_>, Fault> {
    Ok(LogRecord {
        time_unix_nano: unsigned(record, ("timeUnixNano", "time_unix_nano"))?,
        observed_time_unix_nano: unsigned(record, ("observedTimeUnixNano", "observed_time_unix_nano"))?,
        severity_number: severity(record)?,
        severity_text: text(record, ("severityText", "severity_text"))?,
        body: get(record, ("body", "body"))
            .map(any_value)
            .transpose()
            .map_err(|fault| fault.within("body"))?,
        attributes: attributes(Some(record))?,
        trace_id: id(record, ("traceId", "trace_id"), 32)?,
        span_id: id(record, ("spanId", "span_id"), 16)?,
        event_name: text(record, ("eventName", "event_name"))?,
    })
}

/// By number, as OTLP says, or by name, as the collector takes it too.
fn severity(record: &Object) -> Result<i64, Fault> {
    const NAME: Name = ("severityNumber", "severity_number");
    const LEVELS: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
    let Some(Value::String(name)) = get(record, NAME) else {
        return unsigned(record, NAME).map(u64::cast_signed);
    };
    if let Ok(number) = name.parse() {
        return Ok(number);
    }
    let level = name.strip_prefix("SEVERITY_NUMBER_").unwrap_or("");
    let (level, within) = match level.strip_suffix(['2', '3', '4']) {
        Some(level) => (level, i64::from(name.as_bytes()[name.len() - 1] - b'1')),
        None => (level, 0),
    };
    if level == "UNSPECIFIED" {
        return Ok(0);
    }
    let number = (1..).step_by(4).zip(LEVELS).find(|(_, known)| *known == level);
    number.map(|(number, _): (i64, _)| number + within).ok_or_else(|| Fault::new(NAME.0, "a severity"))
}

fn id(parent: &Object, name: Name, digits: usize) -> Result<TraceHex<'_>, Fault> {
    let id = text(parent, name)?;
    if id.is_empty() {
        return Ok(TraceHex::None);
    }
    if id.len() != digits || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Fault::new(name.0, "hexadecimal of the right length"));
    }
    Ok(TraceHex::Text(id))
}

/// The items of a list; `None` when one is not a value.
pub(super) fn items(items: &[Value]) -> Option<Vec<Any<'_>>> {
    items.iter().map(|item| any_value(item).ok()).collect()
}
