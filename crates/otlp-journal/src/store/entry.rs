//! The layout of one entry of a segment, in memory and on disk.
//!
//! ```text
//!  0  u64  head: length of the payload (32 bits) | state (8) | flags (8) | mark "OJ" (16)
//!  8  u64  time of the event, nanoseconds since the epoch
//! 16  u64  checksum over seed, length, flags, time and payload (0 in memory)
//! 24       payload, padded with zeros to a multiple of 8
//! ```
//! All numbers are little-endian. Payload: one encoded OTLP `LogRecord`; with [`SCOPED`] set it is preceded by
//! its own encoded `InstrumentationScope`, and that by the scope's length as a `u32`.

/// Bytes before the payload.
pub(crate) const HEADER: usize = 24;
/// Set for what may fill all of the journal.
pub(crate) const CRITICAL: u8 = 1;
/// Set when the payload starts with a scope of its own.
pub(crate) const SCOPED: u8 = 2;
/// Bytes of the length in front of such a scope.
pub(crate) const SCOPE_LEN: usize = 4;

/// From one use of a segment to the next, in the whole ring.
pub(crate) const SEED_STEP: u64 = 0x9e37_79b9_7f4a_7c16;

const MARK: u64 = 0x4a4f;
const KNOWN_FLAGS: u8 = CRITICAL | SCOPED;

/// How far an entry has come. Any two differ in four bits, so that a flipped bit makes none into another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Its writer is still encoding.
    Reserved = 0x33,
    /// Whole, and waiting for delivery.
    Committed = 0xcc,
    /// Its writer gave up (a panic while encoding).
    Aborted = 0x96,
    /// Delivered, or dropped and counted.
    Done = 0x5a,
}

/// The first word of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) len: u32,
    pub(crate) state: State,
    pub(crate) flags: u8,
}

impl Head {
    #[inline]
    pub(crate) fn pack(self) -> u64 {
        u64::from(self.len) | (self.state as u64) << 32 | u64::from(self.flags) << 40 | MARK << 48
    }

    /// `None` for zero (nothing there yet) and for anything that no version of this code writes.
    #[inline]
    pub(crate) fn unpack(word: u64) -> Option<Self> {
        if word >> 48 != MARK {
            return None;
        }
        let state = match (word >> 32) as u8 {
            0x33 => State::Reserved,
            0xcc => State::Committed,
            0x96 => State::Aborted,
            0x5a => State::Done,
            _ => return None,
        };
        let flags = (word >> 40) as u8;
        (flags & !KNOWN_FLAGS == 0).then_some(Self { len: word as u32, state, flags })
    }

    /// What the checksum covers: the head without its state.
    #[inline]
    pub(crate) fn fixed(self) -> u64 {
        u64::from(self.len) | u64::from(self.flags) << 40
    }

    /// Bytes that the whole entry takes.
    #[inline]
    pub(crate) fn span(self) -> usize {
        span(self.len as usize)
    }
}

/// Bytes that an entry with a payload of `len` takes.
#[inline]
pub(crate) fn span(len: usize) -> usize {
    HEADER + len.next_multiple_of(8)
}

/// Bytes that an entry adds to a request at most.
pub(crate) fn framed(head: Head) -> usize {
    let len = head.len as usize;
    // Tag and length of the record; an own scope also opens a `ScopeLogs` with two lengths and two tags.
    if head.flags & SCOPED == 0 { len + 1 + varint_len(len) } else { len + 24 }
}

pub(crate) fn varint_len(value: usize) -> usize {
    (usize::BITS as usize - (value | 1).leading_zeros() as usize).div_ceil(7)
}

/// Splits the payload of an entry into its own scope, if it has one, and the record.
#[inline]
pub(crate) fn parts(flags: u8, payload: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    if flags & SCOPED == 0 {
        return Some((None, payload));
    }
    let (len, rest) = payload.split_first_chunk::<SCOPE_LEN>()?;
    let (scope, record) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
    Some((Some(scope), record))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_survives_the_trip_and_noise_is_refused() {
        for state in [State::Reserved, State::Committed, State::Aborted, State::Done] {
            let head = Head { len: 291, state, flags: CRITICAL };
            assert_eq!(Head::unpack(head.pack()), Some(head));
        }
        assert_eq!(Head::unpack(0), None);
        assert_eq!(Head::unpack(u64::MAX), None);
        assert_eq!(Head::unpack(Head { len: 1, state: State::Done, flags: 0x80 }.pack()), None);
    }

    #[test]
    fn varint_lengths() {
        for (value, len) in [(0, 1), (127, 1), (128, 2), (16_383, 2), (16_384, 3), (1 << 21, 4)] {
            assert_eq!(varint_len(value), len, "{value}");
        }
    }

    #[test]
    fn a_scope_that_claims_more_than_the_payload_is_no_scope() {
        assert_eq!(parts(SCOPED, &[9, 0, 0, 0, 1]), None);
        assert_eq!(parts(SCOPED, &[1, 0, 0, 0, 7, 8]), Some((Some(&[7][..]), &[8][..])));
    }
}
