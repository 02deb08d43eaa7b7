//! What builders in other languages are made of.

use instant_funnel_core::contract::{Contract, Rule, fixed};
use instant_funnel_core::export::{PortablePattern, listed_texts, portable_pattern};

use crate::model::{AttributeSpec, ContractFile, RuleSpec, StepSpec, SupplierSpec};
use crate::names::pascal;

/// Types that every generated file has.
const RESERVED: [&str; 6] = ["Journey", "Event", "Value", "Options", "Common", "Recorder"];

/// An attribute that a builder takes. Pseudonyms are made by the types of the Rust library alone.
pub(super) fn is_given(attribute: &AttributeSpec) -> bool {
    let made = matches!(
        attribute.rule,
        RuleSpec::NetworkPseudonym | RuleSpec::EmailPseudonym | RuleSpec::FactId | RuleSpec::Const(_)
    );
    !made && matches!(attribute.supplier, SupplierSpec::Caller | SupplierSpec::Request)
}

/// The attributes that a builder of the step at a position takes; those it cannot do without stand first.
pub(super) fn given(contract: &ContractFile, at: usize) -> Vec<(&AttributeSpec, bool)> {
    let step = contract.steps.get(at);
    let all = contract.attributes.iter().filter(|one| is_given(one));
    let mut all: Vec<_> = all
        .filter(|one| one.on.is_empty() || one.on.contains(&at))
        .map(|one| (one, step.is_some_and(|step| step.requires.contains(&one.key))))
        .collect();
    all.sort_by_key(|(_, required)| !required);
    all
}

/// Whether the step's builder cannot do without a journey.
pub(super) fn needs_journey(step: Option<&StepSpec>) -> bool {
    step.is_some_and(|step| step.requires.iter().any(|key| key == fixed::JOURNEY_ID.key))
}

/// The builders: each step, or the plain event itself.
pub(super) fn builders(contract: &ContractFile) -> Vec<(String, Option<&StepSpec>, usize)> {
    if contract.is_funnel() {
        let steps = contract.steps.iter().enumerate();
        steps.map(|(at, step)| (builder(contract, &step.name), Some(step), at)).collect()
    } else {
        vec![(contract.event.clone(), None, 0)]
    }
}

fn builder(contract: &ContractFile, step: &str) -> String {
    let name = pascal(step);
    let taken = RESERVED.contains(&name.as_str()) || name == contract.event;
    if taken { name + "Step" } else { name }
}

/// The name of an enumeration, which no builder has.
pub(super) fn enumeration(contract: &ContractFile, attribute: &AttributeSpec) -> String {
    let name = pascal(&attribute.key);
    let taken = builders(contract).iter().any(|(builder, ..)| *builder == name);
    if taken || RESERVED.contains(&name.as_str()) || name == contract.event { name + "Value" } else { name }
}

/// Splits a string into pieces of at most so many characters.
pub(super) fn pieces(text: &str, width: usize) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(width.max(1)).map(|piece| piece.iter().collect()).collect()
}

/// A rule as a builder checks it.
pub(super) enum Checking {
    /// A rule that several keys share: `slug`, `name`, `version`.
    Shared(&'static str),
    /// A slug of these words.
    Closed(Vec<&'static str>),
    /// One of these texts, or the rule of that name is broken.
    Listed(&'static str, Vec<&'static str>),
    /// A string of this pattern in which the others are not found.
    Pattern(&'static str, PortablePattern),
    /// A boolean.
    Boolean,
    /// An integer between bounds, or the rule of that name is broken.
    Integer(&'static str, i64, i64),
    /// A number between bounds.
    Number(f64, f64),
}

pub(super) fn checking(rule: &Rule) -> Checking {
    let listed = |broken| Checking::Listed(broken, listed_texts(rule).unwrap_or_default());
    match rule {
        Rule::Slug => Checking::Shared("slug"),
        Rule::Version { .. } => Checking::Shared("version"),
        Rule::SlugOf(words) => Checking::Closed(words.to_vec()),
        Rule::Const(_) => listed("const"),
        Rule::OneOf(_) => listed("one_of"),
        Rule::Country => listed("country"),
        Rule::Currency => listed("currency"),
        Rule::Bool => Checking::Boolean,
        Rule::Integer { min, max } => Checking::Integer("integer", *min, *max),
        Rule::Instant { earliest } => Checking::Integer("instant", *earliest, i64::MAX),
        Rule::Number { min, max } => Checking::Number(*min, *max),
        Rule::Hex { .. } | Rule::Uuid { .. } => {
            let broken = if matches!(rule, Rule::Hex { .. }) { "hex" } else { "uuid" };
            portable_pattern(rule).map_or(Checking::Shared("name"), |one| Checking::Pattern(broken, one))
        }
        Rule::Name { .. } | Rule::UuidOrName { .. } => Checking::Shared("name"),
    }
}

/// The rules that keys of the contract share, and what they are.
pub(super) fn shared(contract: &Contract) -> Vec<(&'static str, PortablePattern)> {
    let all =
        [("slug", Rule::Slug), ("name", Rule::Name { max: 64 }), ("version", Rule::Version { max: 64 })];
    let used = |name: &str| {
        contract.attributes.iter().any(|one| match checking(&one.rule) {
            Checking::Shared(shared) => shared == name,
            Checking::Closed(_) => name == "slug",
            _ => false,
        })
    };
    let used = all.into_iter().filter(|(name, _)| used(name));
    used.filter_map(|(name, rule)| Some((name, portable_pattern(&rule)?))).collect()
}
