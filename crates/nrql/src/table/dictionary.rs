//! Texts of a column, each kept once and known by a number.

use std::borrow::Cow;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

/// New Relic cuts attribute values at this many characters.
const MAX_CHARS: usize = 4_095;
/// Ids longer than this many bytes are kept as they are.
const LONGEST_PACKED: usize = 64;
const CHUNK: usize = 1 << 16;

/// How a string is kept: ids in hex take half their length, and they are what fills a dictionary of events.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    Hex,
    Uuid,
}

impl Form {
    fn from_bits(bits: u16) -> Self {
        match bits >> 14 {
            1 => Self::Hex,
            2 => Self::Uuid,
            _ => Self::Plain,
        }
    }
}

/// Texts by code; code 0 is NULL and never a string.
#[derive(Clone, Default)]
pub(crate) struct Dictionary {
    plain: Vec<String>,
    packed: Vec<Vec<u8>>,
    /// Chunk and offset of each text.
    at: Vec<u32>,
    /// Stored length in the low 14 bits, form in the high two.
    shape: Vec<u16>,
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl std::fmt::Debug for Dictionary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Dictionary({} texts)", self.at.len())
    }
}

impl Dictionary {
    /// Number of codes, NULL's included.
    pub(crate) fn codes(&self) -> usize {
        self.at.len() + 1
    }

    pub(crate) fn bytes(&self) -> usize {
        let plain: usize = self.plain.iter().map(String::capacity).sum();
        let packed: usize = self.packed.iter().map(Vec::capacity).sum();
        plain
            + packed
            + self.at.capacity() * 4
            + self.shape.capacity() * 2
            + self.index.capacity() * 8 / 7 * 5
    }

    pub(crate) fn intern(&mut self, text: &str) -> Option<u32> {
        let text = clip(text);
        let mut scratch = [0_u8; LONGEST_PACKED];
        let (form, stored) = pack(text, &mut scratch);
        let hash = self.hasher.hash_one((form as u8, stored));
        if let Some(&code) = self.index.find(hash, |&code| self.stored(code) == (form, stored)) {
            return Some(code);
        }
        self.insert(hash, form, stored, text)
    }

    /// Takes over a string of another dictionary that this one does not hold yet, as it is packed there.
    pub(super) fn take_over(&mut self, from: &Self, code: u32) -> Option<u32> {
        let entry = (code as usize).checked_sub(1)?;
        let (chunk, offset, length) = place(*from.at.get(entry)?, *from.shape.get(entry)?);
        let (form, stored) = from.stored(code);
        let text = if form == Form::Plain { from.plain[chunk].get(offset..offset + length)? } else { "" };
        self.insert(self.hasher.hash_one((form as u8, stored)), form, stored, text)
    }

    fn insert(&mut self, hash: u64, form: Form, stored: &[u8], text: &str) -> Option<u32> {
        let code = u32::try_from(self.at.len() + 1).ok()?;
        let at = self.push(form, stored, text)?;
        self.at.push(at);
        self.shape.push(stored.len() as u16 | ((form as u16) << 14));
        let Self { index, hasher, plain, packed, at, shape } = self;
        index.insert_unique(hash, code, |&code| {
            let (form, bytes) = stored_in(plain, packed, at, shape, code);
            hasher.hash_one((form as u8, bytes))
        });
        Some(code)
    }

    /// The text of a code that this dictionary gave; `None` for 0.
    pub(crate) fn get(&self, code: u32) -> Option<Cow<'_, str>> {
        let entry = (code as usize).checked_sub(1)?;
        let shape = *self.shape.get(entry)?;
        let (chunk, offset, length) = place(self.at[entry], shape);
        Some(match Form::from_bits(shape) {
            Form::Plain => Cow::Borrowed(&self.plain[chunk][offset..offset + length]),
            Form::Hex => Cow::Owned(hex(&self.packed[chunk][offset..offset + length])),
            Form::Uuid => Cow::Owned(uuid(&self.packed[chunk][offset..offset + length])),
        })
    }

    fn stored(&self, code: u32) -> (Form, &[u8]) {
        stored_in(&self.plain, &self.packed, &self.at, &self.shape, code)
    }

    fn push(&mut self, form: Form, stored: &[u8], text: &str) -> Option<u32> {
        let (chunk, offset) = if form == Form::Plain {
            if self.plain.last().is_none_or(|chunk| chunk.len() + stored.len() > CHUNK) {
                // The first chunk grows as it needs, so that a small column stays small.
                let capacity = if self.plain.is_empty() { 0 } else { CHUNK };
                self.plain.push(String::with_capacity(capacity));
            }
            let last = self.plain.len() - 1;
            let offset = self.plain[last].len();
            self.plain[last].push_str(text);
            (last, offset)
        } else {
            if self.packed.last().is_none_or(|chunk| chunk.len() + stored.len() > CHUNK) {
                let capacity = if self.packed.is_empty() { 0 } else { CHUNK };
                self.packed.push(Vec::with_capacity(capacity));
            }
            let last = self.packed.len() - 1;
            let offset = self.packed[last].len();
            self.packed[last].extend_from_slice(stored);
            (last, offset)
        };
        let chunk = u32::try_from(chunk).ok().filter(|chunk| *chunk < 1 << 16)?;
        Some(chunk << 16 | offset as u32)
    }
}

