//! Which bytes a short text is made of, eight at a time.
//!
//! The rules run on every event, and their texts are too short for the compiler's vector loops to pay.

/// What [`scan`] saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen<const N: usize> {
    /// Every byte is of one of the classes.
    pub(super) all: bool,
    /// For each class, whether some byte is of it.
    pub(super) any: [bool; N],
}

/// Eight bytes.
#[derive(Clone, Copy)]
pub(super) struct Word(u64);

const fn each(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

const HIGH: u64 = each(0x80);

impl Word {
    /// The high bit of each byte that is `first`, `last` or between, both ASCII. A byte that is not ASCII may show
    /// too, and carry into the next: [`scan`] refuses it whatever this says.
    #[inline]
    pub(super) const fn within(self, first: u8, last: u8) -> u64 {
        let not_below = self.0.wrapping_add(each(0x80 - first));
        let above = self.0.wrapping_add(each(0x7f - last));
        not_below & !above & HIGH
    }
}

/// Whether each byte is of one of the classes, all given as [`Word::within`] gives them, and which classes there are.
#[inline]
pub(super) fn scan<const N: usize>(bytes: &[u8], classes: impl Fn(Word) -> [u64; N]) -> Seen<N> {
    let (mut all, mut any) = (HIGH, [0; N]);
    let mut look = |bytes: [u8; 8]| {
        let word = Word(u64::from_ne_bytes(bytes));
        let mut of_any = 0;
        for (seen, of_class) in any.iter_mut().zip(classes(word)) {
            *seen |= of_class;
            of_any |= of_class;
        }
        all &= of_any & !word.0;
    };
    match *bytes {
        [] => {}
        // Looking at a byte twice changes nothing.
        [x] => look([x; 8]),
        [x, y] => look([x, y, x, y, x, y, x, y]),
        [x, y, z] => look([x, y, z, x, y, z, x, y]),
        _ => {
            let (words, _) = bytes.as_chunks();
            words.iter().copied().for_each(&mut look);
            match (bytes.last_chunk::<8>(), bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
                (Some(last), ..) => look(*last),
                (None, Some([a, b, c, d]), Some([e, f, g, h])) => look([*a, *b, *c, *d, *e, *f, *g, *h]),
                _ => {}
            }
        }
    }
    Seen { all: all == HIGH, any: any.map(|seen| seen != 0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_is_judged_the_same_at_every_place_of_every_length() {
        let classes = |word: Word| [word.within(b'a', b'z'), word.within(b'0', b'9')];
        for len in 1..=40 {
            for at in 0..len {
                for byte in 0..=255_u8 {
                    for rest in [b'q', b'7'] {
                        let mut bytes = vec![rest; len];
                        bytes[at] = byte;
                        let seen = scan(&bytes, classes);
                        let all = bytes.iter().all(|byte| byte.is_ascii_digit() | byte.is_ascii_lowercase());
                        assert_eq!(seen.all, all, "{bytes:?}");
                        if all {
                            assert_eq!(seen.any[0], bytes.iter().any(u8::is_ascii_lowercase), "{bytes:?}");
                            assert_eq!(seen.any[1], bytes.iter().any(u8::is_ascii_digit), "{bytes:?}");
                        }
                    }
                }
            }
        }
        assert_eq!(scan(b"", classes), Seen { all: true, any: [false, false] });
    }

    #[test]
    fn two_bad_bytes_do_not_make_a_good_one() {
        for first in 0..=255_u8 {
            for second in 0..=255_u8 {
                let bytes = [b'a', first, second, b'z', b'm', b'm', b'm', b'm'];
                let all = first.is_ascii_lowercase() && second.is_ascii_lowercase();
                assert_eq!(scan(&bytes, |word| [word.within(b'a', b'z')]).all, all, "{bytes:?}");
            }
        }
    }
}
