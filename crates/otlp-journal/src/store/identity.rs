//! The resource and scope that records are sent under.

use crate::settings::judge::Judge;

/// The encoded bodies of a `Resource` and an `InstrumentationScope`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) resource: Vec<u8>,
    pub(crate) scope: Vec<u8>,
    /// Edits each record before it is sent.
    pub(crate) editor: Option<Judge>,
}

/// Lengths and tags of the messages around the records, at most.
const FRAME: usize = 64;

/// Tag of field 1000, length-delimited: the schema URL of a resource or a scope, which OTLP has one message further out.
pub(crate) const SCHEMA_TAG: [u8; 2] = [0xc2, 0x3e];

/// An encoded resource or scope without its schema URL, and that URL, which is the last field if it is there.
pub(crate) fn without_schema(message: &[u8]) -> (&[u8], &[u8]) {
    find_schema(message).unwrap_or((message, &[]))
}

fn find_schema(message: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut at = 0;
    while at < message.len() {
        let field = message.get(at..)?;
        let own = field.starts_with(&SCHEMA_TAG);
        let mut rest = field;
        let key = varint(&mut rest)?;
        let skip = match key & 7 {
            0 => varint(&mut rest).map(|_| 0)?,
            1 => 8,
            2 => usize::try_from(varint(&mut rest)?).ok()?,
            5 => 4,
            _ => return None,
        };
        let value = rest.get(..skip)?;
        if own {
            return Some((message.get(..at)?, value));
        }
        at = message.len() - (rest.len() - skip);
    }
    None
}

/// Takes a variable-length integer from the front.
pub(crate) fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

impl Identity {
    pub(crate) fn new(resource: Vec<u8>, scope: Vec<u8>) -> Self {
        Self { resource, scope, editor: None }
    }

    /// Bytes that a request takes before its first record.
    pub(crate) fn framed(&self) -> usize {
        self.resource.len() + self.scope.len() + FRAME
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_url_is_found_behind_any_fields_and_noise_is_left_alone() {
        let url = [0xc2, 0x3e, 3, b'u', b'r', b'l'];
        for before in
            [&b""[..], b"\x0a\x01r", b"\x0a\x02\xc2\x3e", b"\x10\x07\x1d\0\0\0\0", b"\x09\0\0\0\0\0\0\0\0"]
        {
            let whole = [before, &url].concat();
            assert_eq!(without_schema(&whole), (before, &b"url"[..]));
            assert_eq!(without_schema(before), (before, &b""[..]));
        }
        for noise in
            [&b"\xc2"[..], b"\xc2\x3e\x09x", b"\x0f", b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"]
        {
            assert_eq!(without_schema(noise), (noise, &b""[..]));
        }
    }
}
