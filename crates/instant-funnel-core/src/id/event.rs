//! Event ids, deterministic for a business fact, so that a retry repeats the id.

use std::cell::Cell;
use std::time::SystemTime;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::ParseIdError;
use crate::contract::{Maker, Rule};
use crate::time::unix_nanos;
use crate::value::{Content, Given, HexBytes, Source};

/// One business fact's id, 32 lower-case hexadecimal digits on the wire.
///
/// A fact that can arrive twice (a webhook that is delivered again, a request that is retried) gets its id from
/// [`EventId::of`]; a fact that cannot gets a fresh one, whose first 48 bits are milliseconds since 1970.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId([u8; 16]);

const DERIVATION_LABEL: &[u8] = b"instant-funnel/event-id/1";

impl EventId {
    /// The id of a business fact: the same kind and fact give the same id for ever, in every process.
    ///
    /// Privacy: this is an unkeyed hash. Give it opaque ids (of a charge, a webhook, a subscription), never
    /// anything that could be guessed and tried, such as an address.
    ///
    /// ```
    /// use instant_funnel_core::EventId;
    /// assert_eq!(EventId::of("paid", "ch_17"), EventId::of("paid", "ch_17"));
    /// assert_ne!(EventId::of("paid", "ch_17"), EventId::of("claim", "ch_17"));
    /// ```
    #[must_use]
    pub fn of(kind: &str, fact: impl AsRef<[u8]>) -> Self {
        let digest = Sha256::new()
            .chain_update(DERIVATION_LABEL)
            .chain_update((kind.len() as u64).to_be_bytes())
            .chain_update(kind)
            .chain_update(fact)
            .finalize();
        Self(lettered(&digest))
    }

    /// A fresh id for a step taken at `now`.
    #[must_use]
    pub fn generate(now: SystemTime) -> Self {
        Self::generate_at(unix_nanos(now))
    }

    #[inline]
    pub(crate) fn generate_at(unix_nanos: u64) -> Self {
        let mut bytes = next_random(unix_nanos).to_be_bytes();
        bytes[..6].copy_from_slice(&(unix_nanos / 1_000_000).to_be_bytes()[2..]);
        // Its hexadecimal form must hold a letter, like every id of the contract; bit 3 with bit 1 of a digit make one.
        bytes[6] |= 0xa0;
        Self(bytes)
    }

    /// Reads the form on the wire, as an outbox keeps it.
    ///
    /// Privacy: who made the text cannot be seen. Give it what [`of`](Self::of) or [`generate`](Self::generate) made.
    ///
    /// # Errors
    /// Any text but 32 lower-case hexadecimal digits with at least one letter, and the digits of sixteen characters of
    /// plain text, such as an e-mail address of that length. One derived id in 7 million looks like that too.
    pub fn parse(text: &str) -> Result<Self, ParseIdError> {
        let error = ParseIdError {
            expected: "32 lower-case hexadecimal digits, one of them a letter, as `EventId` shows",
        };
        let rule = Rule::Hex { min: 32, max: 32, letter: true };
        let mut bytes = [0; 16];
        match (rule.check_text(text), const_hex::decode_to_slice(text, &mut bytes)) {
            (Ok(()), Ok(())) if !is_plain_text(&bytes) => Ok(Self(bytes)),
            _ => Err(error),
        }
    }

    #[inline]
    pub(crate) const fn to_hex_bytes(self) -> HexBytes {
        HexBytes::new(Source::Maker(Maker::EventId, true), self.0)
    }
}

/// Printable ASCII with white space, and zeros behind it if it was padded.
fn is_plain_text(bytes: &[u8]) -> bool {
    let length = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    bytes.iter().take(length).all(|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r'))
}

impl From<EventId> for Given<'_> {
    #[inline]
    fn from(id: EventId) -> Self {
        Self(Content::Hex(id.to_hex_bytes()))
    }
}

impl std::str::FromStr for EventId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl std::fmt::Display for EventId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&const_hex::encode(self.0))
    }
}

impl std::fmt::Debug for EventId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EventId({self})")
    }
}

