//! What the contract wants where an event breaks it.

use instant_funnel_core::contract::{Attribute, Violation};

use crate::contracts::Contracts;
use crate::judge::rule;

/// The contract's rule for `key`, in words; `None` when the broken rule is not one of the contract.
pub(super) fn wanted(
    contracts: &Contracts,
    contract: Option<&str>,
    key: &str,
    broken: &str,
) -> Option<String> {
    let layout = contracts.iter().enumerate().find(|(at, layout)| match contract {
        Some(name) => layout.contract.event_name == name,
        None => *at == 0,
    });
    let contract = layout?.1.contract;
    let attribute = contract.attributes.iter().find(|attribute| attribute.key == key);
    match (broken, attribute) {
        (rule::NO_EVENT_TYPE | rule::BAD_EVENT_TYPE | rule::NEAR_MISS | rule::BODY | rule::EVENT_NAME, _) => {
            Some(contract.event_name.to_owned())
        }
        (rule::TOO_OLD | rule::TOO_NEW, _) => Some("a time near that of receipt".to_owned()),
        (_, Some(attribute)) if broken == Violation::Step.as_str() => {
            let steps = contract.steps.iter().enumerate();
            let on = steps.filter(|(at, _)| attribute.steps.contains(*at));
            let names: Vec<&str> = on.map(|(_, step)| step.name).collect();
            Some(format!("only on {}", names.join(", ")))
        }
        (_, Some(attribute)) => Some(described(attribute)),
        (_, None) if broken == Violation::UnknownKey.as_str() => Some("a key of the contract".to_owned()),
        _ => None,
    }
}

fn described(attribute: &Attribute) -> String {
    if attribute.brief.is_empty() {
        return attribute.rule.to_string();
    }
    format!("{}; {}", attribute.rule, attribute.brief)
}
