//! The bytes of an attribute that are known before its value is.

use crate::value::Content;
use crate::wire::tag;
use crate::wire::writer::{self, field_len, key_value_len};

/// The bytes before a string value, with three lengths left to fill in: of the attribute, the value and the text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyTemplate {
    bytes: [u8; Self::SIZE],
    key: &'static str,
    len: u8,
    /// Shorter texts than this leave each of the three lengths one byte; 0 when the key itself is too long.
    text_end: u8,
}

impl KeyTemplate {
    const SIZE: usize = 32;
    /// The tags and lengths of the attribute, its key, its value and the text.
    const OVERHEAD: usize = 8;
    const EMPTY: Self = Self { bytes: [0; Self::SIZE], key: "", len: 0, text_end: 0 };

    pub(super) fn new(key: &'static str) -> Self {
        let len = key.len() + Self::OVERHEAD;
        if len > Self::SIZE {
            return Self { key, ..Self::EMPTY };
        }
        let mut bytes = [0; Self::SIZE];
        bytes[0] = tag::ATTRIBUTES;
        bytes[2] = tag::KEY;
        bytes[3] = key.len() as u8;
        bytes[4..4 + key.len()].copy_from_slice(key.as_bytes());
        bytes[len - 4] = tag::VALUE;
        bytes[len - 2] = tag::STRING_VALUE;
        // What the attribute's length counts beside the text: all but its own tag and length.
        Self { bytes, key, len: len as u8, text_end: (0x80 - (len - 2)) as u8 }
    }

    /// How many bytes [`write`](Self::write) writes.
    #[inline(always)]
    pub(crate) fn encoded_len(&self, value: &Content<'_>) -> usize {
        let text_len = match value {
            Content::Bool(_) | Content::Integer(_) | Content::Number(_) => return self.other_len(value),
            text => text.text_len(),
        };
        if text_len < usize::from(self.text_end) {
            usize::from(self.len) + text_len
        } else {
            self.other_len(value)
        }
    }

    /// The length without the template.
    #[inline(never)]
    fn other_len(&self, value: &Content<'_>) -> usize {
        field_len(key_value_len(self.key, value))
    }

    /// One attribute: from the template when it is short text with room behind it, else piece by piece.
    #[inline(always)]
    pub(crate) fn write(&self, buffer: &mut [u8], at: usize, value: &Content<'_>) -> Option<usize> {
        if let Content::Text(text) = value
            && let Some(text_at) = self.start(buffer, at, text.len())
        {
            return writer::put(buffer, text_at, text.as_bytes());
        }
        self.write_other(buffer, at, value)
    }

    /// [`write`](Self::write) of what is not plain text.
    fn write_other(&self, buffer: &mut [u8], at: usize, value: &Content<'_>) -> Option<usize> {
        let short = match value {
            Content::Uuid(uuid) => {
                self.start(buffer, at, 36).and_then(|at| writer::hyphenated(buffer, at, uuid.as_bytes()))
            }
            Content::Hex(bytes) => {
                self.start(buffer, at, value.text_len()).and_then(|at| writer::hexadecimal(buffer, at, bytes))
            }
            Content::Text(_) | Content::Bool(_) | Content::Integer(_) | Content::Number(_) => None,
        };
        short.or_else(|| writer::key_value(buffer, at, tag::ATTRIBUTES, self.key, value))
    }

    /// Writes what stands before the text, if that can be done at once.
    #[inline(always)]
    fn start(&self, buffer: &mut [u8], at: usize, text_len: usize) -> Option<usize> {
        if text_len >= usize::from(self.text_end) {
            return None;
        }
        let len = usize::from(self.len);
        let room: &mut [u8; Self::SIZE] = buffer.get_mut(at..)?.first_chunk_mut()?;
        *room = self.bytes;
        // The masks change nothing, and spare the test that an index is in the array.
        room[1] = (len - 2 + text_len) as u8;
        room[(len - 3) % Self::SIZE] = (2 + text_len) as u8;
        room[(len - 1) % Self::SIZE] = text_len as u8;
        Some(at + len)
    }
}
