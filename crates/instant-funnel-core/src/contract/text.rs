//! Slugs, names and versions: allowed characters and forbidden content.
//!
//! Each prohibition is given twice, side by side: as the function that the engine runs and as the pattern from which
//! the collector's block is generated. A test holds the two to one another.

use super::credential::holds_credential;
use super::scan::{Word, scan};

/// The longest slug.
pub(crate) const SLUG_MAX: usize = 32;
/// The most digits of a slug: the shortest phone numbers have seven.
const SLUG_DIGITS_MAX: usize = 6;
/// This many groups of digits alone make an address, or a number that is written in groups.
const SLUG_NUMBERS: usize = 3;
/// This many groups of two hexadecimal digits make a hardware address.
const SLUG_HEX_PAIRS: usize = 4;
/// A run of so many hexadecimal digits, one of them decimal, makes a token or a hardware address.
const SLUG_HEX_RUN: usize = 12;
/// A run of so many digits in a name makes a phone or a card number.
const NAME_DIGIT_RUN: usize = 7;
/// A run of so many hexadecimal digits in a name makes a token, such as an older licence key of New Relic.
const NAME_HEX_RUN: usize = 32;

/// Without what the prohibition cannot be broken, so that most texts need no further look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Nothing,
    Digit,
    Separator,
}

/// Something that a string must not hold.
#[derive(Debug)]
pub(crate) struct Forbidden {
    /// What it is, for the documentation.
    #[cfg(any(test, feature = "export"))]
    pub(crate) what: &'static str,
    needs: Needs,
    /// Whether bytes of the right class hold it.
    holds: fn(&[u8]) -> bool,
    /// The same as a pattern of RE2.
    #[cfg(any(test, feature = "export"))]
    pub(crate) pattern: fn() -> String,
}

macro_rules! forbidden {
    ($($what:literal, $needs:ident: $holds:expr, $pattern:expr;)+) => {
        &[$(Forbidden {
            #[cfg(any(test, feature = "export"))]
            what: $what,
            needs: Needs::$needs,
            holds: $holds,
            #[cfg(any(test, feature = "export"))]
            pattern: $pattern,
        }),+]
    };
}

/// What a slug must not hold.
pub(crate) const NOT_IN_A_SLUG: &[Forbidden] = forbidden! {
    "more than six digits in all", Digit: has_many_digits, pattern::many_digits;
    "three groups that are digits alone", Digit: has_numbers, pattern::numbers;
    "four groups of two hexadecimal digits", Separator: has_hex_pairs, pattern::hex_pairs;
    "a run of twelve hexadecimal digits with one of `0-9` in it", Digit: has_hex_run, pattern::hex_run;
    "a credential of the list below", Separator: holds_credential, super::credential::credential_pattern;
};

/// What a name must not hold.
pub(crate) const NOT_IN_A_NAME: &[Forbidden] = forbidden! {
    "no letter", Nothing: lacks_letter, pattern::no_letter;
    "an IPv4 address, its parts joined by `.`, `-` or `_`", Digit: has_ipv4, pattern::ipv4;
    "a run of seven digits", Digit: has_digit_run, pattern::digit_run;
    "a run of 32 hexadecimal digits", Nothing: has_long_hex_run, pattern::long_hex_run;
    "a credential of the list below", Nothing: holds_credential, super::credential::credential_pattern;
};

/// What a version must not hold. Numbers, addresses and hashes are versions too.
pub(crate) const NOT_IN_A_VERSION: &[Forbidden] = forbidden! {
    "a credential of the list below", Nothing: holds_credential, super::credential::credential_pattern;
};

const fn letter(word: Word) -> u64 {
    word.within(b'a', b'z') | word.within(b'A', b'Z')
}

const fn digit(word: Word) -> u64 {
    word.within(b'0', b'9')
}

const fn separator(word: Word) -> u64 {
    word.within(b'_', b'_') | word.within(b'-', b'-')
}

fn holds_none(list: &[Forbidden], bytes: &[u8], digit: bool, separator: bool) -> bool {
    list.iter().all(|forbidden| {
        let possible = match forbidden.needs {
            Needs::Nothing => true,
            Needs::Digit => digit,
            Needs::Separator => separator,
        };
        !(possible && (forbidden.holds)(bytes))
    })
}

/// `[a-z][a-z0-9_-]{0,31}` without [`NOT_IN_A_SLUG`].
#[inline]
pub(super) fn is_slug(bytes: &[u8]) -> bool {
    if bytes.len() > SLUG_MAX || !bytes.first().is_some_and(u8::is_ascii_lowercase) {
        return false;
    }
    // Most slugs are lower-case letters alone, in which nothing forbidden fits.
    if scan(bytes, |word| [word.within(b'a', b'z')]).all {
        return true;
    }
    let seen = scan(bytes, |word| [word.within(b'a', b'z'), digit(word), separator(word)]);
    seen.all && (!(seen.any[1] | seen.any[2]) || holds_none(NOT_IN_A_SLUG, bytes, seen.any[1], seen.any[2]))
}

/// `[A-Za-z0-9_.-]{1,max}` without [`NOT_IN_A_NAME`].
pub(super) fn is_name(bytes: &[u8], max: usize) -> bool {
    let seen = scan(bytes, |word| [letter(word), digit(word), separator(word) | word.within(b'.', b'.')]);
    (1..=max).contains(&bytes.len()) && seen.all && holds_none(NOT_IN_A_NAME, bytes, seen.any[1], seen.any[2])
}

