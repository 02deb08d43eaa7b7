//! The command `funnel`.
//!
//! Exit status: 0 fine, 1 found something wrong, 2 could not be asked.

mod ask;
mod contract;
mod failure;
mod http;
mod lab;
mod output;
mod query;
mod table;
mod terminal;
mod watch;

use failure::Failure;
use output::say;
use std::process::ExitCode;

const HELP: &str = "\
funnel: see, judge and query a conversion funnel

  funnel lab       receive OTLP, judge, store, answer NRQL, show the page
  funnel query     one NRQL answer
  funnel contract  print the contract

`funnel COMMAND --help` says more.
";

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
    let mut arguments = lexopt::Parser::from_env();
    match arguments.next()? {
        None | Some(lexopt::Arg::Long("help") | lexopt::Arg::Short('h')) => say(HELP),
        Some(lexopt::Arg::Long("version") | lexopt::Arg::Short('V')) => {
            say(concat!("funnel ", env!("CARGO_PKG_VERSION"), "\n"))
        }
        Some(lexopt::Arg::Value(command)) => match command.to_str() {
            Some("lab") => lab::run(arguments),
            Some("query") => query::run(arguments),
            Some("contract") => contract::run(arguments),
            _ => Err(Failure::CannotAsk(format!(
                "no command `{}`; `funnel --help` lists them",
                command.to_string_lossy()
            ))),
        },
        Some(other) => Err(other.unexpected().into()),
    }
}
