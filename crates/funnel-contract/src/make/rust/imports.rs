//! What generated code uses.

use instant_funnel_core::contract::fixed;

use super::super::text::Lines;
use super::layout::Home;
use super::types::is_set;
use crate::model::{ContractFile, RuleSpec, StepSpec};

pub(super) fn imports(out: &mut Lines, contract: &ContractFile, home: Home) {
    let uses = |wanted: fn(&RuleSpec) -> bool| {
        contract.attributes.iter().any(|one| is_set(one) && wanted(&one.rule))
    };
    let journey = contract.steps.iter().any(requires_journey);
    let types = [
        ("EmailHash", uses(|rule| *rule == RuleSpec::EmailPseudonym)),
        ("EventId", uses(|rule| *rule == RuleSpec::FactId)),
        ("Fingerprint", uses(|rule| *rule == RuleSpec::NetworkPseudonym)),
        ("TeamId", uses(|rule| *rule == RuleSpec::Team)),
    ];
    let ids: Vec<_> = types.into_iter().filter(|(_, used)| *used).map(|(name, _)| name).collect();
    match home {
        Home::Core => {
            out.line("use super::base::EventBase;\nuse crate::contract::{CONTRACT, at};\nuse crate::draft::Draft;\nuse crate::fixed_setters;");
            if !ids.is_empty() {
                out.line(
                    format!("use crate::id::{{{}}};", ids.join(", "))
                        .replace('{', if ids.len() == 1 { "" } else { "{" })
                        .replace('}', if ids.len() == 1 { "" } else { "}" }),
                );
            }
            if journey {
                out.line("use crate::journey::Journey;");
            }
        }
        Home::Service => {
            let mut all = vec!["Draft", "EventBase"];
            all.extend(ids);
            if uses(|rule| matches!(rule, RuleSpec::OneOf(_))) {
                all.push("Given");
            }
            if journey {
                all.push("Journey");
            }
            if uses(|rule| matches!(rule, RuleSpec::Uuid(_))) {
                all.push("Uuid");
            }
            all.sort_unstable();
            out.line(format!("use instant_funnel::{{{}, fixed_setters}};", all.join(", ")));
        }
    }
}

pub(super) fn requires_journey(step: &StepSpec) -> bool {
    step.requires.iter().any(|key| key == fixed::JOURNEY_ID.key)
}
