//! `funnel erase`

use std::path::PathBuf;

use funnel_ops::erase::{Erase, EraseReceipt, OUT_OF_REACH, Subject};

use crate::ask;
use crate::failure::Failure;
use crate::output::say;
use crate::terminal;

/// Erase a team, a journey or a fingerprint from this machine's disks.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  # list what is there; nothing is erased
  funnel erase --team 0190b3f4-5c1e-7b6a-9d3e-0a1b2c3d4e5f /var/lib/app/journal
  # erase it and keep the receipt
  funnel erase --team 0190b3f4-5c1e-7b6a-9d3e-0a1b2c3d4e5f --yes \\
    /var/lib/app/journal /var/lib/otelcol/archive funnel-lab.db > receipt.json
  funnel erase --journey 7d9f2c1e-0b3a-4c5d-8e6f-1a2b3c4d5e6f --yes funnel-lab.db

Journals of ended processes, dead letters (*.otd), archives (*.otlp) and lab
files (*.db). A team's journeys are erased with it. What a running process holds is
listed but not changed. The collector's queue, Kafka and New Relic are out of
reach: the receipt says what to do about them.")]
pub(crate) struct EraseArguments {
    /// A team's id; its journeys are erased too, with those of their steps that have no team
    #[arg(long, value_name = "ID", value_parser = id, conflicts_with_all = ["journey", "fingerprint"])]
    team: Option<String>,
    /// A journey's id
    #[arg(long, value_name = "ID", value_parser = id, conflicts_with = "fingerprint")]
    journey: Option<String>,
    /// A fingerprint
    #[arg(long, value_name = "F", value_parser = id)]
    fingerprint: Option<String>,
    /// Erase; without it, only list what would be erased
    #[arg(long)]
    yes: bool,
    /// Files or directories to search
    #[arg(required = true, value_name = "PATH", value_parser = ask::path)]
    paths: Vec<PathBuf>,
}

fn id(given: &str) -> Result<String, String> {
    let plain = given.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    if plain && given.len() >= 16 {
        Ok(given.to_ascii_lowercase())
    } else {
        Err("not a UUID or 32 hexadecimal digits".to_owned())
    }
}

pub(crate) fn run(arguments: EraseArguments) -> Result<(), Failure> {
    let subject = arguments
        .team
        .map(Subject::Team)
        .or(arguments.journey.map(Subject::Journey))
        .or(arguments.fingerprint.map(Subject::Fingerprint))
        .ok_or_else(|| Failure::CannotAsk("give --team, --journey or --fingerprint".to_owned()))?;
    let erase = arguments.paths.into_iter().fold(Erase::new(subject), Erase::path);
    let failed = |error: funnel_ops::erase::EraseError| Failure::CannotAsk(error.to_string());
    let receipt = if arguments.yes { erase.run() } else { erase.look() }.map_err(failed)?;
    if arguments.yes {
        say(&terminal::json(&format!("{:#}\n", receipt.to_json())))?;
    } else {
        say(&preview(&receipt))?;
    }
    let held: Vec<String> = receipt
        .held
        .iter()
        .map(|held| format!("{} is in use by {}", held.path.display(), held.holder))
        .collect();
    if held.is_empty() {
        return Ok(());
    }
    Err(Failure::Wrong(format!("{}; stop it and run the command again", held.join("; "))))
}

fn preview(receipt: &EraseReceipt) -> String {
    let mut out = String::new();
    for copy in &receipt.copies {
        let path = copy.path.display().to_string();
        out.push_str(&format!("{}\n  {}, {} events\n", terminal::line(&path), copy.kind, copy.events));
    }
    let journeys =
        if receipt.journeys > 0 { format!(", with {} journeys", receipt.journeys) } else { String::new() };
    out.push_str(&format!(
        "{} events in {} places{journeys}; nothing was erased; add --yes to erase them\n\nOut of reach:\n",
        receipt.events(),
        receipt.copies.len()
    ));
    OUT_OF_REACH.iter().for_each(|line| out.push_str(&format!("- {line}\n")));
    out
}
