//! Bytes that are written once and copied into every record.

use crate::value::Content;
use crate::wire::tag;
use crate::wire::writer::{self, field_len, key_value_len};

/// `SEVERITY_NUMBER_INFO`.
const SEVERITY_NUMBER_INFO: u8 = 9;
/// Its text.
const SEVERITY_TEXT_INFO: &str = "INFO";

/// A buffer of exactly this length, filled by `write`.
fn filled(len: usize, write: impl FnOnce(&mut [u8]) -> Option<usize>) -> Box<[u8]> {
    let mut bytes = vec![0; len];
    let written = write(&mut bytes);
    debug_assert_eq!(written, Some(len), "the length and the bytes are two answers to one question");
    bytes.into()
}

/// A whole attribute.
pub(super) fn attribute(key: &str, value: &Content<'_>) -> Box<[u8]> {
    filled(field_len(key_value_len(key, value)), |bytes| {
        writer::key_value(bytes, 0, tag::ATTRIBUTES, key, value)
    })
}

/// Severity and body, then `attributes`.
pub(super) fn head<'v>(
    event_name: &str,
    attributes: impl Iterator<Item = (&'static str, Content<'v>)>,
) -> Box<[u8]> {
    let body = field_len(event_name.len());
    let start = filled(2 + field_len(SEVERITY_TEXT_INFO.len()) + field_len(body), |bytes| {
        let at = writer::put(bytes, 0, &[tag::SEVERITY_NUMBER, SEVERITY_NUMBER_INFO])?;
        let at = writer::bytes(bytes, at, tag::SEVERITY_TEXT, SEVERITY_TEXT_INFO.as_bytes())?;
        let at = writer::header(bytes, at, tag::BODY, body)?;
        writer::bytes(bytes, at, tag::STRING_VALUE, event_name.as_bytes())
    });
    let mut head = start.into_vec();
    for (key, value) in attributes {
        head.extend_from_slice(&attribute(key, &value));
    }
    head.into()
}

/// The event name.
pub(super) fn tail(event_name: &str) -> Box<[u8]> {
    filled(field_len(event_name.len()), |bytes| {
        writer::bytes(bytes, 0, tag::EVENT_NAME, event_name.as_bytes())
    })
}