fn place(at: u32, shape: u16) -> (usize, usize, usize) {
    ((at >> 16) as usize, (at & 0xffff) as usize, (shape & 0x3fff) as usize)
}

fn stored_in<'a>(
    plain: &'a [String],
    packed: &'a [Vec<u8>],
    at: &[u32],
    shape: &[u16],
    code: u32,
) -> (Form, &'a [u8]) {
    let entry = code as usize - 1;
    let (chunk, offset, length) = place(at[entry], shape[entry]);
    let form = Form::from_bits(shape[entry]);
    let bytes = if form == Form::Plain { plain[chunk].as_bytes() } else { &packed[chunk] };
    (form, &bytes[offset..offset + length])
}

fn clip(text: &str) -> &str {
    if text.len() <= MAX_CHARS {
        return text;
    }
    text.char_indices().nth(MAX_CHARS).map_or(text, |(end, _)| &text[..end])
}

/// The form that keeps a string shortest, and its bytes in that form.
fn pack<'a>(text: &'a str, scratch: &'a mut [u8]) -> (Form, &'a [u8]) {
    let bytes = text.as_bytes();
    if bytes.len() == 36 && [8, 13, 18, 23].iter().all(|&dash| bytes[dash] == b'-') {
        let digits =
            bytes.iter().enumerate().filter(|(at, _)| !matches!(at, 8 | 13 | 18 | 23)).map(|(_, b)| *b);
        if let Some(length) = halve(digits, scratch) {
            return (Form::Uuid, &scratch[..length]);
        }
    } else if bytes.len() >= 8
        && bytes.len().is_multiple_of(2)
        && let Some(length) = halve(bytes.iter().copied(), scratch)
    {
        return (Form::Hex, &scratch[..length]);
    }
    (Form::Plain, bytes)
}

/// Packs lower-case hex digits in pairs; `None` at anything else.
fn halve(digits: impl Iterator<Item = u8>, scratch: &mut [u8]) -> Option<usize> {
    let mut length = 0;
    for digit in digits {
        let nibble = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        let slot = scratch.get_mut(length / 2)?;
        *slot = *slot << 4 | nibble;
        length += 1;
    }
    Some(length / 2)
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn uuid(bytes: &[u8]) -> String {
    let mut text = hex(bytes);
    for dash in [8, 13, 18, 23] {
        text.insert(dash, '-');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_as_they_went_in() {
        let mut dictionary = Dictionary::default();
        let long = "ü".repeat(4_095);
        let texts = [
            "",
            "a",
            "free",
            "deadbeef",
            "deadbee",
            "DEADBEEF",
            "0123456789abcdef0123456789abcdef",
            "3f2b8a54-0c1d-4e6f-8a90-1b2c3d4e5f60",
            "3f2b8a54-0c1d-4e6f-8a90-1b2c3d4e5f6X",
            long.as_str(),
        ];
        let codes: Vec<u32> = texts.iter().map(|text| dictionary.intern(text).unwrap()).collect();
        for (text, code) in texts.iter().zip(&codes) {
            assert_eq!(dictionary.get(*code).unwrap(), *text);
            assert_eq!(dictionary.intern(text), Some(*code));
        }
        assert_eq!(dictionary.codes(), texts.len() + 1);
        assert_eq!(dictionary.get(0), None);
    }

    #[test]
    fn ids_take_half_and_overlong_texts_are_cut() {
        let mut dictionary = Dictionary::default();
        dictionary.intern("0123456789abcdef0123456789abcdef");
        assert_eq!(dictionary.packed[0].len(), 16);
        let code = dictionary.intern(&"x".repeat(5_000)).unwrap();
        assert_eq!(dictionary.get(code).unwrap().len(), MAX_CHARS);
    }
}
