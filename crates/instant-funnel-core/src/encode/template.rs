//! What of a record's bytes is known before the record is.

use super::writer::{self, field_len, key_value_len};
use super::{SEVERITY_NUMBER_INFO, SEVERITY_TEXT_INFO, TIMES_LEN, tag};
use crate::contract::{Attribute, Contract, MAX_ATTRIBUTES};
use crate::value::Content;

/// The bytes that records of one checker share.
#[derive(Debug, Clone)]
pub(crate) struct Templates {
    /// For each step: severity, body, and the leading attributes that no caller and no moment can change.
    heads: Box<[Box<[u8]>]>,
    /// The attributes that stand in the heads, one bit each.
    in_head: u32,
    keys: [KeyTemplate; MAX_ATTRIBUTES],
    /// For each attribute with a value that the process gives: the whole attribute.
    fixed: [Option<Box<[u8]>>; MAX_ATTRIBUTES],
    /// The event name.
    tail: Box<[u8]>,
    /// For each step: the length of a record that has the process's values and nothing else.
    base_lens: Box<[usize]>,
}

impl Templates {
    /// `fixed` gives the value of an attribute that neither the caller nor the moment decides: by step, and for any
    /// step when that is `None`.
    pub(crate) fn new<'v>(
        contract: &Contract,
        fixed: impl Fn(Option<usize>, usize) -> Option<Content<'v>>,
    ) -> Self {
        let whole = |step: Option<usize>, position: usize| {
            let key = contract.attributes[position].key;
            fixed(step, position).map(|value| key_value(key, &value))
        };
        let own = |position: usize| {
            let origin = contract.attributes[position].origin;
            !origin.from_caller() && !origin.from_moment()
        };
        let leading = (0..contract.attributes.len()).take_while(|position| own(*position));
        let heads = (0..contract.steps.len()).map(|step| {
            let mut head = head(contract.event_name);
            head.extend(leading.clone().filter_map(|position| whole(Some(step), position)).flatten());
            head.into()
        });
        let mut tail = vec![0; field_len(contract.event_name.len())];
        let _ = writer::bytes(&mut tail, 0, tag::EVENT_NAME, contract.event_name.as_bytes());
        let heads: Box<[Box<[u8]>]> = heads.collect();
        let in_head = leading.clone().fold(0, |mask, position| mask | 1 << position);
        let fixed: [Option<Box<[u8]>>; MAX_ATTRIBUTES] = std::array::from_fn(|at| {
            contract.attributes.get(at).and_then(|_| whole(None, at).map(Vec::into_boxed_slice))
        });
        let base_len = |step: usize| {
            let behind_head = (0..contract.attributes.len()).filter(|at| in_head & 1 << at == 0);
            let given_by_process =
                behind_head.filter_map(|at| whole(Some(step), at)).map(|bytes| bytes.len());
            TIMES_LEN + heads[step].len() + given_by_process.sum::<usize>() + tail.len()
        };
        let empty = KeyTemplate::EMPTY;
        Self {
            base_lens: (0..heads.len()).map(base_len).collect(),
            heads,
            in_head,
            keys: std::array::from_fn(|at| contract.attributes.get(at).map_or(empty, KeyTemplate::new)),
            fixed,
            tail: tail.into(),
        }
    }

    #[inline]
    pub(crate) fn base_len(&self, step: usize) -> usize {
        self.base_lens[step]
    }

    /// What a value adds to the length.
    #[inline(always)]
    pub(crate) fn added_len(&self, position: usize, attribute: &Attribute, value: &Content<'_>) -> usize {
        self.keys[position].encoded_len(attribute, value)
    }

    /// The length of an attribute with the process's value.
    #[inline]
    pub(crate) fn fixed_len(&self, position: usize) -> usize {
        self.fixed(position).map_or(0, <[u8]>::len)
    }

    #[inline]
    pub(super) fn head(&self, step: usize) -> &[u8] {
        &self.heads[step]
    }

    #[inline]
    pub(super) const fn in_head(&self) -> u32 {
        self.in_head
    }

    #[inline]
    pub(super) fn key(&self, position: usize) -> &KeyTemplate {
        &self.keys[position]
    }

    #[inline]
    pub(super) fn fixed(&self, position: usize) -> Option<&[u8]> {
        self.fixed[position].as_deref()
    }

    #[inline]
    pub(super) fn tail(&self) -> &[u8] {
        &self.tail
    }
}

