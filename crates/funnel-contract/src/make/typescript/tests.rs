//! The test that stands beside the code.

use instant_funnel_core::EventId;

use super::events::sample;
use crate::json::quoted;
use crate::make::language::{builders, given};
use crate::model::ContractFile;

/// What differs from one contract to the next is between `@`.
const TEST: &str = include_str!("test.ts");

pub(super) fn text(contract: &ContractFile, module: &str) -> String {
    let required = given(contract, 0).into_iter().filter(|(_, required)| *required);
    let fields = required.map(|(one, _)| format!("    {}: {},\n", one.key, sample(contract, one)));
    let step = builders(contract).first().and_then(|(_, step, _)| *step);
    let step = step.map(|step| format!("    step: {},\n", quoted(&step.name))).unwrap_or_default();
    TEST.replace("@MODULE@", module)
        .replace("@EVENT@", &contract.event)
        .replace("@ID@", &EventId::of("visit", "ch_17").to_string())
        .replace("    @FIELDS@\n", &(step + &fields.collect::<String>()))
}
