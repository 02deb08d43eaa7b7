//! `funnel query`

use std::io::Read;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output::{complain, say};
use crate::{ask, http, table, terminal};

/// Run one NRQL query.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  funnel query 'SELECT count(*) FROM InstantFunnel FACET funnelStep'
  # the query from a file, the answer as CSV
  funnel query @claims.nrql --format csv
  # the query from standard input, on a lab's file instead of a running lab
  echo 'SHOW EVENT TYPES' | funnel query - --db funnel-lab.db

Messages about the answer, such as a name that no event has, go to
standard error.")]
pub(crate) struct QueryArguments {
    /// The query; @FILE reads it from a file, - from standard input
    nrql: String,
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

/// The longest query that is read from standard input, in bytes.
const QUERY_MAX: u64 = 1024 * 1024;

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    Table,
    Json,
    Csv,
}

pub(crate) fn run(arguments: QueryArguments) -> Result<(), Failure> {
    let QueryArguments { nrql, url, db, format } = arguments;
    let nrql = read(nrql)?;
    // Checked here, so that a syntax error shows its line and column whichever server would have answered.
    nrql::parse(&nrql).map_err(|error| Failure::Wrong(error.to_string()))?;
    let answer = match db {
        Some(db) => funnel_lab::query_file(&db, &nrql).map_err(|error| match error {
            funnel_lab::FileQueryError::Query(error) => Failure::Wrong(error.to_string()),
            other => Failure::CannotAsk(other.to_string()),
        })?,
        None => post(&url, &nrql)?,
    };
    for message in answer["metadata"]["messages"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        complain(&format!("funnel: {message}"));
    }
    say(&match format {
        Format::Json => terminal::json(&format!("{answer:#}\n")),
        Format::Table => table::text(&answer),
        Format::Csv => table::csv(&answer),
    })
}

/// The query itself, from a file or standard input where the argument says so.
fn read(given: String) -> Result<String, Failure> {
    let failed = |from: &str, error: std::io::Error| {
        Failure::CannotAsk(format!("the query cannot be read from {from}: {error}"))
    };
    if given == "-" || given == "@-" {
        let mut text = String::new();
        let mut input = std::io::stdin().lock().take(QUERY_MAX);
        return match input.read_to_string(&mut text) {
            Ok(_) => Ok(text),
            Err(error) => Err(failed("standard input", error)),
        };
    }
    match given.strip_prefix('@') {
        Some(file) => std::fs::read_to_string(file).map_err(|error| failed(file, error)),
        None => Ok(given),
    }
}

fn post(url: &str, nrql: &str) -> Result<Value, Failure> {
    let (status, body) = http::post_json(url, "/api/query", &json!({"nrql": nrql})).map_err(|error| {
        Failure::CannotAsk(format!("no lab answers at {url}: {error}; start one with `funnel lab`"))
    })?;
    if status == 200 {
        return Ok(body);
    }
    let message = body["error"]["message"].as_str().unwrap_or("no reason was given").to_owned();
    if status == 400 { Err(Failure::Wrong(message)) } else { Err(Failure::CannotAsk(message)) }
}
