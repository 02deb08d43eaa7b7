//! What builders in other languages are made of.

use crate::model::{AttributeSpec, ContractFile, RuleSpec, StepSpec, SupplierSpec};
use crate::names::pascal;
use instant_funnel_core::contract::fixed;

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
    let taken = ["Journey", "Event", "Value", "Options"].contains(&name.as_str()) || name == contract.event;
    if taken { name + "Step" } else { name }
}

/// The name of an enumeration, which no builder has.
pub(super) fn enumeration(contract: &ContractFile, attribute: &AttributeSpec) -> String {
    let name = pascal(&attribute.key);
    let taken = builders(contract).iter().any(|(builder, ..)| *builder == name);
    if taken || ["Journey", "Event", "Value", "Options"].contains(&name.as_str()) || name == contract.event {
        name + "Value"
    } else {
        name
    }
}

/// Splits a string into pieces of at most so many characters.
pub(super) fn pieces(text: &str, width: usize) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(width.max(1)).map(|piece| piece.iter().collect()).collect()
}
