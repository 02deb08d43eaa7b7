//! Enumerations, the journey, and a class for each event.

use crate::json::quoted as literal;
use crate::make::language::{builders, enumeration, given, is_given, needs_journey};
use crate::make::text::Lines;
use crate::model::{AttributeSpec, ContractFile, RuleSpec, StepSpec};
use crate::names::{sentence, snake, upper};

const KEYWORDS: [&str; 18] = [
    "and", "as", "assert", "class", "def", "del", "for", "from", "global", "if", "import", "in", "is",
    "lambda", "not", "or", "with", "pass",
];

pub(super) fn write(out: &mut Lines, contract: &ContractFile) {
    for attribute in contract.attributes.iter().filter(|one| is_given(one)) {
        if let RuleSpec::OneOf(words) = &attribute.rule {
            class(out, &format!("{}(str, Enum)", enumeration(contract, attribute)), &meaning(attribute));
            out.block("", "", |out| {
                words.iter().for_each(|word| out.line(format!("{} = {}", upper(word), literal(word))));
            });
        }
    }
    out.line("\n@dataclass(frozen=True)");
    out.line("class Journey:");
    out.line("    \"\"\"A journey as the process that began it tells of it.\"\"\"\n");
    out.line("    id: str\n    start_millis: int | None = None\n    entry_actor: str | None = None");
    out.line("    cohort: str | None = None");
    out.line("\n\n@dataclass(frozen=True, kw_only=True)\nclass Common:\n    \"\"\"What every event can say.\"\"\"\n");
    out.line("    STEP: ClassVar[str | None] = None\n");
    out.line("    journey: Journey | None = None");
    out.line("    actor: str | None = None\n    cohort: str | None = None\n    env: str | None = None");
    out.line("    event_fact: str | None = None\n    at: datetime | None = None");
    for (name, step, at) in builders(contract) {
        event(out, contract, &name, step, at);
    }
    let names: Vec<_> = builders(contract).into_iter().map(|(name, ..)| name).collect();
    out.line(format!("\n\nEvent = Union[{}]", names.join(", ")));
}

fn class(out: &mut Lines, name: &str, meaning: &str) {
    out.line(format!("\n\nclass {name}:\n    \"\"\"{meaning}\"\"\""));
}

fn event(out: &mut Lines, contract: &ContractFile, name: &str, step: Option<&StepSpec>, at: usize) {
    let brief = step.map_or(&contract.brief, |step| &step.brief);
    let brief = if brief.is_empty() { format!("The event `{name}`.") } else { sentence(brief) };
    out.line(format!(
        "\n\n@dataclass(frozen=True, kw_only=True)\nclass {name}(Common):\n    \"\"\"{brief}\"\"\"\n"
    ));
    let all = given(contract, at);
    let journey = needs_journey(step);
    if let Some(step) = step {
        let gap = if all.is_empty() && !journey { "" } else { "\n" };
        out.line(format!("    STEP: ClassVar[str | None] = {}{gap}", literal(&step.name)));
    }
    for (attribute, required) in all {
        let (field, kind) = (field(attribute), kind(contract, attribute));
        let kind = if required { kind } else { format!("{kind} | None = None") };
        out.line(format!("    {field}: {kind}"));
    }
    if journey {
        out.line("    journey: Journey");
    }
}

pub(super) fn field(attribute: &AttributeSpec) -> String {
    let name = snake(&attribute.key);
    if KEYWORDS.contains(&name.as_str()) { name + "_" } else { name }
}

fn kind(contract: &ContractFile, attribute: &AttributeSpec) -> String {
    match attribute.rule {
        RuleSpec::OneOf(_) => enumeration(contract, attribute),
        RuleSpec::Boolean => "bool".to_owned(),
        RuleSpec::Integer(..) => "int".to_owned(),
        RuleSpec::Number(..) => "float".to_owned(),
        _ => "str".to_owned(),
    }
}

fn meaning(attribute: &AttributeSpec) -> String {
    sentence(if attribute.brief.is_empty() { &attribute.key } else { &attribute.brief })
}

/// A value that the rule passes.
pub(super) fn sample(contract: &ContractFile, attribute: &AttributeSpec) -> String {
    match &attribute.rule {
        RuleSpec::OneOf(words) => {
            let word = words.first().map_or("", String::as_str);
            format!("events.{}.{}", enumeration(contract, attribute), upper(word))
        }
        RuleSpec::SlugOf(words) => literal(words.first().map_or("", String::as_str)),
        RuleSpec::Boolean => "True".to_owned(),
        RuleSpec::Integer(min, _) => min.to_string(),
        RuleSpec::Number(min, _) => format!("{min:?}"),
        RuleSpec::Uuid(versions) => {
            let version = versions.first().unwrap_or(&4);
            literal(&format!("6f1f7a2e-0c3d-{version}b5a-8e9f-a0b1c2d3e4f5"))
        }
        RuleSpec::Team => literal("6f1f7a2e-0c3d-4b5a-8e9f-a0b1c2d3e4f5"),
        RuleSpec::Country => literal("DE"),
        RuleSpec::Currency => literal("EUR"),
        _ => literal("free"),
    }
}
