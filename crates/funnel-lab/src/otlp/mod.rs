//! OTLP logs as the lab reads them: protobuf and JSON give the same borrowed records.
//!
//! The protobuf side reads the wire in place instead of building message structs: a record costs no allocation, and
//! that is most of what lets the lab keep up with a load test on two cores. A test holds it against `opentelemetry-proto`.

pub(crate) mod body;
pub(crate) mod json;
pub(crate) mod proto;
#[cfg(test)]
mod tests;
pub(crate) mod wire;

use std::fmt::Write;

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
    /// Bytes.
    Bytes(&'a [u8]),
    /// A list.
    List,
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
            Self::Double(_) | Self::Bytes(_) | Self::List | Self::Map | Self::Null => return false,
        }
        true
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

/// What is told of a request while it is read.
pub(crate) trait Visitor<'a> {
    /// A resource begins; every record until the next belongs to it.
    fn resource(&mut self, attributes: &Attributes<'a>);
    /// A scope begins, by its name and version.
    fn scope(&mut self, name: &'a str, version: &'a str, attributes: &Attributes<'a>);
    /// One record.
    fn record(&mut self, record: &LogRecord<'a>);
    /// A record of more than [`WIRE_MAX`] bytes, which is not read.
    fn too_large(&mut self) {}
}

/// A body that is not an `ExportLogsServiceRequest`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum DecodeError {
    #[error("the body is not OTLP protobuf: {0} at byte {1}")]
    Protobuf(&'static str, usize),
    #[error("the body is not OTLP JSON: {0}")]
    Json(String),
}
