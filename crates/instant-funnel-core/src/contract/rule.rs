//! The rules that a value must pass.

use super::codes::{COUNTRIES, CURRENCIES};
use super::scan::scan;
use super::text::{is_name, is_slug, is_version};
use super::violation::Violation;

/// What an attribute's value must be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    /// Exactly this text.
    Const(&'static str),
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// `[A-Za-z0-9_.-]`, from one character to `max`, with a letter, and without an IPv4 address, a run of seven
    /// digits, a run of 32 hexadecimal digits or a credential's shape.
    Name {
        /// The longest allowed, in bytes.
        max: usize,
    },
    /// `[A-Za-z0-9.+_-]`, from one character to `max`, without a credential's shape.
    Version {
        /// The longest allowed, in bytes.
        max: usize,
    },
    /// A [`Rule::Uuid`] of any version but 1, 2, 3 and 6, or a [`Rule::Name`].
    UuidOrName {
        /// The longest name allowed, in bytes.
        max: usize,
    },
    /// `[a-z][a-z0-9_-]{0,31}` with at most six digits, and without three groups that are digits alone, four groups of
    /// two hexadecimal digits, a run of twelve hexadecimal digits with a decimal one in it, or a credential's shape.
    /// Groups are parted by `_` and `-`. A service can close it to a [vocabulary](crate::Vocabularies).
    Slug,
    /// A [`Rule::Slug`] that the contract itself closes to these words.
    SlugOf(&'static [&'static str]),
    /// Lower-case hexadecimal digits, from `min` to `max` of them.
    Hex {
        /// The fewest digits.
        min: usize,
        /// The most digits.
        max: usize,
        /// Whether at least one digit must be a letter, so that no decimal number is one.
        letter: bool,
    },
    /// A hyphenated UUID of 36 characters, of the variant of RFC 9562 and one of these versions.
    Uuid {
        /// The versions, from 1 to 8.
        versions: &'static [u8],
    },
    /// A boolean.
    Bool,
    /// An integer from `min` to `max`.
    Integer {
        /// The least allowed.
        min: i64,
        /// The greatest allowed.
        max: i64,
    },
    /// A number from `min` to `max`, finite.
    Number {
        /// The least allowed.
        min: f64,
        /// The greatest allowed.
        max: f64,
    },
    /// A time as an integer, in milliseconds since 1970: from `earliest` to [a day](Rule::AHEAD_MILLIS) after the event.
    Instant {
        /// The least allowed.
        earliest: i64,
    },
    /// An ISO 3166-1 alpha-2 code that is officially assigned: two capital letters.
    Country,
    /// An active ISO 4217 code: three capital letters.
    Currency,
}

/// The versions of UUID that are random or a hash; 1, 2 and 6 hold a hardware address, 3 an outdated hash.
pub(crate) const OPAQUE_VERSIONS: &[u8] = &[4, 5, 7, 8];

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
            Self::Version { max } => (is_version(bytes, max), Violation::Version),
            Self::UuidOrName { max } => {
                (is_uuid(bytes, OPAQUE_VERSIONS) || is_name(bytes, max), Violation::Name)
            }
            Self::Slug => (is_slug(bytes), Violation::Slug),
            Self::Hex { min, max, letter } => (is_hex(bytes, min, max, letter), Violation::Hex),
            Self::Uuid { versions } => (is_uuid(bytes, versions), Violation::Uuid),
            Self::SlugOf(words) if !words.contains(&text) => {
                (false, if is_slug(bytes) { Violation::Vocabulary } else { Violation::Slug })
            }
            Self::SlugOf(_) => (true, Violation::Slug),
            Self::Country => (COUNTRIES.binary_search(&text).is_ok(), Violation::Country),
            Self::Currency => (CURRENCIES.binary_search(&text).is_ok(), Violation::Currency),
            Self::Bool | Self::Integer { .. } | Self::Number { .. } | Self::Instant { .. } => {
                (false, Violation::Type)
            }
        };
        if passes { Ok(()) } else { Err(violation) }
    }

    /// How far behind its event a [`Rule::Instant`] may lie: a day, for clocks that disagree.
    pub const AHEAD_MILLIS: i64 = 86_400_000;

    /// Whether an integer passes, on an event that happened at `event_millis`, in milliseconds since 1970.
    ///
    /// # Errors
    /// The violation to count.
    pub fn check_integer(&self, value: i64, event_millis: i64) -> Result<(), Violation> {
        let (passes, violation) = match *self {
            Self::Integer { min, max } => ((min..=max).contains(&value), Violation::Integer),
            Self::Instant { earliest } => {
                let latest = event_millis.saturating_add(Self::AHEAD_MILLIS);
                ((earliest..=latest).contains(&value), Violation::Instant)
            }
            // An integer is a number too, as JSON and JavaScript have it.
            Self::Number { .. } => return self.check_number(value as f64),
            _ => (false, Violation::Type),
        };
        if passes { Ok(()) } else { Err(violation) }
    }

    /// Whether a number passes.
    ///
    /// # Errors
    /// The violation to count.
    pub fn check_number(&self, value: f64) -> Result<(), Violation> {
        match *self {
            Self::Number { min, max } if (min..=max).contains(&value) => Ok(()),
            Self::Number { .. } => Err(Violation::Number),
            _ => Err(Violation::Type),
        }
    }

    /// Whether values are integers on the wire.
    #[must_use]
    pub const fn is_integer(&self) -> bool {
        matches!(self, Self::Integer { .. } | Self::Instant { .. })
    }

    /// Whether values are text on the wire.
    #[must_use]
    pub const fn is_text(&self) -> bool {
        !self.is_integer() && !matches!(self, Self::Bool | Self::Number { .. })
    }

    /// Whether a UUID passes, given as its bytes.
    #[inline]
    pub(crate) fn check_uuid(&self, uuid: &uuid::Uuid) -> Result<(), Violation> {
        match self {
            Self::Uuid { versions } if is_of_version(uuid, versions) => Ok(()),
            Self::Uuid { .. } => Err(Violation::Uuid),
            _ => Err(Violation::Type),
        }
    }
}

