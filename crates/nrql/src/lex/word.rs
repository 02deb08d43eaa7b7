//! What makes a bare name.

/// Words that the documents reserve and that stand for nothing but themselves here too: written bare, they end an
/// expression. The rest of the reserved words (`day`, `end`, `raw`, …) are accepted as names where no other
/// reading exists, because queries in use do so.
const RESERVED: &[&str] = &[
    "and",
    "as",
    "compare",
    "facet",
    "from",
    "in",
    "is",
    "like",
    "limit",
    "not",
    "null",
    "or",
    "rlike",
    "select",
    "since",
    "timeseries",
    "until",
    "where",
    "with",
];

/// Words that the printer puts in backticks although the parser would take them bare.
const QUOTED_WHEN_PRINTED: &[&str] = &[
    "ago",
    "auto",
    "begin",
    "begintime",
    "by",
    "cases",
    "day",
    "days",
    "end",
    "endtime",
    "explain",
    "extrapolate",
    "false",
    "hour",
    "hours",
    "inner",
    "join",
    "left",
    "max",
    "minute",
    "minutes",
    "month",
    "months",
    "offset",
    "on",
    "order",
    "predict",
    "raw",
    "second",
    "seconds",
    "show",
    "slide",
    "true",
    "week",
    "weeks",
    "r",
    "distinct",
    "using",
    "metric_format",
    "holtwinters",
];

pub(crate) fn is_reserved(word: &str) -> bool {
    RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(word))
}

/// The part of a dotted name that is a word of NRQL, with its place in the name: such a name needs backticks.
pub(crate) fn reserved_part(name: &str) -> Option<(usize, &str)> {
    if !name.contains('.') {
        return None;
    }
    let mut at = 0;
    name.split('.').find_map(|part| {
        let place = at;
        at += part.len() + 1;
        (is_reserved(part) || part.eq_ignore_ascii_case("offset")).then_some((place, part))
    })
}

pub(super) fn starts_word(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

pub(super) fn continues_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '%')
}

/// Whether `name` may be printed without backticks and still be read as this name.
pub(crate) fn is_bare_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic())
        && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
        && !name.ends_with('.')
        && !digits_before_letters(name)
        && reserved_part(name).is_none()
        && !is_reserved(name)
        && !QUOTED_WHEN_PRINTED.iter().any(|word| word.eq_ignore_ascii_case(name))
}

/// Whether a part behind a point begins with digits and goes on with something else.
fn digits_before_letters(name: &str) -> bool {
    name.split('.').skip(1).any(|part| {
        part.starts_with(|c: char| c.is_ascii_digit()) && part.contains(|c: char| !c.is_ascii_digit())
    })
}
