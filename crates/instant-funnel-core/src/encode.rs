//! A record as OTLP `LogRecord` bytes, without message structs and without allocating.
//!
//! Field numbers are those of `opentelemetry/proto/logs/v1/logs.proto` and `common/v1/common.proto`, protocol 1.5
//! and later (`event_name`).

use crate::contract::{RESOURCE_KEYS, RESOURCE_RULE};
use crate::record::Record;
use crate::value::Value;

/// The buffer is shorter than [`Record::encoded_len`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the buffer is shorter than `Record::encoded_len`")]
pub struct BufferTooSmall;

mod tag {
    pub(super) const TIME_UNIX_NANO: u8 = 1 << 3 | 1;
    pub(super) const SEVERITY_NUMBER: u8 = 2 << 3;
    pub(super) const SEVERITY_TEXT: u8 = 3 << 3 | 2;
    pub(super) const BODY: u8 = 5 << 3 | 2;
    pub(super) const ATTRIBUTES: u8 = 6 << 3 | 2;
    pub(super) const FLAGS: u8 = 8 << 3 | 5;
    pub(super) const TRACE_ID: u8 = 9 << 3 | 2;
    pub(super) const SPAN_ID: u8 = 10 << 3 | 2;
    pub(super) const OBSERVED_TIME_UNIX_NANO: u8 = 11 << 3 | 1;
    pub(super) const EVENT_NAME: u8 = 12 << 3 | 2;
    pub(super) const RESOURCE_ATTRIBUTES: u8 = 1 << 3 | 2;
    pub(super) const SCOPE_NAME: u8 = 1 << 3 | 2;
    pub(super) const SCOPE_VERSION: u8 = 2 << 3 | 2;
    pub(super) const KEY: u8 = 1 << 3 | 2;
    pub(super) const VALUE: u8 = 2 << 3 | 2;
    pub(super) const STRING_VALUE: u8 = 1 << 3 | 2;
    pub(super) const BOOL_VALUE: u8 = 2 << 3;
}

/// `SEVERITY_NUMBER_INFO`.
pub(crate) const SEVERITY_NUMBER_INFO: u8 = 9;
/// Its text.
pub(crate) const SEVERITY_TEXT_INFO: &str = "INFO";

/// Two times with their tags, and the severity number with its tag.
const FIXED_LEN: usize = 9 + 9 + 2;
/// Trace id, span id and flags with their tags and lengths.
const TRACE_LEN: usize = 18 + 10 + 5;

const fn varint_len(value: usize) -> usize {
    if value < 0x80 { 1 } else { 1 + varint_len(value >> 7) }
}

/// A tag, a length and that many bytes.
const fn field_len(payload: usize) -> usize {
    1 + varint_len(payload) + payload
}

#[inline]
fn any_value_len(value: &Value<'_>) -> usize {
    match value {
        Value::Bool(_) => 2,
        text => field_len(text.text_len()),
    }
}

#[inline]
fn key_value_len(key: &str, value: &Value<'_>) -> usize {
    field_len(key.len()) + field_len(any_value_len(value))
}

impl Record<'_> {
    /// The exact number of bytes that [`encode_into`](Self::encode_into) writes.
    #[must_use]
    #[inline]
    pub fn encoded_len(&self) -> usize {
        let name = self.event_name().len();
        let mut len =
            FIXED_LEN + field_len(SEVERITY_TEXT_INFO.len()) + field_len(field_len(name)) + field_len(name);
        if self.trace.is_some() {
            len += TRACE_LEN;
        }
        for (attribute, slot) in self.contract.attributes.iter().zip(&self.slots) {
            if let Some(value) = slot {
                len += field_len(key_value_len(attribute.key, value));
            }
        }
        len
    }

    /// Writes the OTLP `LogRecord` message to the start of `buffer` and returns its length. Allocates nothing.
    ///
    /// # Errors
    /// [`BufferTooSmall`]; what was written before that is not a record.
    #[inline]
    pub fn encode_into(&self, buffer: &mut [u8]) -> Result<usize, BufferTooSmall> {
        let mut out = Writer { rest: buffer, written: 0 };
        out.fixed64(tag::TIME_UNIX_NANO, self.time_unix_nano)?;
        out.put(&[tag::SEVERITY_NUMBER, SEVERITY_NUMBER_INFO])?;
        out.bytes(tag::SEVERITY_TEXT, SEVERITY_TEXT_INFO.as_bytes())?;
        out.header(tag::BODY, field_len(self.event_name().len()))?;
        out.bytes(tag::STRING_VALUE, self.event_name().as_bytes())?;
        for (attribute, slot) in self.contract.attributes.iter().zip(&self.slots) {
            if let Some(value) = slot {
                out.key_value(attribute.key, value)?;
            }
        }
        if let Some(trace) = &self.trace {
            out.put(&[tag::FLAGS])?;
            out.put(&u32::from(trace.flags).to_le_bytes())?;
            out.bytes(tag::TRACE_ID, &trace.trace_id)?;
            out.bytes(tag::SPAN_ID, &trace.span_id)?;
        }
        out.fixed64(tag::OBSERVED_TIME_UNIX_NANO, self.observed_time_unix_nano)?;
        out.bytes(tag::EVENT_NAME, self.event_name().as_bytes())?;
        Ok(out.written)
    }

    /// [`encode_into`](Self::encode_into) a fresh buffer.
    #[must_use]
    pub fn encode_to_vec(&self) -> Vec<u8> {
        let mut buffer = vec![0; self.encoded_len()];
        let written = self.encode_into(&mut buffer).unwrap_or(0);
        buffer.truncate(written);
        buffer
    }
}

