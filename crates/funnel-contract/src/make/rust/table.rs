//! The const table.

use instant_funnel_core::contract::{Maker, fixed};

use super::super::text::Lines;
use super::layout::{Home, doc, literal};
use super::types::{enum_name, is_set};
use crate::bind::{ENDS, maker};
use crate::model::{AttributeSpec, ContractFile, RuleSpec, SupplierSpec};
use crate::names::upper;

pub(super) fn write(out: &mut Lines, contract: &ContractFile, home: Home) {
    imports(out, contract, home);
    doc(out, "The version of [`CONTRACT`].");
    out.line(format!("pub const CONTRACT_VERSION: u32 = {};", contract.version));
    out.gap();
    doc(out, &format!("The contract `{}`, version {}.", contract.event, contract.version));
    out.line("pub static CONTRACT: Contract = TABLE;");
    out.gap();
    for (position, step) in contract.steps.iter().enumerate().filter(|(at, _)| is_named(contract, *at)) {
        out.line(format!("const {}: u32 = {position};", upper(&step.name)));
    }
    out.gap();
    out.block("const TABLE: Contract = Contract {", "};", |out| {
        out.line(format!("event_name: {},", literal(&contract.event)));
        out.line("version: CONTRACT_VERSION,");
        out.line(format!("counter: {},", literal(&contract.counter)));
        out.block("steps: &[", "],", |out| {
            for step in &contract.steps {
                out.line(format!(
                    "StepInfo {{ name: {}, critical: {} }},",
                    literal(&step.name),
                    step.critical
                ));
            }
        });
        out.block("attributes: &[", "],", |out| attributes(out, contract));
    });
    out.gap();
    doc(out, "Positions in the table that the typed events write to.");
    let public = if home == Home::Core { "pub(crate) " } else { "" };
    out.block(format!("{public}mod at {{"), "}", |out| {
        out.line(match home {
            Home::Core => "use super::TABLE;\nuse crate::contract::fixed::FixedPositions;",
            Home::Service => "use instant_funnel::contract::fixed::FixedPositions;\n\nuse super::TABLE;",
        });
        out.gap();
        let public = if home == Home::Core { "pub(crate)" } else { "pub(super)" };
        out.line(format!("{public} const FIXED: FixedPositions = FixedPositions::of(&TABLE);"));
        for attribute in contract.attributes.iter().filter(|one| is_set(one)) {
            let key = literal(&attribute.key);
            out.line(format!("{public} const {}: usize = TABLE.index({key});", upper(&attribute.key)));
        }
    });
    out.gap();
    let max =
        if home == Home::Core { "super::MAX_ATTRIBUTES" } else { "instant_funnel::contract::MAX_ATTRIBUTES" };
    out.line(format!(
        "const _: () = assert!(TABLE.attributes.len() <= {max}, \"more than a record has room for\");"
    ));
}

fn imports(out: &mut Lines, contract: &ContractFile, home: Home) {
    let mut items = vec!["Contract", "StepInfo", "fixed"];
    if !contract.attributes.is_empty() {
        items.push("Attribute");
    }
    if contract.attributes.iter().any(|one| maker(&one.rule).is_some()) {
        items.push("Maker");
    }
    if contract.attributes.iter().any(|one| one.supplier != SupplierSpec::Contract) {
        items.push("Rule");
    }
    items.sort_unstable();
    // As rustfmt has it: types before modules.
    items.sort_by_key(|item| item.starts_with(|first: char| first.is_ascii_lowercase()));
    let from = if home == Home::Core { "super" } else { "instant_funnel::contract" };
    out.line(format!("use {from}::{{{}}};", items.join(", ")));
    if home == Home::Service {
        super::imports::imports(out, contract, home);
    }
    out.gap();
}

/// Whether the table names the step at a position.
fn is_named(contract: &ContractFile, position: usize) -> bool {
    let own = contract.attributes.iter().map(|one| &one.on);
    own.chain(contract.fixed.iter().map(|one| &one.on)).any(|on| on.contains(&position))
}

