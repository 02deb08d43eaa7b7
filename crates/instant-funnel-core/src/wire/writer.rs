//! Protocol buffers' wire format, into a buffer of the caller's.
//!
//! Each function writes at a position and returns the one behind, or `None` when the buffer ends before it: with the
//! position in a register, not behind a reference, the compiler makes the best of it.

use super::tag;
use crate::value::{Content, HexBytes};

const fn varint_len(value: u64) -> usize {
    if value < 0x80 { 1 } else { 1 + varint_len(value >> 7) }
}

/// A tag, a length and that many bytes.
pub(crate) const fn field_len(payload: usize) -> usize {
    1 + varint_len(payload as u64) + payload
}

fn any_value_len(value: &Content<'_>) -> usize {
    match value {
        Content::Bool(_) => 2,
        // Two's complement, so that a negative number takes ten bytes.
        Content::Integer(value) => 1 + varint_len(*value as u64),
        Content::Number(_) => 1 + size_of::<f64>(),
        text => field_len(text.text_len()),
    }
}

pub(crate) fn key_value_len(key: &str, value: &Content<'_>) -> usize {
    field_len(key.len()) + field_len(any_value_len(value))
}

#[inline]
pub(crate) fn put(buffer: &mut [u8], at: usize, bytes: &[u8]) -> Option<usize> {
    copy_short(buffer.get_mut(at..)?.get_mut(..bytes.len())?, bytes);
    Some(at + bytes.len())
}

pub(crate) fn header(buffer: &mut [u8], at: usize, tag: u8, len: usize) -> Option<usize> {
    integer(buffer, at, tag, len as u64)
}

/// A tag and an integer of variable length.
fn integer(buffer: &mut [u8], at: usize, tag: u8, value: u64) -> Option<usize> {
    let mut at = put(buffer, at, &[tag])?;
    let mut left = value;
    while left >= 0x80 {
        at = put(buffer, at, &[left as u8 | 0x80])?;
        left >>= 7;
    }
    put(buffer, at, &[left as u8])
}

pub(crate) fn bytes(buffer: &mut [u8], at: usize, tag: u8, payload: &[u8]) -> Option<usize> {
    let at = header(buffer, at, tag, payload.len())?;
    put(buffer, at, payload)
}

#[inline]
pub(crate) fn fixed64(buffer: &mut [u8], at: usize, tag: u8, value: u64) -> Option<usize> {
    let field = buffer.get_mut(at..)?.first_chunk_mut::<9>()?;
    field[0] = tag;
    field[1..].copy_from_slice(&value.to_le_bytes());
    Some(at + 9)
}

/// Any key with any value, of any length.
pub(crate) fn key_value(
    buffer: &mut [u8],
    at: usize,
    tag: u8,
    key: &str,
    value: &Content<'_>,
) -> Option<usize> {
    if let Content::Text(text) = value {
        let value_len = field_len(text.len());
        let at = header(buffer, at, tag, field_len(key.len()) + field_len(value_len))?;
        let at = bytes(buffer, at, tag::KEY, key.as_bytes())?;
        let at = header(buffer, at, tag::VALUE, value_len)?;
        return bytes(buffer, at, tag::STRING_VALUE, text.as_bytes());
    }
    let at = header(buffer, at, tag, key_value_len(key, value))?;
    let at = bytes(buffer, at, tag::KEY, key.as_bytes())?;
    if let Content::Bool(truth) = value {
        return bytes(buffer, at, tag::VALUE, &[tag::BOOL_VALUE, u8::from(*truth)]);
    }
    let at = header(buffer, at, tag::VALUE, any_value_len(value))?;
    match value {
        Content::Integer(value) => return integer(buffer, at, tag::INT_VALUE, *value as u64),
        Content::Number(value) => return fixed64(buffer, at, tag::DOUBLE_VALUE, value.to_bits()),
        _ => {}
    }
    let at = header(buffer, at, tag::STRING_VALUE, value.text_len())?;
    match value {
        Content::Uuid(uuid) => hyphenated(buffer, at, uuid.as_bytes()),
        Content::Hex(bytes) => hexadecimal(buffer, at, bytes),
        Content::Text(_) | Content::Bool(_) | Content::Integer(_) | Content::Number(_) => None,
    }
}