/// The first `N` bytes of the digest whose hexadecimal form holds a letter, so that the contract's rule for
/// hexadecimal values, which refuses decimal numbers, never refuses what we derive.
pub(crate) fn lettered<const N: usize>(digest: &[u8]) -> [u8; N] {
    let window = digest.windows(N).find(|window| has_letter(window)).or_else(|| digest.windows(N).next());
    let mut bytes = [0; N];
    if let Some(window) = window {
        bytes.copy_from_slice(window);
    }
    bytes
}

/// Whether a letter is among the hexadecimal digits.
#[inline]
pub(crate) fn has_letter(bytes: &[u8]) -> bool {
    bytes.iter().any(|byte| byte >> 4 > 9 || byte & 15 > 9)
}

thread_local! {
    static STATE: Cell<Option<(u64, u64)>> = const { Cell::new(None) };
}

/// 128 well-mixed bits: a counter that starts at a random place for each thread, mixed with the clock so
/// that a forked child, which inherits the counter, does not repeat its parent. A call to the operating system for
/// each event would cost more than the event.
fn next_random(clock: u64) -> u128 {
    STATE.with(|state| {
        let (counter, key) = state.get().unwrap_or_else(|| {
            let (high, low) = Uuid::new_v4().as_u64_pair();
            let (more, _) = Uuid::new_v4().as_u64_pair();
            (high ^ more.rotate_left(32), low ^ more)
        });
        state.set(Some((counter.wrapping_add(0x9e37_79b9_7f4a_7c15), key)));
        let high = mix(counter ^ clock);
        let low = mix(high ^ key);
        u128::from(high) << 64 | u128::from(low)
    })
}

/// A bijection on 64 bits in which every input bit reaches every output bit.
fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    x = (x ^ (x >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    x ^ (x >> 32)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn a_fact_has_one_id_for_ever() {
        assert_eq!(EventId::of("paid", "ch_17").to_string(), "0cdfddf129e5edcb3ab7d0cf666f6e78");
        assert_ne!(EventId::of("a", "bc"), EventId::of("ab", "c"));
    }

    #[test]
    fn fresh_ids_differ_sort_by_time_and_parse() {
        let now = UNIX_EPOCH + Duration::from_millis(1_764_000_000_123);
        let ids: HashSet<_> = (0..100_000).map(|_| EventId::generate(now)).collect();
        assert_eq!(ids.len(), 100_000);
        assert!(ids.iter().all(|id| EventId::parse(&id.to_string()) == Ok(*id)));
        assert!(ids.iter().all(|id| *id < EventId::generate(now + Duration::from_millis(1))));
    }

    #[test]
    fn ids_of_threads_differ() {
        let now = SystemTime::now();
        let threads: Vec<_> = (0..8)
            .map(|_| {
                std::thread::spawn(move || (0..1_000).map(|_| EventId::generate(now)).collect::<Vec<_>>())
            })
            .collect();
        let ids: HashSet<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        assert_eq!(ids.len(), 8_000);
    }

    #[test]
    fn a_derived_id_always_holds_a_letter() {
        assert_eq!(lettered::<2>(&[0x11, 0x22, 0x3a, 0xff]), [0x22, 0x3a]);
        assert_eq!(lettered::<2>(&[0x1a, 0x22, 0x3a, 0xff]), [0x1a, 0x22]);
    }

    #[test]
    fn other_texts_are_refused() {
        for bad in ["", "12345678901234567890123456789012", "0123456789ABCDEF0123456789ABCDEF", "zz"] {
            assert!(EventId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_hexadecimal_digits_of_a_text_are_no_event_id() {
        for text in [
            "jane@example.com",
            "bob@example.com\n",
            "jo@example.com\0\0",
            "tel +14155550134",
            "AKIAIOSFODNN7EXA",
            "                ",
        ] {
            assert_eq!(text.len(), 16);
            let digits = const_hex::encode(text);
            assert!(EventId::parse(&digits).is_err(), "{digits}");
            assert!(digits.parse::<EventId>().is_err(), "{digits}");
        }
        assert!(EventId::parse(&EventId::of("paid", "jane@example.com").to_string()).is_ok());
    }
}
