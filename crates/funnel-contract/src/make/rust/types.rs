//! How an attribute shows in Rust.

use crate::model::{AttributeSpec, ContractFile, RuleSpec, SupplierSpec};
use crate::names::{pascal, sentence, snake};

/// Words that no field can have.
const KEYWORDS: [&str; 22] = [
    "type", "ref", "move", "match", "loop", "impl", "in", "use", "where", "while", "for", "fn", "enum",
    "struct", "trait", "self", "super", "crate", "mod", "let", "static", "const",
];

/// The field and the setter.
pub(super) fn field(attribute: &AttributeSpec) -> String {
    let name = snake(&attribute.key);
    if KEYWORDS.contains(&name.as_str()) { format!("{name}_value") } else { name }
}

/// The parameter of a constructor.
pub(super) fn parameter(attribute: &AttributeSpec) -> String {
    let name = field(attribute);
    match name.strip_suffix("_id") {
        Some(short) if attribute.rule == RuleSpec::Team => short.to_owned(),
        _ => name,
    }
}

/// The name of an enum, which no event of the contract has.
pub(super) fn enum_name(contract: &ContractFile, attribute: &AttributeSpec) -> String {
    let name = pascal(&attribute.key);
    let taken = contract.steps.iter().any(|step| pascal(&step.name) == name) || name == contract.event;
    if taken || ["Step", "Draft", "Contract", "Rule"].contains(&name.as_str()) {
        format!("{name}Value")
    } else {
        name
    }
}

/// Whether a caller sets it.
pub(super) fn is_set(attribute: &AttributeSpec) -> bool {
    matches!(attribute.supplier, SupplierSpec::Caller | SupplierSpec::Request)
}

/// Whether the value can be missing because no pseudonym key is configured.
pub(super) const fn may_be_missing(rule: &RuleSpec) -> bool {
    matches!(rule, RuleSpec::NetworkPseudonym | RuleSpec::EmailPseudonym)
}

/// The type of a value.
pub(super) fn value_type(contract: &ContractFile, attribute: &AttributeSpec) -> String {
    match &attribute.rule {
        RuleSpec::OneOf(_) => enum_name(contract, attribute),
        RuleSpec::Uuid(_) => "Uuid".to_owned(),
        RuleSpec::Team => "TeamId".to_owned(),
        RuleSpec::Boolean => "bool".to_owned(),
        RuleSpec::Integer(..) => "i64".to_owned(),
        RuleSpec::Number(..) => "f64".to_owned(),
        RuleSpec::NetworkPseudonym => "Fingerprint".to_owned(),
        RuleSpec::EmailPseudonym => "EmailHash".to_owned(),
        RuleSpec::FactId => "EventId".to_owned(),
        RuleSpec::Const(_)
        | RuleSpec::Slug
        | RuleSpec::SlugOf(_)
        | RuleSpec::Name
        | RuleSpec::Version
        | RuleSpec::Country
        | RuleSpec::Currency => "&'a str".to_owned(),
    }
}

/// What a setter's documentation says.
pub(super) fn meaning(attribute: &AttributeSpec) -> String {
    let brief =
        if attribute.brief.is_empty() { format!("`{}`", attribute.key) } else { attribute.brief.clone() };
    let rule = match &attribute.rule {
        RuleSpec::Slug => "a slug".to_owned(),
        RuleSpec::SlugOf(words) => format!("one of {}", words.join(", ")),
        RuleSpec::Name => "a name".to_owned(),
        RuleSpec::Version => "a version".to_owned(),
        RuleSpec::Country => "an ISO 3166-1 alpha-2 code".to_owned(),
        RuleSpec::Currency => "an ISO 4217 code".to_owned(),
        RuleSpec::Integer(min, max) => format!("from {min} to {max}"),
        RuleSpec::Number(min, max) => format!("from {min} to {max}"),
        _ => return sentence(&brief),
    };
    sentence(&format!("{}; {rule}", brief.trim_end_matches('.')))
}
