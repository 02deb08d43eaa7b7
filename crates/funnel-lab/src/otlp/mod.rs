//! OTLP as the lab reads it. Of logs: protobuf and JSON give the same borrowed records.
//!
//! The protobuf side reads the wire in place instead of building message structs: a record costs no allocation, and
//! that is most of what lets the lab keep up with a load test on two cores. A test holds it against `opentelemetry-proto`.

pub(crate) mod count;
pub(crate) mod json;
pub(crate) mod packing;
pub(crate) mod proto;
pub(crate) mod signal;
#[cfg(test)]
mod tests;
mod wire;

use serde_json::Value;
use std::fmt::Write;
use std::mem::discriminant;

/// A value as it came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Any<'a> {
    /// Text.
    Text(&'a str),
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A floating-point number.
    Double(f64),
    /// Bytes, so many of them.
    Bytes(usize),
    /// A list.
    List(List<'a>),
    /// A map.
    Map,
    /// Nothing: New Relic drops it without a word.
    Null,
}

impl Any<'_> {
    /// Appends the value as JSON; `false` when New Relic stores no such value.
    pub(crate) fn write_json(&self, out: &mut String) -> bool {
        match self {
            Self::Text(text) => write_json_text(out, text),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Int(value) => {
                let _ = write!(out, "{value}");
            }
            Self::Double(value) if value.is_finite() => {
                let _ = write!(out, "{value:?}");
            }
            Self::List(list) => match list.simple() {
                None => return false,
                Some(items) => {
                    let mut separator = '[';
                    for item in items {
                        out.push(separator);
                        // A number that JSON has no word for leaves a gap that keeps the others' places.
                        if !item.write_json(out) {
                            out.push_str("null");
                        }
                        separator = ',';
                    }
                    out.push_str(if separator == '[' { "[]" } else { "]" });
                }
            },
            Self::Double(_) | Self::Bytes(_) | Self::Map | Self::Null => return false,
        }
        true
    }
}

/// The most items of a list that New Relic stores.
const LIST_MAX: usize = 64;

/// A list as it came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum List<'a> {
    /// The `ArrayValue` message.
    Wire(&'a [u8]),
    /// The items.
    Json(&'a [Value]),
}

impl<'a> List<'a> {
    /// The items, when New Relic stores them: texts, numbers or booleans, all of one type, not too many.
    pub(crate) fn simple(self) -> Option<Vec<Any<'a>>> {
        let items = match self {
            Self::Wire(message) => proto::items(message, LIST_MAX + 1),
            Self::Json(items) if items.len() <= LIST_MAX => json::items(items),
            Self::Json(_) => None,
        }?;
        let is_of_one_type = items.windows(2).all(|pair| discriminant(&pair[0]) == discriminant(&pair[1]));
        let is_simple = items
            .iter()
            .all(|item| matches!(item, Any::Text(_) | Any::Bool(_) | Any::Int(_) | Any::Double(_)));
        (is_simple && is_of_one_type && items.len() <= LIST_MAX).then_some(items)
    }
}

/// Appends `text` as a JSON string.
pub(crate) fn write_json_text(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

/// Key and value, in the order of the wire.
pub(crate) type Attributes<'a> = Vec<(&'a str, Any<'a>)>;

/// One log record; the vectors are reused from record to record.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct LogRecord<'a> {
    pub(crate) time_unix_nano: u64,
    pub(crate) observed_time_unix_nano: u64,
    pub(crate) severity_number: i64,
    pub(crate) severity_text: &'a str,
    pub(crate) body: Option<Any<'a>>,
    pub(crate) attributes: Attributes<'a>,
    pub(crate) trace_id: TraceHex<'a>,
    pub(crate) span_id: TraceHex<'a>,
    pub(crate) event_name: &'a str,
}

/// An id of a trace: bytes on the protobuf wire, hexadecimal text in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) enum TraceHex<'a> {
    #[default]
    None,
    Bytes(&'a [u8]),
    Text(&'a str),
}

impl TraceHex<'_> {
    /// Appends the id as lower-case hexadecimal text; nothing when there is none.
    pub(crate) fn write(&self, out: &mut String) {
        match self {
            Self::None => {}
            Self::Bytes(bytes) => {
                for byte in *bytes {
                    let _ = write!(out, "{byte:02x}");
                }
            }
            Self::Text(text) => out.extend(text.chars().map(|digit| digit.to_ascii_lowercase())),
        }
    }

    pub(crate) fn is_none(&self) -> bool {
        match self {
            Self::None => true,
            Self::Bytes(bytes) => bytes.is_empty(),
            Self::Text(text) => text.is_empty(),
        }
    }
}

/// The most bytes of a protobuf record that is read at all: its attributes take twenty times as much when they are empty.
pub(crate) const WIRE_MAX: usize = 512 * 1024;

/// Where a record stands in its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct RecordPlace {
    pub(crate) resource: usize,
    pub(crate) scope: usize,
    pub(crate) record: usize,
}

impl std::fmt::Display for RecordPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { resource, scope, record } = self;
        write!(f, "resourceLogs[{resource}].scopeLogs[{scope}].logRecords[{record}]")
    }
}

/// What is told of a request while it is read. A resource is told before its scopes, and a scope before its records.
pub(crate) trait Visitor<'a> {
    /// A resource begins; every record until the next belongs to it.
    fn resource(&mut self, attributes: &Attributes<'a>);
    /// A scope begins, by its name and version.
    fn scope(&mut self, name: &'a str, version: &'a str, attributes: &Attributes<'a>);
    /// One record.
    fn record(&mut self, record: &LogRecord<'a>, place: RecordPlace);
    /// A record that cannot be read, and why. The reason holds no value.
    fn rejected(&mut self, place: RecordPlace, reason: String);
}

/// A body that is not an OTLP request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum DecodeError {
    #[error("the body is not OTLP protobuf: {0} at byte {1}")]
    Protobuf(&'static str, usize),
    #[error("the body is not OTLP: values are nested more than {0} levels deep")]
    TooDeep(u32),
    #[error("the body is not OTLP JSON: {0}")]
    Json(String),
}

impl DecodeError {
    /// What is wrong, without the sentence around it.
    pub(crate) fn detail(&self) -> String {
        match self {
            Self::Protobuf(what, at) => format!("{what} at byte {at}"),
            Self::TooDeep(levels) => format!("values are nested more than {levels} levels deep"),
            Self::Json(detail) => detail.clone(),
        }
    }
}
