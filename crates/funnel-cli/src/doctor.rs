//! `funnel doctor`

use std::time::Duration;

use funnel_ops::Client;
use funnel_ops::doctor::{Check, CheckState, Doctor, Findings, examine, send};
use funnel_ops::reconcile::Counters;

use crate::ask;
use crate::failure::Failure;
use crate::output::{say, say_fitted};
use crate::reconcile::store_of;
use crate::terminal;

/// Check the path of an event and name the first broken link.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  # with the variables of the service
  env $(cat service.env) funnel doctor
  # send one synthetic event and wait until the lab has it
  funnel doctor --send --lab http://127.0.0.1:4320
  # the same to New Relic, and check the data and the metrics
  export NEW_RELIC_USER_KEY=NRAK-… NEW_RELIC_ACCOUNT_ID=1234567
  funnel doctor --send --nerdgraph --metrics http://127.0.0.1:9464/metrics
  # through a Collector
  funnel doctor --collector http://127.0.0.1:8888/metrics

Nothing is sent without --send, and nothing is changed. Keys are not shown.
Exits with 1 when a link is broken.")]
pub(crate) struct DoctorArguments {
    /// Send one event of the cohort `synthetic`, and wait until it is stored
    #[arg(long)]
    send: bool,
    /// The lab that holds the events; checks the data too
    #[arg(long, value_name = "URL", value_parser = ask::word, conflicts_with = "nerdgraph")]
    lab: Option<String>,
    /// Read events from New Relic's NerdGraph API; the default URL follows NEW_RELIC_REGION (us, eu)
    #[arg(long, value_name = "URL", num_args = 0..=1, default_missing_value = "")]
    nerdgraph: Option<String>,
    /// New Relic account number [default: NEW_RELIC_ACCOUNT_ID]
    #[arg(long, value_name = "ID")]
    account: Option<u64>,
    /// The service's Prometheus metrics
    #[arg(long, value_name = "URL", value_parser = ask::word)]
    metrics: Option<String>,
    /// The health check or the metrics of the Collector that events go through
    #[arg(long, value_name = "URL", value_parser = ask::word)]
    collector: Option<String>,
    /// How long to wait for the event
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = ask::duration)]
    patience: Duration,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    Text,
    Json,
}

pub(crate) fn run(arguments: &DoctorArguments, colour: bool) -> Result<(), Failure> {
    let mut doctor = Doctor::from_env();
    if arguments.lab.is_some() || arguments.nerdgraph.is_some() {
        doctor = doctor.store(store_of(
            arguments.lab.as_deref(),
            arguments.nerdgraph.as_deref(),
            arguments.account,
        )?);
    }
    if let Some(url) = &arguments.metrics {
        let scrape = Client::default().get(url).map_err(|error| Failure::CannotAsk(error.to_string()))?;
        let counters = Counters::parse(&scrape)
            .ok_or_else(|| Failure::CannotAsk(format!("{url} has no funnel counters")))?;
        doctor = doctor.counters(counters);
    }
    if let Some(url) = &arguments.collector {
        doctor = doctor.collector(url);
    }
    let mut findings = examine(&doctor);
    if arguments.send && findings.is_healthy() {
        findings.checks.extend(send(&doctor, arguments.patience));
    }
    match arguments.format {
        Format::Text => say_fitted(&text(&findings, colour))?,
        Format::Json => say(&terminal::json(&format!("{:#}\n", findings.to_json())))?,
    }
    findings
        .broken()
        .map_or(Ok(()), |check| Err(Failure::Wrong(format!("the check `{}` failed", check.name))))
}

fn text(findings: &Findings, colour: bool) -> String {
    let width = findings.checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    let mut out: String = findings.checks.iter().map(|check| line(check, width, colour)).collect();
    out.push_str(if findings.is_healthy() {
        "\nhealthy: nothing is broken\n"
    } else {
        "\nfix the first broken link, then run this again\n"
    });
    out
}

fn line(check: &Check, width: usize, colour: bool) -> String {
    let (mark, code) = match check.state {
        CheckState::Fine => ("ok", "32"),
        CheckState::Warning => ("warn", "33"),
        CheckState::Broken => ("FAIL", "1;31"),
        CheckState::Skipped => ("-", "2"),
    };
    let mark = format!("{mark:4}");
    let mark = if colour { format!("\u{1b}[{code}m{mark}\u{1b}[0m") } else { mark };
    let mut out = format!("{mark}  {:width$}  {}\n", check.name, terminal::line(&check.detail));
    if let Some(remedy) = &check.remedy {
        out.push_str(&format!("      {:width$}  → {}\n", "", terminal::line(remedy)));
    }
    out
}