/// The body of an OTLP `Resource` message: the given attributes that the contract lets a resource have, with values
/// that pass [`RESOURCE_RULE`]. The others are left out.
///
/// ```
/// use instant_funnel_core::encode_resource;
/// assert!(!encode_resource([("service.name", "api")]).is_empty());
/// assert!(encode_resource([("host.ip", "192.0.2.7"), ("service.version", "built by jane@example.com")]).is_empty());
/// ```
#[must_use]
pub fn encode_resource<'a>(attributes: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<u8> {
    let mut out = Vec::new();
    for (key, value) in attributes {
        if RESOURCE_KEYS.contains(&key) && RESOURCE_RULE.check_text(value).is_ok() {
            let value = Value::Text(value);
            let mut buffer = vec![0; field_len(key_value_len(key, &value))];
            let mut writer = Writer { rest: &mut buffer, written: 0 };
            if writer.key_value_as(tag::RESOURCE_ATTRIBUTES, key, &value).is_ok() {
                out.extend(buffer);
            }
        }
    }
    out
}

/// The body of an OTLP `InstrumentationScope` message.
#[must_use]
pub fn encode_scope(name: &str, version: &str) -> Vec<u8> {
    let mut buffer = vec![0; field_len(name.len()) + field_len(version.len())];
    let mut writer = Writer { rest: &mut buffer, written: 0 };
    let written = writer
        .bytes(tag::SCOPE_NAME, name.as_bytes())
        .and_then(|()| writer.bytes(tag::SCOPE_VERSION, version.as_bytes()));
    if written.is_ok() { buffer } else { Vec::new() }
}

struct Writer<'b> {
    rest: &'b mut [u8],
    written: usize,
}

impl Writer<'_> {
    #[inline]
    fn take(&mut self, len: usize) -> Result<&mut [u8], BufferTooSmall> {
        let rest = std::mem::take(&mut self.rest);
        let (head, tail) = rest.split_at_mut_checked(len).ok_or(BufferTooSmall)?;
        self.rest = tail;
        self.written += len;
        Ok(head)
    }

    #[inline]
    fn put(&mut self, bytes: &[u8]) -> Result<(), BufferTooSmall> {
        self.take(bytes.len())?.copy_from_slice(bytes);
        Ok(())
    }

    #[inline]
    fn header(&mut self, tag: u8, len: usize) -> Result<(), BufferTooSmall> {
        if len < 0x80 {
            return self.put(&[tag, len as u8]);
        }
        self.put(&[tag])?;
        let mut left = len;
        while left >= 0x80 {
            self.put(&[left as u8 | 0x80])?;
            left >>= 7;
        }
        self.put(&[left as u8])
    }

    #[inline]
    fn bytes(&mut self, tag: u8, payload: &[u8]) -> Result<(), BufferTooSmall> {
        self.header(tag, payload.len())?;
        self.put(payload)
    }

    #[inline]
    fn fixed64(&mut self, tag: u8, value: u64) -> Result<(), BufferTooSmall> {
        self.put(&[tag])?;
        self.put(&value.to_le_bytes())
    }

    #[inline]
    fn key_value(&mut self, key: &str, value: &Value<'_>) -> Result<(), BufferTooSmall> {
        self.key_value_as(tag::ATTRIBUTES, key, value)
    }

    #[inline]
    fn key_value_as(&mut self, tag: u8, key: &str, value: &Value<'_>) -> Result<(), BufferTooSmall> {
        self.header(tag, key_value_len(key, value))?;
        self.bytes(tag::KEY, key.as_bytes())?;
        self.header(tag::VALUE, any_value_len(value))?;
        match value {
            Value::Bool(value) => self.put(&[tag::BOOL_VALUE, u8::from(*value)]),
            Value::Text(text) => self.bytes(tag::STRING_VALUE, text.as_bytes()),
            Value::Uuid(uuid) => {
                self.header(tag::STRING_VALUE, value.text_len())?;
                let text = self.take(value.text_len())?;
                uuid.hyphenated().encode_lower(text);
                Ok(())
            }
            Value::Hex(bytes) => {
                self.header(tag::STRING_VALUE, value.text_len())?;
                let text = self.take(value.text_len())?;
                const_hex::encode_to_slice(bytes.as_bytes(), text).map_err(|_| BufferTooSmall)
            }
        }
    }
}
