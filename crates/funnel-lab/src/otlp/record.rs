//! Log records, borrowed from the body, and the visitor that receives them.

use std::fmt::Write;

use serde_json::Value;

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

/// A list as it came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum List<'a> {
    /// The `ArrayValue` message.
    Wire(&'a [u8]),
    /// The items.
    Json(&'a [Value]),
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

/// Receives the parts of a request while it is read: a resource before its scopes, a scope before its records.
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
