//! RE2's regular expressions, as RLIKE and capture take them: translated to the syntax of the `regex` crate, or refused
//! with a reason.

mod class;
mod names;
mod translate;

use regex::{Regex, RegexBuilder};

use crate::error::EvalError;
use crate::span::Span;

/// How large a compiled regular expression may get.
const REGEX_BYTES: usize = 1 << 20;

/// A regular expression that must match the whole text.
pub(crate) fn whole_regex(pattern: &str, at: Span) -> Result<Regex, EvalError> {
    let refused =
        |reason: &str| EvalError::invalid(at, format!("the regular expression is not valid: {reason}"));
    let translated = translate::translated(pattern).map_err(|reason| refused(&reason))?;
    let built = RegexBuilder::new(&format!("\\A(?:{translated})\\z"))
        .size_limit(REGEX_BYTES)
        .dfa_size_limit(REGEX_BYTES)
        .build();
    built.map_err(|_| refused("it is too large"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        whole_regex(pattern, Span::default())
            .unwrap_or_else(|error| panic!("{pattern}: {error}"))
            .is_match(text)
    }

    #[test]
    fn perl_classes_are_ascii() {
        assert!(matches(r"\w+", "aZ_9") && !matches(r"\w", "é") && matches(r"\W", "é"));
        assert!(matches(r"\d", "7") && !matches(r"\d", "٣") && matches(r"[^\d]", "٣"));
        assert!(matches(r"\s", "\t") && !matches(r"\s", "\u{a0}") && !matches(r"\s", "\x0b"));
        assert!(matches(r"é\b.*", "é") == matches(r"-\b.*", "-"));
        assert!(matches(r"a\bé", "aé") && matches(r"é\Bé", "éé"));
    }

    #[test]
    fn what_is_special_elsewhere_is_plain_here() {
        assert!(matches(r"\<b\>", "<b>"));
        assert!(matches("[a&&b]", "&") && matches("[a&&b]", "a") && !matches("[a&&b]", "c"));
        assert!(matches("[[:alpha:]--]", "-") && matches("[[:alpha:]--]", "x"));
        assert!(matches("[a~~b]", "~") && matches("[[a]", "["));
        assert!(matches(r#"{"itemId":".*"}"#, r#"{"itemId":"7"}"#));
        assert!(matches("[^[]+", "ab") && !matches("[^[]+", "a["));
        assert!(matches("a{,2}", "a{,2}") && matches("x{}", "x{}") && matches("[]a]", "]"));
    }

    #[test]
    fn escapes_and_quotes() {
        assert!(matches(r"\pL\PL", "é1") && matches(r"\p{Greek}", "λ") && matches(r"\p{^Greek}", "l"));
        assert!(matches(r"\Qa.b\E+", "a.bb") && !matches(r"\Qa.b\E", "axb") && matches(r"\Q(", "("));
        assert!(matches(r"\101\x41\x{1F600}\0", "AA\u{1F600}\0"));
        assert!(matches(r"(?P<n>a)(?<m>b)", "ab") && matches("(?i)k", "K") && matches("(?s).", "\n"));
    }

    #[test]
    fn what_re2_refuses_is_refused_with_a_reason() {
        for (pattern, reason) in [
            ("a**", "`**`"),
            ("a(?=b)", "`(?=`"),
            (r"(a)\1", r"`\1`"),
            (r"\Z", r"`\Z`"),
            ("(?x)a", "`(?x`"),
            ("x{1001}", "1,000"),
            ("(?:x{100}){11}", "1,000"),
            ("[z-a]", "`z-a`"),
            ("[[:word", "bracket"),
            (r"\p{Alphabetic}", "`Alphabetic`"),
            ("(a", "parenthesis"),
            ("a)", "parenthesis"),
            ("|*", "`*`"),
            (r"\C", r"`\C`"),
            ("a\\", "backslash"),
            ("(?P<n>a)(?P<n>b)", "`n`"),
        ] {
            let Err(error) = whole_regex(pattern, Span::default()) else { panic!("{pattern} is taken") };
            assert!(error.to_string().contains(reason), "{pattern}: {error}");
        }
    }
}
