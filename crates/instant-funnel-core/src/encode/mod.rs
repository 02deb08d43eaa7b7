//! A record as OTLP `LogRecord` bytes, without message structs and without allocating.
//!
//! Field numbers are those of `opentelemetry/proto/logs/v1/logs.proto` and `common/v1/common.proto`, protocol 1.5
//! and later (`event_name`).

mod template;
mod writer;

pub(crate) use template::Templates;

use crate::contract::{Attribute, Origin, check_resource};
use crate::record::{Record, positions};
use crate::value::Content;
use writer::{field_len, key_value_len};

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

/// Two times with their tags.
pub(crate) const TIMES_LEN: usize = 9 + 9;
/// Trace id, span id and flags with their tags and lengths.
pub(crate) const TRACE_LEN: usize = 18 + 10 + 5;

impl Record<'_> {
    /// The exact number of bytes that [`encode_into`](Self::encode_into) writes.
    #[must_use]
    #[inline]
    pub fn encoded_len(&self) -> usize {
        self.encoded_len
    }

    /// Writes the OTLP `LogRecord` message to the start of `buffer` and returns its length. Allocates nothing.
    ///
    /// # Errors
    /// [`BufferTooSmall`]; what was written before that is not a record.
    #[inline]
    pub fn encode_into(&self, buffer: &mut [u8]) -> Result<usize, BufferTooSmall> {
        self.write(buffer).ok_or(BufferTooSmall)
    }

    #[inline]
    fn write(&self, buffer: &mut [u8]) -> Option<usize> {
        let templates = self.checker.templates();
        let mut at = writer::fixed64(buffer, 0, tag::TIME_UNIX_NANO, self.time_unix_nano)?;
        at = writer::put(buffer, at, templates.head(self.step))?;
        let attributes = self.contract().attributes;
        for position in positions(self.carried() & !templates.in_head()) {
            let attribute = attributes.get(position)?;
            if self.is_given(position) {
                let value = self.draft.slots.get(position)?;
                at = templates.key(position).write(buffer, at, attribute, value)?;
            } else if let Some(bytes) = templates.fixed(position) {
                at = writer::put(buffer, at, bytes)?;
            } else {
                at = self.write_of_moment(buffer, at, position, attribute)?;
            }
        }
        if let Some(trace) = &self.trace {
            at = writer::put(buffer, at, &[tag::FLAGS, trace.flags, 0, 0, 0])?;
            at = writer::bytes(buffer, at, tag::TRACE_ID, &trace.trace_id)?;
            at = writer::bytes(buffer, at, tag::SPAN_ID, &trace.span_id)?;
        }
        at = writer::fixed64(buffer, at, tag::OBSERVED_TIME_UNIX_NANO, self.observed_time_unix_nano)?;
        writer::put(buffer, at, templates.tail())
    }

    /// A fresh id or the active span's.
    #[inline(never)]
    fn write_of_moment(
        &self,
        buffer: &mut [u8],
        at: usize,
        position: usize,
        attribute: &Attribute,
    ) -> Option<usize> {
        let template = self.checker.templates().key(position);
        match attribute.origin {
            Origin::CallerOrGenerated => template.write_other(buffer, at, attribute, &self.event_id),
            _ => template.write_other(buffer, at, attribute, &self.content(position)?),
        }
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
/// that pass [their rules](check_resource). The others are left out.
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
        if check_resource(key, value).is_ok() {
            let value = Content::Text(value);
            let mut buffer = vec![0; field_len(key_value_len(key, &value))];
            if writer::key_value(&mut buffer, 0, tag::RESOURCE_ATTRIBUTES, key, &value).is_some() {
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
    let written = writer::bytes(&mut buffer, 0, tag::SCOPE_NAME, name.as_bytes())
        .and_then(|at| writer::bytes(&mut buffer, at, tag::SCOPE_VERSION, version.as_bytes()));
    if written.is_some() { buffer } else { Vec::new() }
}
