//! `funnel query`

use crate::output::say;
use crate::{Failure, http, table};
use lexopt::Arg;
use serde_json::{Value, json};
use std::path::PathBuf;

const HELP: &str = "\
funnel query 'NRQL': one NRQL answer

  --url LAB        a running lab, default http://127.0.0.1:4320
  --db FILE        a lab's file instead, whether or not the lab runs
  --format FORMAT  table (default), json or csv

A query that starts with @ is the name of a file that holds one.
";

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
            Arg::Long("db") => db = Some(PathBuf::from(arguments.value()?)),
            Arg::Long("url") => url = arguments.value()?.to_string_lossy().into_owned(),
            Arg::Long("format") => format = self::format(&arguments.value()?.to_string_lossy())?,
            Arg::Value(text) if nrql.is_none() => nrql = Some(text.to_string_lossy().into_owned()),
            other => return Err(other.unexpected().into()),
        }
    }
    let nrql = nrql.ok_or_else(|| {
        Failure::CannotAsk("give a query, such as 'SELECT count(*) FROM InstantFunnel'".to_owned())
    })?;
    let nrql = match nrql.strip_prefix('@') {
        Some(file) => std::fs::read_to_string(file).map_err(|error| {
            Failure::CannotAsk(format!("the query's file {file} cannot be read: {error}"))
        })?,
        None => nrql,
    };
    // Said here, a syntax error shows the line and points at the place, whoever would have answered.
    nrql::parse(&nrql).map_err(|error| Failure::Wrong(error.to_string()))?;
    let answer = match db {
        Some(db) => funnel_lab::query_file(&db, &nrql).map_err(|error| match error {
            funnel_lab::FileQueryError::Query(error) => Failure::Wrong(error.to_string()),
            other => Failure::CannotAsk(other.to_string()),
        })?,
        None => ask(&url, &nrql)?,
    };
    say(&match format {
        Format::Json => format!("{answer:#}\n"),
        Format::Table => table::text(&answer),
        Format::Csv => table::csv(&answer),
    })
}

fn format(name: &str) -> Result<Format, Failure> {
    match name {
        "table" => Ok(Format::Table),
        "json" => Ok(Format::Json),
        "csv" => Ok(Format::Csv),
        _ => Err(Failure::CannotAsk(format!("no format `{name}`; there are table, json and csv"))),
    }
}

fn ask(url: &str, nrql: &str) -> Result<Value, Failure> {
    let (status, body) = http::post_json(url, "/api/query", &json!({"nrql": nrql})).map_err(|error| {
        Failure::CannotAsk(format!("no lab answers at {url}: {error}; start one with `funnel lab`"))
    })?;
    if status == 200 {
        return Ok(body);
    }
    let message = body["error"]["message"].as_str().unwrap_or("no reason was given").to_owned();
    if status == 400 { Err(Failure::Wrong(message)) } else { Err(Failure::CannotAsk(message)) }
}
