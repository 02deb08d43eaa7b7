//! `funnel contract`

use crate::failure::Failure;
use crate::output::say;
use instant_funnel_core::Vocabularies;
use instant_funnel_core::contract::CONTRACT;
use instant_funnel_core::export;
use lexopt::Arg;
use serde_json::{Value, json};

const HELP: &str = "\
funnel contract: what an InstantFunnel record may say

  --format FORMAT    table (default), markdown, json, or collector: the block of otel-collector.yaml between its
                     marker lines
  --close KEY=WORDS  with collector: a slug takes only these words, parted by commas; may be given again
";

pub(crate) fn run(mut arguments: lexopt::Parser) -> Result<(), Failure> {
    let mut format = "table".to_owned();
    let (mut vocabularies, mut closed) = (Vocabularies::default(), false);
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("help") | Arg::Short('h') => return say(HELP),
            Arg::Long("format") => format = arguments.value()?.to_string_lossy().into_owned(),
            Arg::Long("close") => {
                close(&mut vocabularies, &arguments.value()?.to_string_lossy())?;
                closed = true;
            }
            other => return Err(other.unexpected().into()),
        }
    }
    match format.as_str() {
        "collector" => say(&export::collector_allowlist(&CONTRACT, &vocabularies)),
        _ if closed => Err(Failure::CannotAsk("`--close` goes with `--format collector`".to_owned())),
        "table" => say(&table()),
        "markdown" => say(&export::markdown(&CONTRACT)),
        "json" => say(&format!("{:#}\n", json())),
        _ => Err(Failure::CannotAsk(format!(
            "no format `{format}`; there are table, markdown, json and collector"
        ))),
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
