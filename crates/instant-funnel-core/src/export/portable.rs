//! Rules in a form that other languages can run: lists of texts and patterns.

use crate::contract::{
    COUNTRIES, CURRENCIES, Forbidden, NOT_IN_A_NAME, NOT_IN_A_SLUG, NOT_IN_A_VERSION, Rule, SLUG_MAX,
};

/// A rule on text as patterns that RE2, ECMAScript and Python read alike.
///
/// `$` stands before a line feed at the end in some languages, so whoever uses the patterns refuses line feeds first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortablePattern {
    /// What the whole text matches, anchored at both ends.
    pub whole: String,
    /// What matches nowhere in the text.
    pub refused: Vec<String>,
}

/// The patterns of a rule; none for a rule that is a list of texts, another type, or of the resource alone.
///
/// ```
/// use instant_funnel_core::contract::Rule;
/// use instant_funnel_core::export::portable_pattern;
///
/// let slug = portable_pattern(&Rule::Slug).map(|pattern| pattern.whole);
/// assert_eq!(slug.as_deref(), Some("^[a-z][a-z0-9_-]{0,31}$"));
/// assert_eq!(portable_pattern(&Rule::Bool), None);
/// ```
#[must_use]
pub fn portable_pattern(rule: &Rule) -> Option<PortablePattern> {
    let (whole, refused) = match rule {
        Rule::Slug => (slug(), patterns(NOT_IN_A_SLUG)),
        Rule::Name { max } => (name(*max), patterns(NOT_IN_A_NAME)),
        Rule::Version { max } => (version(*max), patterns(NOT_IN_A_VERSION)),
        Rule::Hex { min, max, letter } => {
            (hex(*min, *max), if *letter { vec!["^[0-9]*$".to_owned()] } else { Vec::new() })
        }
        Rule::Uuid { versions } => (uuid(versions), Vec::new()),
        _ => return None,
    };
    Some(PortablePattern { whole: format!("^{whole}$"), refused })
}

/// The only texts that a rule passes, when it lists them.
///
/// ```
/// use instant_funnel_core::contract::Rule;
/// use instant_funnel_core::export::listed_texts;
///
/// assert_eq!(listed_texts(&Rule::Const("Shop")), Some(&["Shop"][..]).map(<[_]>::to_vec));
/// assert_eq!(listed_texts(&Rule::Slug), None);
/// ```
#[must_use]
pub fn listed_texts(rule: &Rule) -> Option<Vec<&'static str>> {
    match rule {
        Rule::Const(text) => Some(vec![text]),
        Rule::OneOf(texts) | Rule::SlugOf(texts) => Some(texts.to_vec()),
        Rule::Country => Some(COUNTRIES.to_vec()),
        Rule::Currency => Some(CURRENCIES.to_vec()),
        _ => None,
    }
}

pub(super) fn slug() -> String {
    format!("[a-z][a-z0-9_-]{{0,{}}}", SLUG_MAX - 1)
}

pub(super) fn name(max: usize) -> String {
    format!("[A-Za-z0-9_.-]{{1,{max}}}")
}

pub(super) fn version(max: usize) -> String {
    format!("[A-Za-z0-9.+_-]{{1,{max}}}")
}

pub(super) fn hex(min: usize, max: usize) -> String {
    let digits = if min == max { min.to_string() } else { format!("{min},{max}") };
    format!("[0-9a-f]{{{digits}}}")
}

pub(super) fn uuid(versions: &[u8]) -> String {
    let versions: String = versions.iter().map(u8::to_string).collect();
    let hex = "[0-9a-fA-F]";
    format!("{hex}{{8}}-{hex}{{4}}-[{versions}]{hex}{{3}}-[89abAB]{hex}{{3}}-{hex}{{12}}")
}

pub(super) fn patterns(forbidden: &[Forbidden]) -> Vec<String> {
    forbidden.iter().map(|one| (one.pattern)()).collect()
}
