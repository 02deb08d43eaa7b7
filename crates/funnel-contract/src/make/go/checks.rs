//! The table of the keys and their rules.

use instant_funnel_core::contract::{Attribute, Origin, StepSet};
use instant_funnel_core::export::PortablePattern;

use crate::json::quoted;
use crate::make::json_schema::step_key;
use crate::make::language::{Checking, checking, pieces, shared};
use crate::make::text::Lines;
use crate::model::ContractFile;

pub(super) fn write(out: &mut Lines, file: &ContractFile) {
    let contract = file.table();
    out.block("\nvar checks = newChecks()\n\nfunc newChecks() map[string]check {", "}", |out| {
        for (name, rule) in shared(contract) {
            pattern(out, &format!("{name} := "), name, &rule);
        }
        out.line("all := make(map[string]check)");
        contract.attributes.iter().for_each(|one| check(out, one));
        out.line("return all");
    });
    out.block(
        "\n// fromCaller has the keys whose values a caller gives.\nvar fromCaller = set(",
        ")",
        |out| {
            let keys = contract.attributes.iter().filter(|one| one.takes_raw());
            keys.for_each(|one| out.line(format!("{},", quoted(one.key))));
        },
    );
    out.line("\nfunc set(keys ...string) map[string]bool {\n\tall := make(map[string]bool)\n\tfor _, key := range keys {\n\t\tall[key] = true\n\t}\n\treturn all\n}");
    out.block("\n// steps has the keys that do not occur on every step.\nvar steps = newSteps()\n\nfunc newSteps() map[string][]string {", "}", |out| {
        out.line("all := make(map[string][]string)");
        for one in contract.attributes.iter().filter(|one| one.steps != StepSet::ALL) {
            let on = contract.steps.iter().enumerate().filter(|(at, _)| one.steps.contains(*at));
            let on: Vec<_> = on.map(|(_, step)| quoted(step.name)).collect();
            out.line(format!("all[{}] = []string{{{}}}", quoted(one.key), on.join(", ")));
        }
        out.line("return all");
    });
    let constants = contract.attributes.iter().filter(|one| matches!(one.origin, Origin::Contract));
    let constants: Vec<_> = constants.map(|one| (quoted(one.key), quoted(&one.rule.to_string()))).collect();
    let width = constants.iter().map(|(key, _)| key.len() + 1).max().unwrap_or(0);
    out.block("\nvar constants = map[string]any{", "}", |out| {
        for (key, value) in &constants {
            out.line(format!("{:width$} {value},", format!("{key}:")));
        }
    });
    out.line(format!("\nconst stepKey = {}", quoted(step_key(contract).unwrap_or_default())));
}

fn pattern(out: &mut Lines, head: &str, broken: &str, rule: &PortablePattern) {
    out.block(format!("{head}pattern("), ")", |out| {
        out.line(format!("{},", quoted(broken)));
        for one in std::iter::once(&rule.whole).chain(&rule.refused) {
            let parts: Vec<_> = pieces(one, 80).iter().map(|piece| quoted(piece)).collect();
            for (at, part) in parts.iter().enumerate() {
                let indent = if at == 0 { "" } else { "\t" };
                out.line(format!("{indent}{part}{}", if at + 1 == parts.len() { "," } else { "+" }));
            }
        }
    });
}

fn check(out: &mut Lines, attribute: &Attribute) {
    let head = format!("all[{}] = ", quoted(attribute.key));
    match checking(&attribute.rule) {
        Checking::Shared(name) => out.line(format!("{head}{name}")),
        Checking::Boolean => out.line(format!("{head}boolean")),
        Checking::Integer(broken, min, max) => {
            out.line(format!("{head}integer({}, {min}, {max})", quoted(broken)));
        }
        Checking::Number(min, max) => out.line(format!("{head}number({min}, {max})")),
        Checking::Closed(words) => call(out, &format!("{head}closed("), "slug", &words),
        Checking::Listed(broken, words) => call(out, &format!("{head}listed("), &quoted(broken), &words),
        Checking::Pattern(broken, rule) => pattern(out, &head, broken, &rule),
    }
}

/// On one line where it fits, else twelve words to a line.
fn call(out: &mut Lines, head: &str, first: &str, words: &[&str]) {
    let words: Vec<_> = words.iter().map(|word| quoted(word)).collect();
    let line = format!("{head}{first}, {})", words.join(", "));
    if line.len() <= 110 {
        return out.line(line);
    }
    out.block(format!("{head}{first},"), ")", |out| {
        words.chunks(12).for_each(|row| out.line(format!("{},", row.join(", "))));
    });
}
