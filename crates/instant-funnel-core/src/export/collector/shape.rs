//! What a rule of the contract looks like in the collector's conditions.

use crate::contract::{Attribute, Origin, Rule};
use crate::vocabulary::Vocabularies;

/// The longest slug; the test with hostile records holds it to the contract's.
const SLUG_MAX: usize = 32;
/// Credentials that would otherwise pass for a name or a slug.
pub(super) const TOKEN: &str = "(?:sk|pk|rk)_(?:live|test)_";
/// What a slug must not hold: a run of digits as long as the shortest phone number, or a credential.
const NOT_IN_A_SLUG: &str = "[0-9]{7}|";
/// What a name must not hold: an IPv4 address, the head of a JWT, a card number, or a credential.
pub(super) const NOT_IN_A_NAME: &str =
    "(?:^|[^0-9])(?:[0-9]{1,3}[.]){3}[0-9]{1,3}(?:[^0-9]|$)|eyJ[A-Za-z0-9_-]{8,}[.]|[0-9]{13}|";

pub(super) fn path(key: &str) -> String {
    format!("log.attributes[\"{key}\"]")
}

/// How a value can break its rule.
pub(super) enum Broken {
    /// By being anything but this.
    Const(&'static str),
    /// By not being a boolean.
    Bool,
    /// By not being text of a shape. Most values are `plain`, a narrower shape in which nothing forbidden fits, and
    /// one cheap pattern is enough for them. Where `plain` is the whole rule, `open` is none.
    Text { plain: String, open: Option<(String, String)> },
}

pub(super) fn shape(attribute: &Attribute, at: usize, vocabularies: &Vocabularies) -> Broken {
    let (plain, open) = match (attribute.rule, vocabularies.words(at)) {
        (Rule::Const(constant), _) => return Broken::Const(constant),
        (Rule::Bool, _) => return Broken::Bool,
        (Rule::OneOf(texts), _) => (one_of(texts.iter().copied()), None),
        (Rule::Slug, Some(words)) => (one_of(words.iter().map(AsRef::as_ref)), None),
        (Rule::Slug, None) => {
            let open = format!("[a-z][a-z0-9_-]{{0,{}}}", SLUG_MAX - 1);
            (plain("a-z", SLUG_MAX), Some((open, format!("{NOT_IN_A_SLUG}{TOKEN}"))))
        }
        (Rule::Name { max }, _) => {
            let open = format!("[A-Za-z0-9_.-]{{1,{max}}}");
            (plain("A-Za-z", max), Some((open, format!("{NOT_IN_A_NAME}{TOKEN}"))))
        }
        (Rule::Hex { min, max, .. }, _) => {
            let digits = if min == max { min.to_string() } else { format!("{min},{max}") };
            (format!("[0-9a-f]{{{digits}}}"), None)
        }
        (Rule::Uuid, _) => ("[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}".to_owned(), None),
    };
    Broken::Text { plain, open }
}

/// Words of letters, at most one underscore, at most three digits at the end: no address, number, credential or token.
pub(super) fn plain(letters: &str, max: usize) -> String {
    let tail = max / 3;
    let head = max - tail - 5;
    format!("[{letters}][{letters}-]{{0,{head}}}(?:_[{letters}-]{{0,{tail}}})?[0-9]{{0,3}}")
}

/// The condition under which an attribute of a record is missing or breaks its rule.
pub(super) fn broken(attribute: &Attribute, at: usize, vocabularies: &Vocabularies) -> String {
    let path = path(attribute.key);
    // Stronger than their shape, which a card number has too: they repeat the record's own context.
    match attribute.origin {
        Origin::TraceId => return format!("{path} != log.trace_id.string"),
        Origin::SpanId => return format!("{path} != log.span_id.string"),
        _ => {}
    }
    match shape(attribute, at, vocabularies) {
        Broken::Const(constant) => format!("{path} != \"{constant}\""),
        Broken::Bool => format!("not IsBool({path})"),
        Broken::Text { plain, open: Some((shape, forbidden)) } => {
            open_text(&path, &plain, &shape, &forbidden)
        }
        Broken::Text { plain, open: None } => {
            let letter = matches!(attribute.rule, Rule::Hex { letter: true, .. });
            let letter =
                if letter { format!(" or not IsMatch({path}, \"^[0-9]*[a-f]\")") } else { String::new() };
            text(&path, &plain) + &letter
        }
    }
}

/// Broken when it is no text of this shape.
fn text(path: &str, shape: &str) -> String {
    format!("not IsString({path}) or not IsMatch({path}, \"^{shape}$\")")
}

/// Broken when it is no text of this shape or holds what is forbidden.
pub(super) fn open_text(path: &str, plain: &str, shape: &str, forbidden: &str) -> String {
    let plain = text(path, plain);
    format!("{plain} and (not IsMatch({path}, \"^{shape}$\") or IsMatch({path}, \"{forbidden}\"))")
}

fn one_of<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    format!("(?:{})", texts.collect::<Vec<_>>().join("|"))
}
