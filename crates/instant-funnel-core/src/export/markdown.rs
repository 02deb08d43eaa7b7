//! The table of `docs/contract.md`.

use std::fmt::Write;

use crate::contract::{
    Attribute, Contract, DerivationMethod, NOT_IN_A_NAME, NOT_IN_A_SLUG, NOT_IN_A_VERSION, Origin, Rule,
    credential_table,
};

/// The contract's attributes as a Markdown table, one line each, newline-terminated.
#[must_use]
pub fn markdown(contract: &Contract) -> String {
    let mut out = String::from("| key | value | who sets it | when | meaning |\n|---|---|---|---|---|\n");
    for attribute in contract.attributes {
        let derived = attribute
            .derived_from
            .map(|from| match from.method {
                DerivationMethod::EmailHash => {
                    format!("; a field `{}` in any letter case is hashed into it", from.field)
                }
                DerivationMethod::Journey => {
                    format!("; a field `{}` takes a journey's text or its sealed form", from.field)
                }
                DerivationMethod::EventId => {
                    format!("; a field `{}` gives `EventId::of(step, fact)`", from.field)
                }
            })
            .unwrap_or_default();
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {} | {}{} |",
            attribute.key,
            rule(&attribute.rule),
            origin(attribute),
            attribute.presence,
            attribute.brief,
            derived
        );
    }
    out
}

/// What slugs, names and versions must not hold, as Markdown lists, newline-terminated.
#[must_use]
pub fn markdown_rules() -> String {
    let rules = [
        ("slug", "`[a-z][a-z0-9_-]{0,31}`", NOT_IN_A_SLUG),
        ("name", "`[A-Za-z0-9_.-]`, 1 to 64 of them", NOT_IN_A_NAME),
        ("version", "`[0-9A-Za-z.+_-]`, 1 to 64 of them", NOT_IN_A_VERSION),
    ];
    let mut out = String::new();
    for (name, shape, forbidden) in rules {
        // Writing to a `String` cannot fail.
        let _ = writeln!(out, "**{name}**: {shape}. Refused with\n");
        for one in forbidden {
            let _ = writeln!(out, "- {}", one.what);
        }
        out.push('\n');
    }
    out.push_str("**credentials**, where a word begins, which is at the start and after a character that is neither a letter nor a digit:\n\n");
    out + &credential_table()
}

fn rule(rule: &Rule) -> String {
    match rule {
        Rule::Const(text) => format!("`{text}`"),
        Rule::OneOf(texts) => texts.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(" \\| "),
        other => other.to_string(),
    }
}

fn origin(attribute: &Attribute) -> &'static str {
    let typed = attribute.made_by.is_some();
    match attribute.origin {
        Origin::Contract => "fixed",
        Origin::Step => "the event",
        Origin::Process => "configuration",
        Origin::CallerOrProcess => "caller, else configuration",
        Origin::CallerOrGenerated if typed => "caller, as our own type; else generated",
        Origin::CallerOrGenerated => "caller, else generated",
        Origin::Caller if typed => "caller, as our own type",
        Origin::Caller => "caller",
        Origin::Journey => "the journey, as our own type",
        Origin::TraceId | Origin::SpanId => "the active span",
    }
}
