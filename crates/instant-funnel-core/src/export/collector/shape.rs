//! Writes a rule of the contract as a condition of the collector.

use super::super::portable::{self, patterns, uuid};
use crate::contract::{
    Attribute, COUNTRIES, CURRENCIES, Contract, NOT_IN_A_NAME, NOT_IN_A_SLUG, NOT_IN_A_VERSION,
    OPAQUE_VERSIONS, Origin, Rule, plain_pattern,
};
use crate::vocabulary::Vocabularies;

/// The longest pattern on one line.
const LINE: usize = 150;

/// An item of a YAML list with the comment above it.
pub(super) struct Line {
    pub(super) comment: String,
    /// One line of OTTL, or several that belong to one statement.
    pub(super) text: Vec<String>,
}

impl Line {
    pub(super) fn new(comment: impl Into<String>, text: impl Into<String>) -> Self {
        Self { comment: comment.into(), text: vec![text.into()] }
    }
}

pub(super) fn path(key: &str) -> String {
    format!("log.attributes[\"{key}\"]")
}

/// Whether every record of this crate carries it.
pub(super) fn required(attribute: &Attribute) -> bool {
    matches!(attribute.origin, Origin::Contract | Origin::Step | Origin::CallerOrGenerated)
}

pub(super) fn step_path(contract: &Contract) -> String {
    let step = contract.attributes.iter().find(|attribute| matches!(attribute.origin, Origin::Step));
    path(step.map_or("", |attribute| attribute.key))
}

/// What a valid value looks like.
pub(super) enum Shape {
    /// Exactly this text.
    Const(&'static str),
    /// One of these texts.
    OneOf(Vec<String>),
    /// A boolean.
    Bool,
    /// An integer, or any number, from the first to the second, both as the collector writes them.
    Number { integer: bool, min: String, max: String },
    /// Text. Most values are `plain`, a narrower pattern in which nothing forbidden fits, and one cheap pattern is
    /// enough for them. Where `plain` is the whole rule, `open` is none; else it is a pattern with what must not be in it.
    Text { plain: String, open: Option<(String, Vec<String>)> },
}

pub(super) fn shape(attribute: &Attribute, at: usize, vocabularies: &Vocabularies) -> Shape {
    match (attribute.rule, vocabularies.words(at)) {
        (Rule::Slug, Some(words)) => Shape::OneOf(words.iter().map(|word| word.to_string()).collect()),
        (rule, _) => shape_of(&rule),
    }
}

pub(super) fn shape_of(rule: &Rule) -> Shape {
    let (plain, open) = match rule {
        Rule::Const(constant) => return Shape::Const(constant),
        Rule::Bool => return Shape::Bool,
        Rule::Integer { min, max } => {
            return Shape::Number { integer: true, min: min.to_string(), max: max.to_string() };
        }
        Rule::Number { min, max } => {
            return Shape::Number { integer: false, min: format!("{min:?}"), max: format!("{max:?}") };
        }
        Rule::Instant { earliest } => {
            let max = format!("log.time_unix_nano / 1000000 + {}", Rule::AHEAD_MILLIS);
            return Shape::Number { integer: true, min: earliest.to_string(), max };
        }
        Rule::Country => return Shape::OneOf(COUNTRIES.iter().map(|code| (*code).to_owned()).collect()),
        Rule::Currency => return Shape::OneOf(CURRENCIES.iter().map(|code| (*code).to_owned()).collect()),
        Rule::OneOf(texts) | Rule::SlugOf(texts) => {
            return Shape::OneOf(texts.iter().map(|text| (*text).to_owned()).collect());
        }
        Rule::Slug => (plain_pattern(), Some((portable::slug(), patterns(NOT_IN_A_SLUG)))),
        Rule::Name { max } => (plain_pattern(), Some((portable::name(*max), patterns(NOT_IN_A_NAME)))),
        Rule::Version { max } => {
            let plain = "[0-9]{1,6}(?:[.][0-9]{1,6}){0,3}".to_owned();
            (plain, Some((portable::version(*max), patterns(NOT_IN_A_VERSION))))
        }
        Rule::UuidOrName { max } => {
            (uuid(OPAQUE_VERSIONS), Some((portable::name(*max), patterns(NOT_IN_A_NAME))))
        }
        Rule::Hex { min, max, .. } => (portable::hex(*min, *max), None),
        Rule::Uuid { versions } => (uuid(versions), None),
    };
    Shape::Text { plain, open }
}

/// A pattern as several that are short enough to be read, of which one matches where the whole does.
pub(super) fn pieces(pattern: &str) -> Vec<String> {
    let mut out = Vec::new();
    for alternative in alternatives(pattern) {
        // `head(?:a|b|…)` at its end is as good as `head(?:a)` or `head(?:b|…)`.
        let group =
            alternative.rfind("(?:").filter(|_| alternative.ends_with(')') && alternative.len() > LINE);
        let Some((head, inner)) =
            group.map(|at| (&alternative[..at], &alternative[at + 3..alternative.len() - 1]))
        else {
            out.push(alternative.to_owned());
            continue;
        };
        let mut row = String::new();
        for one in alternatives(inner) {
            if !row.is_empty() && head.len() + row.len() + one.len() > LINE {
                out.push(format!("{head}(?:{row})"));
                row.clear();
            }
            if !row.is_empty() {
                row.push('|');
            }
            row.push_str(one);
        }
        out.push(format!("{head}(?:{row})"));
    }
    out
}

/// The alternatives of a pattern, groups left whole.
fn alternatives(pattern: &str) -> Vec<&str> {
    let (mut out, mut depth, mut from) = (Vec::new(), 0_usize, 0);
    for (at, byte) in pattern.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b'|' if depth == 0 => {
                out.push(&pattern[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    out.push(&pattern[from..]);
    out
}

/// The condition under which an attribute stands on a step where it may not occur; none if it may on each.
pub(super) fn off_step(contract: &Contract, attribute: &Attribute, step: &str) -> Option<String> {
    let own = contract.steps.iter().enumerate().filter(|(at, _)| attribute.steps.contains(*at));
    let own: Vec<_> = own.map(|(_, info)| format!("{step} != \"{}\"", info.name)).collect();
    (own.len() < contract.steps.len()).then(|| own.join(" and "))
}
