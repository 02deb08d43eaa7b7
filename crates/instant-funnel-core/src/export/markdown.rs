//! The table of `docs/contract.md`.

use crate::contract::{Contract, Origin, Rule};
use std::fmt::Write;

/// The contract's attributes as a Markdown table, one line each, newline-terminated.
#[must_use]
pub fn markdown(contract: &Contract) -> String {
    let mut out = String::from("| key | value | who sets it | when | meaning |\n|---|---|---|---|---|\n");
    for attribute in contract.attributes {
        let derived = attribute
            .derived_from
            .map(|from| format!("; a field `{}` in any letter case is hashed into it", from.field))
            .unwrap_or_default();
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {} | {}{} |",
            attribute.key,
            rule(&attribute.rule),
            origin(attribute.origin),
            attribute.when,
            attribute.brief,
            derived
        );
    }
    out
}

fn rule(rule: &Rule) -> String {
    match rule {
        Rule::Const(text) => format!("`{text}`"),
        Rule::OneOf(texts) => texts.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(" \\| "),
        Rule::Name { max } => format!("`[A-Za-z0-9_.-]{{1,{max}}}`"),
        Rule::Slug => "slug".to_owned(),
        Rule::Hex { min, max, letter } => {
            let digits = if min == max { min.to_string() } else { format!("{min}–{max}") };
            let letter = if *letter { ", at least one a letter" } else { "" };
            format!("{digits} lower-case hex digits{letter}")
        }
        Rule::Uuid => "UUID".to_owned(),
        Rule::Bool => "boolean".to_owned(),
    }
}

fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Contract => "fixed",
        Origin::Step => "the event",
        Origin::Process => "configuration",
        Origin::CallerOrProcess => "caller, else configuration",
        Origin::CallerOrGenerated => "caller, else generated",
        Origin::Caller => "caller",
        Origin::TraceId | Origin::SpanId => "the active span",
    }
}
