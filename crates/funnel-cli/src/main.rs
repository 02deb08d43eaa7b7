//! The command `funnel`.
//!
//! Exit status: 0 success, 1 a problem was found, 2 the command could not run.

#![forbid(unsafe_code)]

mod ask;
mod completions;
mod contract;
mod doctor;
mod erase;
mod failure;
mod http;
mod lab;
mod lint;
mod output;
mod query;
mod reconcile;
mod replay;
mod report;
mod table;
mod terminal;
mod watch;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use self::failure::Failure;

/// Receive, check and query conversion-funnel events.
#[derive(Parser)]
#[command(
    name = "funnel",
    version,
    propagate_version = true,
    disable_help_subcommand = true,
    max_term_width = 120,
    after_help = "\
Examples:
  # receive, check and show events on this machine
  funnel lab
  # run one query
  funnel query 'SELECT count(*) FROM InstantFunnel'
  # the funnel and its KPIs
  funnel report
  # check the NRQL of a repository
  funnel lint .
  # compare the counters with the stored events
  funnel reconcile --metrics http://127.0.0.1:9464/metrics --lab http://127.0.0.1:4320
  # print the contract
  funnel contract --format markdown

Exit status: 0 success, 1 a problem was found, 2 the command could not run.
`funnel COMMAND --help` shows the options."
)]
struct Arguments {
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t = output::Colour::Auto)]
    color: output::Colour,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    Lab(lab::LabArguments),
    Query(query::QueryArguments),
    Report(Box<report::ReportArguments>),
    Contract(contract::ContractArguments),
    Lint(lint::LintArguments),
    Reconcile(reconcile::ReconcileArguments),
    Replay(replay::ReplayArguments),
    Doctor(doctor::DoctorArguments),
    Erase(erase::EraseArguments),
    Completions(completions::CompletionsArguments),
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::complain(&format!("funnel: {failure}"));
            match failure {
                Failure::Wrong(_) => ExitCode::from(1),
                Failure::CannotAsk(_) => ExitCode::from(2),
            }
        }
    }
}

fn run() -> Result<(), Failure> {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        // Help and the version, which were asked for.
        Err(asked) if !asked.use_stderr() => {
            return output::say(&format!("{}\n", asked.to_string().trim_end()));
        }
        Err(error) => return Err(error.into()),
    };
    let colour = arguments.color.on_standard_output();
    match arguments.command {
        None => output::say(&format!("{}\n", Arguments::command().render_help())),
        Some(Command::Lab(arguments)) => lab::run(arguments),
        Some(Command::Query(arguments)) => query::run(arguments),
        Some(Command::Report(arguments)) => report::run(&arguments),
        Some(Command::Contract(arguments)) => contract::run(&arguments),
        Some(Command::Lint(arguments)) => lint::run(&arguments, colour),
        Some(Command::Reconcile(arguments)) => reconcile::run(&arguments),
        Some(Command::Replay(arguments)) => replay::run(&arguments),
        Some(Command::Doctor(arguments)) => doctor::run(&arguments, colour),
        Some(Command::Erase(arguments)) => erase::run(arguments),
        Some(Command::Completions(arguments)) => completions::run(&arguments, Arguments::command()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_fit_together() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_shows_examples() {
        for command in Arguments::command().get_subcommands() {
            let shown = command.clone().render_help().to_string();
            assert!(shown.contains("Examples:"), "{}: {shown}", command.get_name());
        }
    }
}
