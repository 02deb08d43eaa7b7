//! Enumerations, the journey, what the process knows, and a type for each event.

use crate::json::quoted;
use crate::make::language::{builders, enumeration, given, is_given, needs_journey};
use crate::make::text::Lines;
use crate::model::{AttributeSpec, ContractFile, RuleSpec, StepSpec, SupplierSpec};
use crate::names::{pascal, sentence};

const KEYWORDS: [&str; 17] = [
    "break", "case", "chan", "const", "default", "defer", "else", "for", "func", "go", "if", "import", "map",
    "range", "return", "switch", "type",
];

pub(super) fn write(out: &mut Lines, contract: &ContractFile) {
    for attribute in contract.attributes.iter().filter(|one| is_given(one)) {
        if let RuleSpec::OneOf(words) = &attribute.rule {
            let name = enumeration(contract, attribute);
            let brief = if attribute.brief.is_empty() { &attribute.key } else { &attribute.brief };
            out.line(format!(
                "\n// {name}: {}\ntype {name} string\n\n// The values of {name}.",
                sentence(brief)
            ));
            let rows = words
                .iter()
                .map(|word| (format!("{name}{}", pascal(word)), format!("{name} = {}", quoted(word))));
            aligned(out, "const (", &rows.collect::<Vec<_>>(), ")");
        }
    }
    out.line("\n// A Journey is what the process that began it tells of it.");
    let text = |name: &str| (name.to_owned(), "string".to_owned());
    let mut journey = vec![text("ID"), ("StartMillis".to_owned(), "int64".to_owned())];
    journey.extend(["EntryActor", "Cohort"].map(text));
    aligned(out, "type Journey struct {", &journey, "}");
    out.line("\n// Common is what every event can say. An empty text is not recorded. EventFact is\n// an opaque id of a fact that can be told twice, such as of a charge.");
    let mut common = vec![("Journey".to_owned(), "*Journey".to_owned())];
    common.extend(["Actor", "Cohort", "Env", "EventFact"].map(text));
    common.push(("At".to_owned(), "time.Time".to_owned()));
    aligned(out, "type Common struct {", &common, "}");
    out.line("\nfunc (c Common) common() Common { return c }");
    options(out, contract);
    let all = builders(contract);
    let names: Vec<_> = all.iter().map(|(name, ..)| name.as_str()).collect();
    out.line(format!("\n// An Event is one of {}.", names.join(", ")));
    out.line("type Event interface {\n\tcommon() Common\n\tstep() string\n\tfields() []field\n}");
    for (name, step, at) in &all {
        event(out, contract, name, *step, *at);
    }
}

/// Names and types in two columns, as gofmt has them.
fn aligned(out: &mut Lines, head: &str, rows: &[(String, String)], foot: &str) {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    out.block(head, foot, |out| {
        rows.iter().for_each(|(name, kind)| out.line(format!("{name:width$} {kind}")));
    });
}

fn options(out: &mut Lines, contract: &ContractFile) {
    let own = contract.attributes.iter().filter(|one| one.supplier == SupplierSpec::Process);
    let mut keys = vec!["serviceName", "commitId", "env", "cohort"];
    keys.extend(own.map(|one| one.key.as_str()));
    let mut rows: Vec<_> = keys.iter().map(|key| (exported(key), "string".to_owned())).collect();
    rows.push(("OnDrop".to_owned(), "func(key, rule string)".to_owned()));
    out.line("\n// Options are what the process knows. OnDrop is told the key and the rule of\n// each value that is dropped.");
    aligned(out, "type Options struct {", &rows, "}");
    out.block("\nfunc (o Options) fields() []field {", "}", |out| {
        out.block("return []field{", "}", |out| {
            keys.iter().for_each(|key| out.line(format!("{{{}, text(o.{})}},", quoted(key), exported(key))));
        });
    });
}

fn event(out: &mut Lines, contract: &ContractFile, name: &str, step: Option<&StepSpec>, at: usize) {
    let brief = step.map_or(&contract.brief, |step| &step.brief);
    let brief = if brief.is_empty() { "an event of the contract" } else { brief };
    let all = given(contract, at);
    out.line(format!("\n// {name}: {}", sentence(brief)));
    let rows: Vec<_> =
        all.iter().map(|(one, required)| (exported(&one.key), kind(contract, one, *required))).collect();
    let head = if rows.is_empty() { "\tCommon" } else { "\tCommon\n" };
    aligned(out, &format!("type {name} struct {{\n{head}"), &rows, "}");
    constructor(out, contract, name, step, &all);
    let step = step.map(|step| step.name.as_str()).unwrap_or_default();
    out.line(format!("\nfunc ({name}) step() string {{ return {} }}", quoted(step)));
    out.block(format!("\nfunc (e {name}) fields() []field {{"), "}", |out| {
        out.block("return []field{", "}", |out| {
            for (one, required) in &all {
                let field = exported(&one.key);
                let value = match (is_text(one), required) {
                    (true, _) => format!("text(e.{field})"),
                    (false, true) => format!("e.{field}"),
                    (false, false) => format!("optional(e.{field})"),
                };
                out.line(format!("{{{}, {value}}},", quoted(&one.key)));
            }
        });
    });
}

/// A function that takes what the event cannot do without.
fn constructor(
    out: &mut Lines,
    contract: &ContractFile,
    name: &str,
    step: Option<&StepSpec>,
    all: &[(&AttributeSpec, bool)],
) {
    let required: Vec<_> = all.iter().filter(|(_, required)| *required).map(|(one, _)| *one).collect();
    let journey = needs_journey(step);
    if required.is_empty() && !journey {
        return;
    }
    let argument = |one: &AttributeSpec| {
        let name = one.key.replace('_', "");
        if KEYWORDS.contains(&name.as_str()) { name + "Value" } else { name }
    };
    let mut taken: Vec<_> =
        required.iter().map(|one| format!("{} {}", argument(one), kind(contract, one, true))).collect();
    let mut set: Vec<_> =
        required.iter().map(|one| format!("{}: {}", exported(&one.key), argument(one))).collect();
    if journey {
        taken.push("journey Journey".to_owned());
        set.insert(0, "Common: Common{Journey: &journey}".to_owned());
    }
    out.line(format!("\n// New{name} takes what the event cannot do without."));
    out.block(format!("func New{name}({}) {name} {{", taken.join(", ")), "}", |out| {
        out.line(format!("return {name}{{{}}}", set.join(", ")));
    });
}

fn is_text(attribute: &AttributeSpec) -> bool {
    !matches!(attribute.rule, RuleSpec::Boolean | RuleSpec::Integer(..) | RuleSpec::Number(..))
}

/// Whether a field is a pointer, because its type has no value that stands for none.
pub(super) fn has_pointers(contract: &ContractFile) -> bool {
    let all = builders(contract);
    all.iter().any(|(_, _, at)| given(contract, *at).iter().any(|(one, required)| !required && !is_text(one)))
}

fn kind(contract: &ContractFile, attribute: &AttributeSpec, required: bool) -> String {
    let pointer = if required { "" } else { "*" };
    match &attribute.rule {
        RuleSpec::OneOf(_) => enumeration(contract, attribute),
        RuleSpec::Boolean => format!("{pointer}bool"),
        RuleSpec::Integer(..) => format!("{pointer}int64"),
        RuleSpec::Number(..) => format!("{pointer}float64"),
        _ => "string".to_owned(),
    }
}

/// A name as Go spells it.
fn exported(key: &str) -> String {
    let name = pascal(key);
    match name.strip_suffix("Id") {
        Some(head) => format!("{head}ID"),
        None => name,
    }
}
