//! `funnel contract`

use crate::failure::Failure;
use crate::output::say;
use instant_funnel_core::Vocabularies;
use instant_funnel_core::contract::CONTRACT;
use instant_funnel_core::export;
use serde_json::{Value, json};

/// Print what an InstantFunnel event may say.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  # the keys and their rules
  funnel contract
  # the block of otel-collector.yaml between its marker lines, with the words
  # that `tier` may be
  funnel contract --format collector --close tier=free,pro")]
pub(crate) struct ContractArguments {
    /// How the contract is written
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// With collector: a slug takes only these words, parted by commas; may be repeated
    #[arg(long, value_name = "KEY=WORDS")]
    close: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Table,
    Markdown,
    Json,
    Collector,
}

pub(crate) fn run(arguments: &ContractArguments) -> Result<(), Failure> {
    let mut vocabularies = Vocabularies::default();
    arguments.close.iter().try_for_each(|closed| close(&mut vocabularies, closed))?;
    match arguments.format {
        Format::Collector => say(&export::collector_allowlist(&CONTRACT, &vocabularies)),
        _ if !arguments.close.is_empty() => {
            Err(Failure::CannotAsk("`--close` goes with `--format collector`".to_owned()))
        }
        Format::Table => say(&table()),
        Format::Markdown => say(&export::markdown(&CONTRACT)),
        Format::Json => say(&format!("{:#}\n", json())),
    }
}

fn close(vocabularies: &mut Vocabularies, closed: &str) -> Result<(), Failure> {
    let (key, words) = closed
        .split_once('=')
        .ok_or_else(|| Failure::CannotAsk(format!("`--close {closed}` is not KEY=WORD,WORD,…")))?;
    let words = words.split(',').filter(|word| !word.is_empty());
    vocabularies.close(&CONTRACT, key, words).map_err(|error| Failure::CannotAsk(error.to_string()))
}

fn table() -> String {
    let width = CONTRACT.attributes.iter().map(|attribute| attribute.key.len()).max().unwrap_or(0);
    CONTRACT
        .attributes
        .iter()
        .map(|attribute| format!("{:width$}  {}; {}\n", attribute.key, attribute.rule, attribute.brief))
        .collect()
}

fn json() -> Value {
    let steps: Vec<&str> = CONTRACT.steps.iter().map(|step| step.name).collect();
    let attributes: Vec<Value> = CONTRACT
        .attributes
        .iter()
        .map(|attribute| {
            let rule = attribute.rule.to_string();
            json!({"key": attribute.key, "rule": rule, "when": attribute.presence.to_string(), "brief": attribute.brief})
        })
        .collect();
    json!({"event": CONTRACT.event_name, "version": CONTRACT.version, "steps": steps, "attributes": attributes})
}