/// `[A-Za-z0-9.+_-]{1,max}` without [`NOT_IN_A_VERSION`].
pub(super) fn is_version(bytes: &[u8], max: usize) -> bool {
    let punctuation = |word: Word| separator(word) | word.within(b'.', b'.') | word.within(b'+', b'+');
    let seen = scan(bytes, |word| [letter(word), digit(word), punctuation(word)]);
    (1..=max).contains(&bytes.len())
        && seen.all
        && holds_none(NOT_IN_A_VERSION, bytes, seen.any[1], seen.any[2])
}

/// The parts of a slug between its separators.
fn groups(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| matches!(byte, b'-' | b'_'))
}

const fn is_lower_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

fn has_many_digits(bytes: &[u8]) -> bool {
    bytes.iter().filter(|byte| byte.is_ascii_digit()).count() > SLUG_DIGITS_MAX
}

fn has_numbers(bytes: &[u8]) -> bool {
    let number = |group: &&[u8]| !group.is_empty() && group.iter().all(u8::is_ascii_digit);
    groups(bytes).filter(number).count() >= SLUG_NUMBERS
}

fn has_hex_pairs(bytes: &[u8]) -> bool {
    let pair = |group: &&[u8]| group.len() == 2 && group.iter().all(|byte| is_lower_hex(*byte));
    groups(bytes).filter(pair).count() >= SLUG_HEX_PAIRS
}

fn has_hex_run(bytes: &[u8]) -> bool {
    bytes
        .split(|byte| !is_lower_hex(*byte))
        .any(|run| run.len() >= SLUG_HEX_RUN && run.iter().any(u8::is_ascii_digit))
}

fn lacks_letter(bytes: &[u8]) -> bool {
    !bytes.iter().any(u8::is_ascii_alphabetic)
}

fn has_digit_run(bytes: &[u8]) -> bool {
    bytes.split(|byte| !byte.is_ascii_digit()).any(|run| run.len() >= NAME_DIGIT_RUN)
}

fn has_long_hex_run(bytes: &[u8]) -> bool {
    bytes.split(|byte| !byte.is_ascii_hexdigit()).any(|run| run.len() >= NAME_HEX_RUN)
}

/// Four groups of one to three digits, one separator between each.
fn has_ipv4(bytes: &[u8]) -> bool {
    let (mut parts, mut at) = (0, 0);
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        parts = if (1..=3).contains(&digits) { parts + 1 } else { 0 };
        if parts == 4 {
            return true;
        }
        at += digits;
        // What is not a separator, and a second separator, break the row.
        let joined = bytes.get(at).is_some_and(|byte| matches!(byte, b'.' | b'-' | b'_'));
        parts = if joined { parts } else { 0 };
        at += 1;
    }
    false
}

/// A narrow pattern for the most usual names and slugs, in which nothing forbidden fits: one word of lower-case letters,
/// a short one with up to three digits, or two words of which the first begins no credential.
#[cfg(any(test, feature = "export"))]
pub(crate) fn plain_pattern() -> String {
    let initials = super::credential::harmless_initials();
    let word = NAME_HEX_RUN - 1;
    let short = SLUG_HEX_RUN - 4;
    format!("(?:[a-z]{{1,{word}}}|[a-z]{{1,{short}}}[0-9]{{1,3}}|[{initials}][a-z]{{0,14}}[_-][a-z]{{1,15}})")
}

/// The prohibitions in the language of the collector's `IsMatch`.
#[cfg(any(test, feature = "export"))]
mod pattern {
    use super::{NAME_DIGIT_RUN, NAME_HEX_RUN, SLUG_DIGITS_MAX, SLUG_HEX_PAIRS, SLUG_HEX_RUN, SLUG_NUMBERS};

    pub(super) fn many_digits() -> String {
        format!("(?:[0-9][^0-9]*){{{}}}", SLUG_DIGITS_MAX + 1)
    }

    /// A slug begins with a letter, so each number stands behind a separator; the next may use the same one.
    pub(super) fn numbers() -> String {
        let one = "[_-][0-9]+";
        format!("{}(?:[_-]|$)", [one; SLUG_NUMBERS].join("(?:[_-].*)?"))
    }

    pub(super) fn hex_pairs() -> String {
        let more = ["[_-][0-9a-f]{2}"; SLUG_HEX_PAIRS - 1].join("(?:[_-].*)?");
        format!("(?:^|[_-])[0-9a-f]{{2}}(?:[_-].*)?{more}(?:[_-]|$)")
    }

    /// By where in the run its first decimal digit stands.
    pub(super) fn hex_run() -> String {
        let each = (0..SLUG_HEX_RUN)
            .map(|before| format!("[a-f]{{{before}}}[0-9][0-9a-f]{{{}}}", SLUG_HEX_RUN - 1 - before));
        each.collect::<Vec<_>>().join("|")
    }

    pub(super) fn no_letter() -> String {
        "^[^A-Za-z]*$".to_owned()
    }

    pub(super) fn ipv4() -> String {
        "(?:^|[^0-9])(?:[0-9]{1,3}[._-]){3}[0-9]{1,3}(?:[^0-9]|$)".to_owned()
    }

    pub(super) fn digit_run() -> String {
        format!("[0-9]{{{NAME_DIGIT_RUN}}}")
    }

    pub(super) fn long_hex_run() -> String {
        format!("[0-9A-Fa-f]{{{NAME_HEX_RUN}}}")
    }
}

#[cfg(test)]
mod tests;
