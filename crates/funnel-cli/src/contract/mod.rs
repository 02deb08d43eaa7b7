//! `funnel contract`

mod files;
mod known;

use std::path::PathBuf;

use instant_funnel_core::Vocabularies;
use instant_funnel_core::contract::{CONTRACT, Contract};
use instant_funnel_core::export;
use serde_json::{Value, json};

pub(crate) use self::known::read_all;
use crate::ask;
use crate::failure::Failure;
use crate::output::say;

/// Print the contract; check, compare and generate from contract files.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "\
Examples:
  # the keys and their rules
  funnel contract
  # the block of otel-collector.yaml between its marker lines, with the words
  # that `tier` may be
  funnel contract --format collector --close tier=free,pro
  # a contract of your own: what is wrong with it, and the code for it
  funnel contract check shop.toml
  funnel contract generate shop.toml
  # one target alone, printed
  funnel contract generate shop.toml --target json-schema
  # one block of the collector for several contracts
  funnel contract --format collector --contract shop.toml --contract signs.toml
  # what a change breaks, and in which order to deploy it
  funnel contract diff shop-old.toml shop.toml

The format of contract files: docs/contracts.md.")]
pub(crate) struct ContractArguments {
    #[command(subcommand)]
    command: Option<files::FileCommand>,
    /// A contract file [default: InstantFunnel]; with `--format collector` it may be repeated, for one block that covers all
    #[arg(long, value_name = "FILE", value_parser = ask::path)]
    contract: Vec<PathBuf>,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// With collector: accept only these words, separated by commas, for a slug; may be repeated
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
    if let Some(command) = &arguments.command {
        return files::run(command);
    }
    let mut contracts: Vec<&'static Contract> = Vec::new();
    for path in &arguments.contract {
        contracts.push(files::read(path)?.table());
    }
    let (contract, more) = match contracts.as_slice() {
        [] => (&CONTRACT, false),
        [one] => (*one, false),
        [first, ..] => (*first, true),
    };
    match arguments.format {
        Format::Collector => {
            let all = if contracts.is_empty() { vec![contract] } else { contracts };
            collector(&all, &arguments.close)
        }
        _ if more => {
            Err(Failure::CannotAsk("more than one `--contract` requires `--format collector`".to_owned()))
        }
        _ if !arguments.close.is_empty() => {
            Err(Failure::CannotAsk("`--close` requires `--format collector`".to_owned()))
        }
        Format::Table => say(&table(contract)),
        Format::Markdown => say(&export::markdown(contract)),
        Format::Json => say(&format!("{:#}\n", json(contract))),
    }
}

fn collector(contracts: &[&'static Contract], closed: &[String]) -> Result<(), Failure> {
    let mut all: Vec<_> = contracts.iter().map(|contract| (*contract, Vocabularies::default())).collect();
    for closed in closed {
        let key = closed.split('=').next().unwrap_or_default();
        // A key that none has is told as the first one's.
        let known = contracts.iter().any(|contract| contract.position(key).is_some());
        let has_it = |at: usize, contract: &Contract| contract.position(key).is_some() || (!known && at == 0);
        for (at, (contract, vocabularies)) in all.iter_mut().enumerate() {
            if has_it(at, contract) {
                close(contract, vocabularies, closed)?;
            }
        }
    }
    let all: Vec<_> = all.iter().map(|(contract, vocabularies)| (*contract, vocabularies)).collect();
    say(&export::collector_allowlists(&all))
}

fn close(contract: &'static Contract, vocabularies: &mut Vocabularies, closed: &str) -> Result<(), Failure> {
    let (key, words) = closed
        .split_once('=')
        .ok_or_else(|| Failure::CannotAsk(format!("`--close {closed}` is not KEY=WORD,WORD,…")))?;
    let words = words.split(',').filter(|word| !word.is_empty());
    vocabularies.close(contract, key, words).map_err(|error| Failure::CannotAsk(error.to_string()))
}

fn table(contract: &Contract) -> String {
    let width = contract.attributes.iter().map(|attribute| attribute.key.len()).max().unwrap_or(0);
    contract
        .attributes
        .iter()
        .map(|attribute| format!("{:width$}  {}; {}\n", attribute.key, attribute.rule, attribute.brief))
        .collect()
}

fn json(contract: &Contract) -> Value {
    let steps: Vec<&str> = contract.steps.iter().map(|step| step.name).collect();
    let attributes: Vec<Value> = contract
        .attributes
        .iter()
        .map(|attribute| {
            let rule = attribute.rule.to_string();
            json!({"key": attribute.key, "rule": rule, "when": attribute.presence.to_string(), "brief": attribute.brief})
        })
        .collect();
    json!({"event": contract.event_name, "version": contract.version, "steps": steps, "attributes": attributes})
}