/// Bytes as lower-case hexadecimal digits.
#[inline]
pub(crate) fn hexadecimal(buffer: &mut [u8], at: usize, bytes: &HexBytes) -> Option<usize> {
    let len = 2 * bytes.as_bytes().len();
    let rest = buffer.get_mut(at..)?;
    if let Some(room) = rest.first_chunk_mut() {
        digits(bytes.padded(), room);
    } else {
        let mut room = [0; 32];
        digits(bytes.padded(), &mut room);
        copy_short(rest.get_mut(..len)?, &room[..len]);
    }
    Some(at + len)
}

/// A UUID's 36 characters. The hyphens stand where RFC 9562 wants them: after 8, 12, 16 and 20 digits.
#[inline]
pub(crate) fn hyphenated(buffer: &mut [u8], at: usize, bytes: &[u8; 16]) -> Option<usize> {
    let text = buffer.get_mut(at..)?.first_chunk_mut::<36>()?;
    let mut digits = [0; 32];
    self::digits(bytes, &mut digits);
    text[..8].copy_from_slice(&digits[..8]);
    text[8] = b'-';
    text[9..13].copy_from_slice(&digits[8..12]);
    text[13] = b'-';
    text[14..18].copy_from_slice(&digits[12..16]);
    text[18] = b'-';
    text[19..23].copy_from_slice(&digits[16..20]);
    text[23] = b'-';
    text[24..].copy_from_slice(&digits[20..]);
    Some(at + 36)
}

/// Lower-case hexadecimal digits. Both digits of a byte at a time, in a form that the compiler turns into vector
/// instructions as long as it sees nothing of what becomes of them.
#[inline(never)]
fn digits(bytes: &[u8; 16], digits: &mut [u8; 32]) {
    for (pair, byte) in digits.as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
        let byte = u16::from(*byte);
        let nibbles = byte >> 4 | (byte & 0xf) << 8;
        let letters = (nibbles + 0x0606) >> 4 & 0x0101;
        *pair = (nibbles + 0x3030 + letters * u16::from(b'a' - 10 - b'0')).to_le_bytes();
    }
}

/// `copy_from_slice` for slices of one length, which are short here: two overlapping copies of constant length spare
/// the call.
#[inline]
fn copy_short(to: &mut [u8], from: &[u8]) {
    let len = from.len();
    if len > 32 {
        to.copy_from_slice(from);
    } else if len >= 16 {
        ends::<16>(to, from);
    } else if len >= 8 {
        ends::<8>(to, from);
    } else if len >= 4 {
        ends::<4>(to, from);
    } else if len >= 2 {
        ends::<2>(to, from);
    } else {
        ends::<1>(to, from);
    }
}

#[inline]
fn ends<const N: usize>(to: &mut [u8], from: &[u8]) {
    if let (Some(first), Some(last)) = (from.first_chunk::<N>(), from.last_chunk::<N>())
        && let Some(start) = to.first_chunk_mut()
    {
        *start = *first;
        if let Some(end) = to.last_chunk_mut() {
            *end = *last;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_copy_is_a_copy() {
        for len in 0..80 {
            let from: Vec<u8> = (0..len).collect();
            let mut to = vec![0xff; from.len()];
            copy_short(&mut to, &from);
            assert_eq!(to, from);
        }
    }

    #[test]
    fn every_byte_is_written_as_its_two_digits() {
        for start in (0..=255_u8).step_by(16) {
            let bytes: [u8; 16] = std::array::from_fn(|at| start + at as u8);
            let mut text = [0; 32];
            digits(&bytes, &mut text);
            assert_eq!(text.as_slice(), const_hex::encode(bytes).as_bytes());
        }
    }

    #[test]
    fn a_uuid_is_written_as_its_crate_writes_it() {
        let uuid = uuid::uuid!("01890a5d-ac96-774b-bcce-b302099a8057");
        let mut text = [0; 36];
        assert_eq!(hyphenated(&mut text, 0, uuid.as_bytes()), Some(36));
        assert_eq!(text.as_slice(), uuid.to_string().as_bytes());
    }

    #[test]
    fn a_long_length_takes_more_bytes() {
        let mut buffer = [0; 4];
        assert_eq!(header(&mut buffer, 0, 0x0a, 300), Some(3));
        assert_eq!(buffer, [0x0a, 0xac, 0x02, 0]);
        assert_eq!(header(&mut buffer, 2, 0x0a, 300), None);
    }
}