fn attributes(out: &mut Lines, contract: &ContractFile) {
    out.line(format!("fixed::event_type({}),", literal(&contract.event)));
    if contract.is_funnel() {
        let names: Vec<_> = contract.steps.iter().map(|step| literal(&step.name)).collect();
        out.line(format!("fixed::funnel_step(&[{}]),", names.join(", ")));
    }
    for one in fixed::ALL.iter().skip(2).filter(|one| !ENDS.contains(&one.key)) {
        let placement = contract.placement(one.key);
        let on = placement.map(|placement| on(contract, &placement.on)).unwrap_or_default();
        let when = placement.filter(|placement| placement.key == one.key).and_then(|one| one.when.as_deref());
        out.line(format!("fixed::{}{on}{},", upper(&one.key.replace('.', "_")), when_of(when)));
    }
    for one in &contract.attributes {
        out.line(format!("{},", own(contract, one)));
    }
    for key in ENDS {
        out.line(format!("fixed::{},", upper(&key.replace('.', "_"))));
    }
}

fn on(contract: &ContractFile, on: &[usize]) -> String {
    let names: Vec<_> = on
        .iter()
        .filter_map(|position| contract.steps.get(*position))
        .map(|step| upper(&step.name))
        .collect();
    if names.is_empty() { String::new() } else { format!(".on(&[{}])", names.join(", ")) }
}

fn when_of(when: Option<&str>) -> String {
    when.map_or_else(String::new, |when| format!(".when({})", literal(when)))
}

fn own(contract: &ContractFile, one: &AttributeSpec) -> String {
    let (key, brief) = (literal(&one.key), literal(&one.brief));
    let mut text = match (&one.rule, one.supplier) {
        (RuleSpec::Const(value), _) => format!("Attribute::constant({key}, {}, {brief})", literal(value)),
        (rule, SupplierSpec::Process) => {
            format!("Attribute::process({key}, {}, {brief})", rule_text(contract, one, rule))
        }
        (rule, _) => format!("Attribute::caller({key}, {}, {brief})", rule_text(contract, one, rule)),
    };
    if one.supplier == SupplierSpec::Request {
        text += ".known_by_request()";
    }
    text += &on(contract, &one.on);
    text += &when_of(one.when.as_deref());
    match maker(&one.rule) {
        Some(Maker::EventId) => text + ".made_by(Maker::EventId)",
        Some(maker) => text + &format!(".made_by(Maker::{maker:?}).links()"),
        None => text,
    }
}

fn rule_text(contract: &ContractFile, one: &AttributeSpec, rule: &RuleSpec) -> String {
    let words = |words: &[String]| words.iter().map(|word| literal(word)).collect::<Vec<_>>().join(", ");
    let hex = |digits| format!("Rule::Hex {{ min: {digits}, max: {digits}, letter: true }}");
    match rule {
        RuleSpec::Const(value) => format!("Rule::Const({})", literal(value)),
        RuleSpec::OneOf(_) => format!("Rule::OneOf({}::TEXTS)", enum_name(contract, one)),
        RuleSpec::Slug => "Rule::Slug".to_owned(),
        RuleSpec::SlugOf(list) => format!("Rule::SlugOf(&[{}])", words(list)),
        RuleSpec::Name => "Rule::Name { max: 64 }".to_owned(),
        RuleSpec::Version => "Rule::Version { max: 64 }".to_owned(),
        RuleSpec::Uuid(versions) => format!("Rule::Uuid {{ versions: &{versions:?} }}"),
        RuleSpec::Team => "Rule::Uuid { versions: fixed::TEAM_VERSIONS }".to_owned(),
        RuleSpec::Boolean => "Rule::Bool".to_owned(),
        RuleSpec::Integer(min, max) => format!("Rule::Integer {{ min: {min}, max: {max} }}"),
        RuleSpec::Number(min, max) => format!("Rule::Number {{ min: {min:?}, max: {max:?} }}"),
        RuleSpec::Country => "Rule::Country".to_owned(),
        RuleSpec::Currency => "Rule::Currency".to_owned(),
        RuleSpec::NetworkPseudonym | RuleSpec::FactId => hex(32),
        RuleSpec::EmailPseudonym => hex(16),
    }
}
