//! Enumerations, the journey, and a type for each event.

use crate::json::quoted;
use crate::make::language::{builders, enumeration, given, is_given, needs_journey};
use crate::make::text::Lines;
use crate::model::{AttributeSpec, ContractFile, RuleSpec, StepSpec};
use crate::names::{pascal, sentence};

pub(super) fn write(out: &mut Lines, contract: &ContractFile) {
    for attribute in contract.attributes.iter().filter(|one| is_given(one)) {
        if let RuleSpec::OneOf(words) = &attribute.rule {
            let name = enumeration(contract, attribute);
            comment(out, "", if attribute.brief.is_empty() { &attribute.key } else { &attribute.brief });
            out.block(format!("export const {name} = {{"), "} as const;", |out| {
                words.iter().for_each(|word| out.line(format!("{}: {},", pascal(word), quoted(word))));
            });
            out.line(format!("export type {name} = (typeof {name})[keyof typeof {name}];"));
        }
    }
    comment(out, "", "A journey as the process that began it tells of it.");
    out.line("export interface Journey {\n  id: string;\n  startMillis?: number;\n  entryActor?: string;\n  cohort?: string;\n}");
    out.line(
        "\ninterface Common {\n  journey?: Journey;\n  actor?: string;\n  cohort?: string;\n  env?: string;",
    );
    out.line("  /** An opaque id of a fact that can be told twice, such as of a charge. */\n  eventFact?: string;\n  at?: Date;\n}");
    let all = builders(contract);
    for (name, step, at) in &all {
        event(out, contract, name, *step, *at);
    }
    let names: Vec<_> = all.iter().map(|(name, ..)| name.as_str()).collect();
    let line = format!("export type {}Event = {};", contract.event, names.join(" | "));
    out.line("");
    if line.len() <= 80 {
        return out.line(line);
    }
    out.line(format!("export type {}Event =", contract.event));
    for (at, name) in names.iter().enumerate() {
        out.line(format!("  | {name}{}", if at + 1 == names.len() { ";" } else { "" }));
    }
}

fn comment(out: &mut Lines, indent: &str, text: &str) {
    out.line(format!("\n{indent}/** {} */", sentence(text)));
}

fn event(out: &mut Lines, contract: &ContractFile, name: &str, step: Option<&StepSpec>, at: usize) {
    let brief = step.map_or(&contract.brief, |step| &step.brief);
    comment(out, "", if brief.is_empty() { name } else { brief });
    out.block(format!("export interface {name} extends Common {{"), "}", |out| {
        if let Some(step) = step {
            out.line(format!("step: {};", quoted(&step.name)));
        }
        for (attribute, required) in given(contract, at) {
            let optional = if required { "" } else { "?" };
            out.line(format!("{}{optional}: {};", attribute.key, kind(contract, attribute)));
        }
        if needs_journey(step) {
            out.line("journey: Journey;");
        }
    });
}

fn kind(contract: &ContractFile, attribute: &AttributeSpec) -> String {
    match &attribute.rule {
        RuleSpec::OneOf(_) => enumeration(contract, attribute),
        RuleSpec::Boolean => "boolean".to_owned(),
        RuleSpec::Integer(..) | RuleSpec::Number(..) => "number".to_owned(),
        _ => "string".to_owned(),
    }
}

/// A value that the rule passes.
pub(super) fn sample(contract: &ContractFile, attribute: &AttributeSpec) -> String {
    match &attribute.rule {
        RuleSpec::OneOf(words) => {
            format!(
                "events.{}.{}",
                enumeration(contract, attribute),
                pascal(words.first().map_or("", String::as_str))
            )
        }
        RuleSpec::SlugOf(words) => quoted(words.first().map_or("", String::as_str)),
        RuleSpec::Boolean => "true".to_owned(),
        RuleSpec::Integer(min, _) => min.to_string(),
        RuleSpec::Number(min, _) => min.to_string(),
        RuleSpec::Uuid(versions) => {
            quoted(&format!("6f1f7a2e-0c3d-{}b5a-8e9f-a0b1c2d3e4f5", versions.first().unwrap_or(&4)))
        }
        RuleSpec::Team => quoted("6f1f7a2e-0c3d-4b5a-8e9f-a0b1c2d3e4f5"),
        RuleSpec::Country => quoted("DE"),
        RuleSpec::Currency => quoted("EUR"),
        _ => quoted("free"),
    }
}
