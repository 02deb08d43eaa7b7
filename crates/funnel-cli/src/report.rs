//! `funnel report`

use std::path::PathBuf;

use serde_json::Value;

use crate::contract::read_all;
use crate::failure::Failure;
use crate::output::{columns, complain, say};
use crate::{ask, http, terminal};

mod rows;
mod show;

/// Show the funnel and its KPIs by mature cohort, with confidence intervals.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  # the journeys that began in the last 90 days
  funnel report
  # one figure by the week of the beginning, for a document
  funnel report --kpi claimed_per_provisioned --every week --format markdown
  # a funnel of your own
  funnel report --contract contracts/shop.toml
  # who drops off where, from a lab's file
  funnel report --by entryActor --window 7d --db funnel-lab.db

What each figure means is in docs/kpi.md.")]
pub(crate) struct ReportArguments {
    /// Show only this KPI
    #[arg(long, value_name = "NAME", value_parser = ask::word)]
    kpi: Option<String>,
    /// Contract file of another funnel; with --url the lab must know it too
    #[arg(long, value_name = "FILE", value_parser = ask::path)]
    contract: Option<PathBuf>,
    /// Journeys that began after: an age such as 7d, or a date [default: 90d]
    #[arg(long, value_name = "WHEN", value_parser = ask::word)]
    since: Option<String>,
    /// Journeys that began before: an age such as 1d, or a date [default: now]
    #[arg(long, value_name = "WHEN", value_parser = ask::word)]
    until: Option<String>,
    /// A funnel for each value of this attribute
    #[arg(long, value_name = "KEY", value_parser = ask::word)]
    by: Option<String>,
    /// Maximum time from the first to the last step [default: unlimited]
    #[arg(long, value_name = "DURATION", value_parser = ask::word)]
    window: Option<String>,
    /// Whether the order of steps matters: ordered or any [default: ordered]
    #[arg(long, value_name = "ORDER", value_parser = ask::word)]
    order: Option<String>,
    /// Length of a cohort: hour, day or week [default: day]
    #[arg(long, value_name = "PIECE", value_parser = ask::word)]
    every: Option<String>,
    /// The time zone of days and weeks [default: UTC]
    #[arg(long, value_name = "ZONE", value_parser = ask::word)]
    zone: Option<String>,
    /// real, synthetic or all [default: real]
    #[arg(long, value_name = "COHORT", value_parser = ask::word)]
    cohort: Option<String>,
    /// A filter, such as tier:free or env:!staging; may be repeated
    #[arg(long = "where", value_name = "KEY:VALUE", value_parser = ask::word)]
    filters: Vec<String>,
    /// A running lab
    #[arg(long, value_name = "LAB", default_value = "http://127.0.0.1:4320", value_parser = ask::word)]
    url: String,
    /// Read a lab's file instead, whether or not the lab is running
    #[arg(long, value_name = "FILE", value_parser = ask::path)]
    db: Option<PathBuf>,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    Table,
    Json,
    Csv,
    Markdown,
}

pub(crate) fn run(arguments: &ReportArguments) -> Result<(), Failure> {
    let contracts = read_all(arguments.contract.as_slice())?;
    let mut pairs = arguments.pairs();
    pairs.extend(contracts.iter().map(|contract| ("contract", contract.event.as_str())));
    // Checked here, so that a wrong option is reported whichever server would have answered.
    let question = funnel_lab::ReportQuestion::parse(pairs.iter().copied())
        .map_err(|error| Failure::CannotAsk(error.to_string()))?;
    let report = match &arguments.db {
        Some(db) => funnel_lab::report_file_with(db, &contracts, &question).map_err(|error| match error {
            funnel_lab::FileReportError::Report(error) => Failure::CannotAsk(error.to_string()),
            other => Failure::CannotAsk(other.to_string()),
        })?,
        None => get(&arguments.url, &pairs)?,
    };
    let left_out = report["left_out"]["unknown_start"].as_u64().unwrap_or(0);
    if left_out > 0 {
        complain(&format!("funnel: {left_out} journeys are left out: their beginning is not known"));
    }
    say(&match arguments.format {
        Format::Json => terminal::json(&format!("{report:#}\n")),
        Format::Table => show::table(&report, columns()),
        Format::Csv => rows::csv(&report),
        Format::Markdown => show::markdown(&report),
    })
}

impl ReportArguments {
    fn pairs(&self) -> Vec<(&str, &str)> {
        let single = [
            ("kpi", &self.kpi),
            ("since", &self.since),
            ("until", &self.until),
            ("by", &self.by),
            ("window", &self.window),
            ("order", &self.order),
            ("every", &self.every),
            ("zone", &self.zone),
            ("cohort", &self.cohort),
        ];
        let single = single.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
        single.chain(self.filters.iter().map(|filter| ("where", filter.as_str()))).collect()
    }
}

fn get(url: &str, pairs: &[(&str, &str)]) -> Result<Value, Failure> {
    let query: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    let (status, body) =
        http::get_json(url, &format!("/api/report?{}", query.join("&"))).map_err(|error| {
            Failure::CannotAsk(format!("no lab answers at {url}: {error}; start one with `funnel lab`"))
        })?;
    if status == 200 {
        return Ok(body);
    }
    Err(Failure::CannotAsk(body["error"]["message"].as_str().unwrap_or("no reason was given").to_owned()))
}

/// A value as an address takes it.
fn encoded(value: &str) -> String {
    let mut out = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
