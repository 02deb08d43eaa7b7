//! The enums and the typed events.

use instant_funnel_core::contract::fixed;

use super::super::text::Lines;
use super::imports::{imports, requires_journey};
use super::layout::{Home, doc, literal};
use super::types::{enum_name, field, is_set, may_be_missing, meaning, parameter, value_type};
use crate::model::{AttributeSpec, ContractFile, RuleSpec, StepSpec};
use crate::names::{pascal, sentence, snake, upper};

pub(super) fn write(out: &mut Lines, contract: &ContractFile, home: Home) {
    if home == Home::Core {
        imports(out, contract, home);
    }
    for attribute in &contract.attributes {
        if let RuleSpec::OneOf(words) = &attribute.rule {
            enumeration(out, &enum_name(contract, attribute), attribute, words);
        }
    }
    if contract.is_funnel() {
        for (position, step) in contract.steps.iter().enumerate() {
            event(out, contract, position, step, &pascal(&step.name), home);
        }
    } else {
        let step = StepSpec {
            name: contract.event.clone(),
            critical: false,
            brief: contract.brief.clone(),
            doc: String::new(),
            requires: Vec::new(),
        };
        event(out, contract, 0, &step, &contract.event, home);
    }
}

fn enumeration(out: &mut Lines, name: &str, attribute: &AttributeSpec, words: &[String]) {
    out.gap();
    doc(out, &meaning(attribute));
    out.line("#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]");
    out.block(format!("pub enum {name} {{"), "}", |out| {
        for word in words {
            doc(out, &format!("`{word}`"));
            out.line(format!("{},", pascal(word)));
        }
    });
    out.gap();
    out.block(format!("impl {name} {{"), "}", |out| {
        let all: Vec<_> = words.iter().map(|word| format!("Self::{}", pascal(word))).collect();
        doc(out, "Every value, in the contract's order.");
        out.line(format!("pub const ALL: &'static [Self] = &[{}];", all.join(", ")));
        let texts: Vec<_> = words.iter().map(|word| literal(word)).collect();
        out.line(format!("const TEXTS: &'static [&'static str] = &[{}];", texts.join(", ")));
        out.gap();
        doc(out, "The value on the wire.");
        out.line("#[must_use]");
        out.block("pub const fn as_str(self) -> &'static str {", "}", |out| {
            out.line("Self::TEXTS[self as usize]");
        });
    });
    out.gap();
    out.block(format!("impl From<{name}> for Given<'_> {{"), "}", |out| {
        out.line("#[inline]");
        out.block(format!("fn from(value: {name}) -> Self {{"), "}", |out| out.line("value.as_str().into()"));
    });
}

/// The attributes that a caller sets on a step.
fn of_step(contract: &ContractFile, position: usize) -> Vec<&AttributeSpec> {
    let here = |one: &&AttributeSpec| one.on.is_empty() || one.on.contains(&position);
    contract.attributes.iter().filter(here).filter(|one| is_set(one)).collect()
}

