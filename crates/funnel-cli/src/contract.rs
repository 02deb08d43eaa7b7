//! `funnel contract`

use crate::Failure;
use crate::output::say;
use instant_funnel_core::contract::{CONTRACT, Rule};
use instant_funnel_core::export;
use lexopt::Arg;
use serde_json::{Value, json};

const HELP: &str = "\
funnel contract: what an InstantFunnel record may say

  --format FORMAT  table (default), markdown or json
";

pub(crate) fn run(mut arguments: lexopt::Parser) -> Result<(), Failure> {
    let mut format = "table".to_owned();
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("help") | Arg::Short('h') => return say(HELP),
            Arg::Long("format") => format = arguments.value()?.to_string_lossy().into_owned(),
            other => return Err(other.unexpected().into()),
        }
    }
    match format.as_str() {
        "table" => say(&table()),
        "markdown" => say(&export::markdown(&CONTRACT)),
        "json" => say(&format!("{:#}\n", json())),
        _ => Err(Failure::CannotAsk(format!("no format `{format}`; there are table, markdown and json"))),
    }
}

fn table() -> String {
    let width = CONTRACT.attributes.iter().map(|attribute| attribute.key.len()).max().unwrap_or(0);
    CONTRACT
        .attributes
        .iter()
        .map(|attribute| {
            format!("{:width$}  {}; {}\n", attribute.key, rule(&attribute.rule), attribute.brief)
        })
        .collect()
}

fn rule(rule: &Rule) -> String {
    match rule {
        Rule::Const(text) => (*text).to_owned(),
        Rule::OneOf(texts) => texts.join(" | "),
        Rule::Name { max } => format!("[A-Za-z0-9_.-]{{1,{max}}}"),
        Rule::Slug => "slug".to_owned(),
        Rule::Hex { min, max, .. } if min == max => format!("{min} hex digits"),
        Rule::Hex { min, max, .. } => format!("{min} to {max} hex digits"),
        Rule::Uuid => "UUID".to_owned(),
        Rule::Bool => "boolean".to_owned(),
    }
}

fn json() -> Value {
    let steps: Vec<&str> = CONTRACT.steps.iter().map(|step| step.name).collect();
    let attributes: Vec<Value> = CONTRACT
        .attributes
        .iter()
        .map(|attribute| {
            let rule = rule(&attribute.rule);
            json!({"key": attribute.key, "rule": rule, "when": attribute.when, "brief": attribute.brief})
        })
        .collect();
    json!({"event": CONTRACT.event_name, "version": CONTRACT.version, "steps": steps, "attributes": attributes})
}
