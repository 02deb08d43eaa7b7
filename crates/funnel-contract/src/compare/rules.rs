//! Whether one rule lets through what another does.

use instant_funnel_core::contract::Rule;

use crate::model::RuleSpec;

/// How a newer rule stands to an older one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Same,
    /// It lets through all that the older one did.
    Wider,
    /// It lets through less, of the same kind.
    Narrower,
    /// It lets through something else.
    Other,
}

pub(super) fn relation(old: &RuleSpec, new: &RuleSpec) -> Relation {
    if old == new {
        return Relation::Same;
    }
    match (covers(new, old), covers(old, new)) {
        (true, false) => Relation::Wider,
        (false, true) => Relation::Narrower,
        // Both: two ways to say one thing, such as a slug restricted to words and one_of; the types of the code differ.
        (true, true) | (false, false) => Relation::Other,
    }
}

/// Whether each value of `small` is one of `big`, on the wire.
fn covers(big: &RuleSpec, small: &RuleSpec) -> bool {
    if let Some(words) = words(small) {
        return words.iter().all(|word| takes(big, word));
    }
    match (big, small) {
        (RuleSpec::Integer(low, high), RuleSpec::Integer(from, to)) => low <= from && high >= to,
        (RuleSpec::Number(low, high), RuleSpec::Number(from, to)) => low <= from && high >= to,
        (RuleSpec::Number(low, high), RuleSpec::Integer(from, to)) => {
            *low <= *from as f64 && *high >= *to as f64
        }
        (big, small) => match (versions(big), versions(small)) {
            (Some(big), Some(small)) => small.iter().all(|version| big.contains(version)),
            _ => big == small || matches!((big, small), (RuleSpec::Name, RuleSpec::Slug)),
        },
    }
}

/// The values of a rule that lists them.
fn words(rule: &RuleSpec) -> Option<&[String]> {
    match rule {
        RuleSpec::Const(word) => Some(std::slice::from_ref(word)),
        RuleSpec::OneOf(words) | RuleSpec::SlugOf(words) => Some(words),
        _ => None,
    }
}

fn takes(rule: &RuleSpec, word: &str) -> bool {
    match rule {
        RuleSpec::Slug => Rule::Slug.check_text(word).is_ok(),
        RuleSpec::Name => (Rule::Name { max: 64 }).check_text(word).is_ok(),
        RuleSpec::Version => (Rule::Version { max: 64 }).check_text(word).is_ok(),
        other => words(other).is_some_and(|words| words.iter().any(|one| one == word)),
    }
}

fn versions(rule: &RuleSpec) -> Option<&[u8]> {
    match rule {
        RuleSpec::Uuid(versions) => Some(versions),
        RuleSpec::Team => Some(&[4, 5, 7, 8]),
        _ => None,
    }
}