/// The rule as the documentation words it.
impl std::fmt::Display for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Const(text) => f.write_str(text),
            Self::OneOf(texts) => f.write_str(&texts.join(" | ")),
            Self::Name { max } => write!(f, "name of at most {max} characters"),
            Self::Version { max } => write!(f, "version of at most {max} characters"),
            Self::UuidOrName { max } => write!(f, "UUID, or name of at most {max} characters"),
            Self::Slug => f.write_str("slug"),
            Self::Hex { min, max, letter } => {
                let digits = if min == max { min.to_string() } else { format!("{min}–{max}") };
                let letter = if *letter { ", at least one a letter" } else { "" };
                write!(f, "{digits} lower-case hex digits{letter}")
            }
            Self::Uuid { versions } => {
                let versions: Vec<_> = versions.iter().map(u8::to_string).collect();
                write!(f, "UUID, version {}", versions.join(", "))
            }
            Self::SlugOf(words) => write!(f, "slug, one of {}", words.join(", ")),
            Self::Bool => f.write_str("boolean"),
            Self::Integer { min, max } => write!(f, "integer from {min} to {max}"),
            Self::Number { min, max } => write!(f, "number from {min} to {max}"),
            Self::Instant { earliest } => {
                write!(f, "integer: milliseconds since 1970, from {earliest} to a day after the event")
            }
            Self::Country => f.write_str("country, ISO 3166-1 alpha-2"),
            Self::Currency => f.write_str("currency, ISO 4217"),
        }
    }
}

fn is_hex(bytes: &[u8], min: usize, max: usize, letter: bool) -> bool {
    if !(min..=max).contains(&bytes.len()) {
        return false;
    }
    let seen = scan(bytes, |word| [word.within(b'0', b'9'), word.within(b'a', b'f')]);
    seen.all & (seen.any[1] | !letter)
}

/// Where the digit of the version stands, and the first of the variant.
const VERSION_AT: usize = 14;
const VARIANT_AT: usize = 19;

fn is_uuid(bytes: &[u8], versions: &[u8]) -> bool {
    let shaped = bytes.len() == 36
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    shaped
        && versions.contains(&bytes[VERSION_AT].wrapping_sub(b'0'))
        && matches!(bytes[VARIANT_AT], b'8' | b'9' | b'a' | b'b' | b'A' | b'B')
}

/// [`is_uuid`] of a UUID's sixteen bytes.
#[inline]
pub(crate) fn is_of_version(uuid: &uuid::Uuid, versions: &[u8]) -> bool {
    let bytes = uuid.as_bytes();
    versions.contains(&(bytes[6] >> 4)) && bytes[8] & 0xc0 == 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hex_value_with_a_letter_is_never_a_decimal_number() {
        let rule = Rule::Hex { min: 7, max: 40, letter: true };
        assert_eq!(rule.check_text("0a12345"), Ok(()));
        for bad in ["4155550123", "4111111111111111", "0A12345", "abc", "0x12345", ""] {
            assert_eq!(rule.check_text(bad), Err(Violation::Hex), "{bad}");
        }
    }

    #[test]
    fn a_uuid_is_hyphenated_of_the_rfc_variant_and_of_a_listed_version() {
        let rule = Rule::Uuid { versions: &[4, 7] };
        assert_eq!(rule.check_text("01890a5d-ac96-774b-BCCE-b302099a8057"), Ok(()));
        for bad in [
            "01890a5dac96774bbcceb302099a8057",
            "{01890a5d-ac96-774b-bcce-b302099a8057}",
            "x",
            "00000000-0000-0000-0000-000000000000",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
            "c232ab00-9414-11ec-b3c8-9e6bdeced846",
            "41555501-3400-0000-0000-000000000000",
            "01890a5d-ac96-774b-cbce-b302099a8057",
            "01890a5d-ac96-774b-7bce-b302099a8057",
            "01890a5d-ac96-574b-bcce-b302099a8057",
        ] {
            assert_eq!(rule.check_text(bad), Err(Violation::Uuid), "{bad}");
            if let Ok(uuid) = uuid::Uuid::try_parse(bad)
                && bad.len() == 36
            {
                assert_eq!(rule.check_uuid(&uuid), Err(Violation::Uuid), "{bad}");
            }
        }
    }
}
