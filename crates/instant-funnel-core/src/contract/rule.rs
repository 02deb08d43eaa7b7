//! The rules that a value must pass, and the names under which a refusal is counted.

use super::scan::{Word, scan};

/// What an attribute's value must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Exactly this text.
    Const(&'static str),
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// `[A-Za-z0-9_.-]`, from one character to `max`.
    Name {
        /// The longest allowed, in bytes.
        max: usize,
    },
    /// `[a-z][a-z0-9_-]{0,31}` with no run of seven or more digits, so that no address, host name, phone or card
    /// number is one. A service can close it to a [vocabulary](crate::Vocabularies).
    Slug,
    /// Lower-case hexadecimal digits, from `min` to `max` of them.
    Hex {
        /// The fewest digits.
        min: usize,
        /// The most digits.
        max: usize,
        /// Whether at least one digit must be a letter, so that no decimal number is one.
        letter: bool,
    },
    /// A hyphenated UUID of 36 characters.
    Uuid,
    /// A boolean.
    Bool,
}

/// The longest slug.
pub(crate) const SLUG_MAX: usize = 32;
/// The longest run of digits in a slug: the shortest phone numbers have seven.
const SLUG_DIGIT_RUN_MAX: usize = 6;

/// Why an attribute was dropped; the `rule` label of `instant_analytics_attributes_blocked_total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Violation {
    /// The key is not in the contract.
    UnknownKey,
    /// The key is in the contract, but its value is not the caller's to give.
    Reserved,
    /// Text where a boolean is due, a number where text is due, a list, a map, an error.
    Type,
    /// Not the constant.
    Const,
    /// Not one of the listed texts.
    OneOf,
    /// Not a name.
    Name,
    /// Not a slug.
    Slug,
    /// A slug outside the vocabulary that the service closed it to.
    Vocabulary,
    /// Not hexadecimal of the right length.
    Hex,
    /// Not a UUID.
    Uuid,
    /// The raw field of a pseudonym did not hold what the pseudonym is made from.
    Derivation,
    /// No pseudonym key is configured, so the pseudonym is omitted.
    NoPseudonymKey,
}

impl Violation {
    /// Every violation, in the order of [`index`](Self::index).
    pub const ALL: [Self; 12] = [
        Self::UnknownKey,
        Self::Reserved,
        Self::Type,
        Self::Const,
        Self::OneOf,
        Self::Name,
        Self::Slug,
        Self::Vocabulary,
        Self::Hex,
        Self::Uuid,
        Self::Derivation,
        Self::NoPseudonymKey,
    ];

    /// The label's text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownKey => "unknown_key",
            Self::Reserved => "reserved",
            Self::Type => "type",
            Self::Const => "const",
            Self::OneOf => "one_of",
            Self::Name => "name",
            Self::Slug => "slug",
            Self::Vocabulary => "vocabulary",
            Self::Hex => "hex",
            Self::Uuid => "uuid",
            Self::Derivation => "derivation",
            Self::NoPseudonymKey => "no_pseudonym_key",
        }
    }

    /// The position in [`ALL`](Self::ALL), for an array of counters.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl Rule {
    /// Whether `text` passes. [`Rule::Bool`] passes no text.
    ///
    /// # Errors
    /// The violation to count.
    #[inline]
    pub fn check_text(&self, text: &str) -> Result<(), Violation> {
        let bytes = text.as_bytes();
        // The commonest first: a branch is foreseen where a jump through a table is not.
        if matches!(self, Self::Slug) {
            return if is_slug(bytes) { Ok(()) } else { Err(Violation::Slug) };
        }
        let (passes, violation) = match *self {
            Self::Const(expected) => (text == expected, Violation::Const),
            Self::OneOf(allowed) => (allowed.contains(&text), Violation::OneOf),
            Self::Name { max } => (is_name(bytes, max), Violation::Name),
            Self::Slug => (is_slug(bytes), Violation::Slug),
            Self::Hex { min, max, letter } => (is_hex(bytes, min, max, letter), Violation::Hex),
            Self::Uuid => (is_uuid(bytes), Violation::Uuid),
            Self::Bool => (false, Violation::Type),
        };
        if passes { Ok(()) } else { Err(violation) }
    }
}

fn is_name(bytes: &[u8], max: usize) -> bool {
    let letter = |word: Word| word.within(b'a', b'z') | word.within(b'A', b'Z');
    (1..=max).contains(&bytes.len())
        && scan(bytes, letter, |word| {
            word.within(b'0', b'9') | word.within(b'-', b'.') | word.within(b'_', b'_')
        })
        .all
}

fn is_slug(bytes: &[u8]) -> bool {
    if bytes.len() > SLUG_MAX || !bytes.first().is_some_and(u8::is_ascii_lowercase) {
        return false;
    }
    let lower = |word: Word| word.within(b'a', b'z') | word.within(b'_', b'_') | word.within(b'-', b'-');
    let seen = scan(bytes, lower, |word| word.within(b'0', b'9'));
    seen.all && !(seen.any && has_long_number(bytes))
}

fn has_long_number(bytes: &[u8]) -> bool {
    bytes.windows(SLUG_DIGIT_RUN_MAX + 1).any(|run| run.iter().all(u8::is_ascii_digit))
}

fn is_hex(bytes: &[u8], min: usize, max: usize, letter: bool) -> bool {
    if !(min..=max).contains(&bytes.len()) {
        return false;
    }
    let seen = scan(bytes, |word| word.within(b'0', b'9'), |word| word.within(b'a', b'f'));
    seen.all & (seen.any | !letter)
}

fn is_uuid(bytes: &[u8]) -> bool {
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_never_an_address_a_host_a_phone_or_a_card_number() {
        for good in
            ["a", "anonymous", "free", "agent_claude", "us-east-1", "v2-123456", "a2345678".split_at(7).0]
        {
            assert_eq!(Rule::Slug.check_text(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "1st",
            "-x",
            "Free",
            "a.b",
            "a@b",
            "a b",
            "a\n",
            "tel-5550123",
            "c4111111111111111",
            "192.168.0.1",
            "555-0123",
            "ünicode",
            "a23456789012345678901234567890123",
            "\u{430}nonymous",
        ] {
            assert_eq!(Rule::Slug.check_text(bad), Err(Violation::Slug), "{bad}");
        }
    }

    #[test]
    fn a_hex_value_with_a_letter_is_never_a_decimal_number() {
        let rule = Rule::Hex { min: 7, max: 40, letter: true };
        assert_eq!(rule.check_text("0a12345"), Ok(()));
        for bad in ["4155550123", "4111111111111111", "0A12345", "abc", "0x12345", ""] {
            assert_eq!(rule.check_text(bad), Err(Violation::Hex), "{bad}");
        }
    }

    #[test]
    fn a_uuid_is_hyphenated_and_nothing_else() {
        assert_eq!(Rule::Uuid.check_text("01890a5d-ac96-774b-BCCE-b302099a8057"), Ok(()));
        for bad in ["01890a5dac96774bbcceb302099a8057", "{01890a5d-ac96-774b-bcce-b302099a8057}", "x"] {
            assert_eq!(Rule::Uuid.check_text(bad), Err(Violation::Uuid), "{bad}");
        }
    }

    #[test]
    fn violations_are_indexed_in_order_and_named_apart() {
        for (at, violation) in Violation::ALL.iter().enumerate() {
            assert_eq!(violation.index(), at);
            assert_eq!(Violation::ALL.iter().filter(|other| other.as_str() == violation.as_str()).count(), 1);
        }
    }
}
