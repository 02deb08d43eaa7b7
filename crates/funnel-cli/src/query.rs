//! `funnel query`

use crate::failure::Failure;
use crate::output::{complain, say};
use crate::{ask, http, table, terminal};
use lexopt::Arg;
use serde_json::{Value, json};
use std::io::Read;

const HELP: &str = "\
funnel query 'NRQL': one NRQL answer

  --url LAB        a running lab, default http://127.0.0.1:4320
  --db FILE        a lab's file instead, whether or not the lab runs
  --format FORMAT  table (default), json or csv

A query that starts with @ is the name of a file that holds one; - reads it from standard input. What the answer leaves
to say, such as a name that no event has, goes to standard error.
";

/// The longest query that is read from standard input, in bytes.
const QUERY_MAX: u64 = 1024 * 1024;

#[derive(Clone, Copy)]
enum Format {
    Table,
    Json,
    Csv,
}

pub(crate) fn run(mut arguments: lexopt::Parser) -> Result<(), Failure> {
    let (mut nrql, mut db, mut format) = (None, None, Format::Table);
    let mut url = "http://127.0.0.1:4320".to_owned();
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("help") | Arg::Short('h') => return say(HELP),
            Arg::Long("db") => db = Some(ask::path(&mut arguments, "--db")?),
            Arg::Long("url") => url = ask::word(&mut arguments, "--url")?,
            Arg::Long("format") => format = self::format(&arguments.value()?.to_string_lossy())?,
            Arg::Value(text) if nrql.is_none() => nrql = Some(text.to_string_lossy().into_owned()),
            other => return Err(other.unexpected().into()),
        }
    }
    let nrql = nrql.ok_or_else(|| {
        Failure::CannotAsk("give a query, such as 'SELECT count(*) FROM InstantFunnel'".to_owned())
    })?;
    let nrql = read(nrql)?;
    // Said here, a syntax error shows the line and points at the place, whoever would have answered.
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

fn format(name: &str) -> Result<Format, Failure> {
    match name {
        "table" => Ok(Format::Table),
        "json" => Ok(Format::Json),
        "csv" => Ok(Format::Csv),
        _ => Err(Failure::CannotAsk(format!("no format `{name}`; there are table, json and csv"))),
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