fn key_value(key: &str, value: &Content<'_>) -> Vec<u8> {
    let mut bytes = vec![0; field_len(key_value_len(key, value))];
    let _ = writer::key_value(&mut bytes, 0, tag::ATTRIBUTES, key, value);
    bytes
}

fn head(event_name: &str) -> Vec<u8> {
    let body = field_len(event_name.len());
    let mut bytes = vec![0; 2 + field_len(SEVERITY_TEXT_INFO.len()) + field_len(body)];
    let _ = writer::put(&mut bytes, 0, &[tag::SEVERITY_NUMBER, SEVERITY_NUMBER_INFO])
        .and_then(|at| writer::bytes(&mut bytes, at, tag::SEVERITY_TEXT, SEVERITY_TEXT_INFO.as_bytes()))
        .and_then(|at| writer::header(&mut bytes, at, tag::BODY, body))
        .and_then(|at| writer::bytes(&mut bytes, at, tag::STRING_VALUE, event_name.as_bytes()));
    bytes
}

/// The bytes before a text value, with three lengths left to fill in: of the attribute, the value and the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeyTemplate {
    bytes: [u8; Self::SIZE],
    len: u8,
    /// Shorter texts than this leave each of the three lengths one byte; 0 when the key itself is too long.
    text_end: u8,
}

impl KeyTemplate {
    const SIZE: usize = 32;
    /// The tags and lengths of the attribute, its key, its value and the text.
    const OVERHEAD: usize = 8;
    const EMPTY: Self = Self { bytes: [0; Self::SIZE], len: 0, text_end: 0 };

    fn new(attribute: &Attribute) -> Self {
        let key = attribute.key.as_bytes();
        let len = key.len() + Self::OVERHEAD;
        if len > Self::SIZE {
            return Self::EMPTY;
        }
        let mut bytes = [0; Self::SIZE];
        bytes[0] = tag::ATTRIBUTES;
        bytes[2] = tag::KEY;
        bytes[3] = key.len() as u8;
        bytes[4..4 + key.len()].copy_from_slice(key);
        bytes[len - 4] = tag::VALUE;
        bytes[len - 2] = tag::STRING_VALUE;
        // What the attribute's length counts beside the text: all but its own tag and length.
        Self { bytes, len: len as u8, text_end: (0x80 - (len - 2)) as u8 }
    }

    /// How many bytes [`write`](Self::write) writes.
    #[inline(always)]
    pub(super) fn encoded_len(&self, attribute: &Attribute, value: &Content<'_>) -> usize {
        // 0 for a boolean, which takes the other way.
        let text_len = value.text_len();
        if text_len.wrapping_sub(1) < usize::from(self.text_end).saturating_sub(1) {
            usize::from(self.len) + text_len
        } else {
            field_len(key_value_len(attribute.key, value))
        }
    }

    /// One attribute: from the template when it is short text with room behind it, else piece by piece.
    #[inline(always)]
    pub(super) fn write(
        &self,
        buffer: &mut [u8],
        at: usize,
        attribute: &Attribute,
        value: &Content<'_>,
    ) -> Option<usize> {
        if let Content::Text(text) = value
            && let Some(text_at) = self.start(buffer, at, text.len())
        {
            return writer::put(buffer, text_at, text.as_bytes());
        }
        self.write_other(buffer, at, attribute, value)
    }

    /// [`write`](Self::write) of what is no plain text.
    pub(super) fn write_other(
        &self,
        buffer: &mut [u8],
        at: usize,
        attribute: &Attribute,
        value: &Content<'_>,
    ) -> Option<usize> {
        let short = match value {
            Content::Uuid(uuid) => {
                self.start(buffer, at, 36).and_then(|at| writer::hyphenated(buffer, at, uuid.as_bytes()))
            }
            Content::Hex(bytes) => {
                self.start(buffer, at, value.text_len()).and_then(|at| writer::hexadecimal(buffer, at, bytes))
            }
            Content::Text(_) | Content::Bool(_) => None,
        };
        short.or_else(|| writer::key_value(buffer, at, tag::ATTRIBUTES, attribute.key, value))
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