fn event(out: &mut Lines, contract: &ContractFile, position: usize, step: &StepSpec, name: &str, home: Home) {
    let attributes = of_step(contract, position);
    out.gap();
    let brief = if step.brief.is_empty() { format!("`{}`", step.name) } else { step.brief.clone() };
    doc(out, &sentence(&brief));
    if !step.doc.is_empty() {
        out.line("///");
        doc(out, &step.doc);
    }
    out.line("#[derive(Clone, Copy)]");
    out.line("#[must_use = \"an event does nothing until it is recorded\"]");
    out.block(format!("pub struct {name}<'a> {{"), "}", |out| {
        out.line("base: EventBase<'a>,");
        for one in &attributes {
            let kind = value_type(contract, one);
            let kind = if may_be_missing(&one.rule) { format!("Option<{kind}>") } else { kind };
            out.line(format!("{}: Option<{kind}>,", field(one)));
        }
    });
    out.gap();
    let at =
        |key: &str| contract.placement(key).is_none_or(|one| one.on.is_empty() || one.on.contains(&position));
    let pseudonyms: Vec<_> = [fixed::FINGERPRINT.key, fixed::EMAIL_HASH.key]
        .into_iter()
        .filter(|key| at(key))
        .map(snake)
        .collect();
    let colon = if pseudonyms.is_empty() { "" } else { ": " };
    out.line(format!("fixed_setters!({name}{colon}{});", pseudonyms.join(" ")));
    out.gap();
    out.block(format!("impl<'a> {name}<'a> {{"), "}", |out| {
        constructor(out, contract, step, &attributes, home);
        for one in attributes.iter().filter(|one| !step.requires.contains(&one.key)) {
            setter(out, contract, one);
        }
    });
    out.gap();
    out.block(format!("impl<'a> From<{name}<'a>> for Draft<'a> {{"), "}", |out| {
        out.line("#[inline(always)]");
        out.block(format!("fn from(event: {name}<'a>) -> Self {{"), "}", |out| {
            let mutable = if attributes.is_empty() { "" } else { "mut " };
            out.line(format!("let {mutable}draft = event.base.draft(&CONTRACT, &at::FIXED, {position});"));
            for one in &attributes {
                let (field, at) = (field(one), upper(&one.key));
                if may_be_missing(&one.rule) {
                    out.block(format!("match event.{field} {{"), "}", |out| {
                        out.line(format!("Some(Some(value)) => draft.set(at::{at}, value),"));
                        out.line(format!("Some(None) => draft.set_missing(at::{at}),"));
                        out.line("None => {}");
                    });
                } else {
                    out.block(format!("if let Some(value) = event.{field} {{"), "}", |out| {
                        out.line(format!("draft.set(at::{at}, value);"));
                    });
                }
            }
            out.line("draft");
        });
    });
}

fn constructor(
    out: &mut Lines,
    contract: &ContractFile,
    step: &StepSpec,
    attributes: &[&AttributeSpec],
    home: Home,
) {
    let required: Vec<_> = attributes.iter().filter(|one| step.requires.contains(&one.key)).collect();
    let journey = requires_journey(step);
    let mut parameters: Vec<_> =
        required.iter().map(|one| format!("{}: {}", parameter(one), value_type(contract, one))).collect();
    doc(out, "The event, now.");
    if !required.is_empty() || journey {
        out.line("///");
    }
    for one in &required {
        doc(out, &format!("- `{}`: {}", parameter(one), meaning(one)));
    }
    if journey {
        parameters.push("journey: impl Into<Option<Journey>>".to_owned());
        doc(
            out,
            "- `journey`: a [`Journey`], a `JourneyId`, or `None` when nobody kept it: then the event is in no funnel over `journeyId`.",
        );
    }
    out.line("#[inline]");
    if parameters.is_empty() {
        // The lint is for public items: a service's module may be private, where expecting it would be a warning.
        let level = if home == Home::Core { "expect" } else { "allow" };
        let reason = "an event is made to be recorded, not filled in for a field";
        out.line(format!("#[{level}(clippy::new_without_default, reason = \"{reason}\")]"));
    }
    let constant = if journey { "" } else { "const " };
    out.block(format!("pub {constant}fn new({}) -> Self {{", parameters.join(", ")), "}", |out| {
        let mut fields = vec!["base: EventBase::new()".to_owned()];
        for one in attributes {
            let value = if step.requires.contains(&one.key) && may_be_missing(&one.rule) {
                format!("Some(Some({}))", parameter(one))
            } else if step.requires.contains(&one.key) {
                format!("Some({})", parameter(one))
            } else {
                "None".to_owned()
            };
            fields.push(format!("{}: {value}", field(one)));
        }
        let journey = if journey { ".journey(journey)" } else { "" };
        out.line(format!("Self {{ {} }}{journey}", fields.join(", ")));
    });
}

fn setter(out: &mut Lines, contract: &ContractFile, one: &AttributeSpec) {
    let (name, kind) = (field(one), value_type(contract, one));
    out.gap();
    doc(out, &meaning(one));
    out.line("#[inline]");
    if may_be_missing(&one.rule) {
        out.block(
            format!("pub fn {name}(mut self, {name}: impl Into<Option<{kind}>>) -> Self {{"),
            "}",
            |out| {
                out.line(format!("self.{name} = Some({name}.into());\nself"));
            },
        );
    } else {
        out.block(format!("pub fn {name}(mut self, {name}: {kind}) -> Self {{"), "}", |out| {
            out.line(format!("self.{name} = Some({name});\nself"));
        });
    }
}
