//! Examples of New Relic's documents with their printed results, from the file that `NRQL_DOCUMENTED` names.
//!
//! An example is a time (`SINCE …` gives the window's begin), a zone (the window's begin and end), a function (over one
//! event, a second before `now`, with `data` as its attributes) or a whole query.

#![allow(clippy::print_stdout, clippy::panic, reason = "tests report and fail")]

use nrql::{Answer, Datum, Store};
use serde_json::{Value as Json, json};

#[test]
fn documented_examples_give_what_is_printed() {
    let Ok(path) = std::env::var("NRQL_DOCUMENTED") else {
        println!("NRQL_DOCUMENTED is unset: set it to a JSON array of examples to run this test over them");
        return;
    };
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let examples: Vec<Json> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert!(!examples.is_empty(), "{path} holds no example");
    let mut wrong = Vec::new();
    for example in &examples {
        let given = result(example).unwrap_or_else(|error| json!(error));
        if !same(&given, &example["expected"]) {
            wrong
                .push(format!("{} gives {given}, printed is {}", example["expression"], example["expected"]));
        }
    }
    println!("{} of {} documented examples agree", examples.len() - wrong.len(), examples.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn result(example: &Json) -> Result<Json, String> {
    let expression = example["expression"].as_str().unwrap_or_default();
    let now: jiff::Timestamp =
        example["now"].as_str().unwrap_or_default().parse().map_err(|_| "no time".to_owned())?;
    let now = now.as_millisecond();
    let mut store = Store::default();
    let attributes = example["data"].as_object().into_iter().flatten();
    let attributes = attributes.map(|(name, value)| (name.as_str(), datum(value)));
    store.append("Event", now - 1_000, attributes);
    let ask = |text: &str| -> Result<Answer, String> {
        let query = nrql::parse(text).map_err(|error| error.to_string())?;
        nrql::evaluate(&query, &store, now).map_err(|error| error.to_string())
    };
    let time = |millis: i64| {
        let time = jiff::Timestamp::from_millisecond(millis).map(|time| format!("{time:.3}"));
        time.map_or(Json::Null, Json::from)
    };
    Ok(match example["what"].as_str() {
        Some("time") => time(ask(&format!("SELECT count(*) FROM Foo SINCE {expression}"))?.metadata.begin),
        Some("zone") => {
            let metadata = ask(&format!("SELECT count(*) FROM Foo {expression}"))?.metadata;
            json!([time(metadata.begin), time(metadata.end)])
        }
        Some("function") => first(&ask(&format!("SELECT {expression} AS r FROM Event"))?),
        _ => first(&ask(expression)?),
    })
}

fn first(answer: &Answer) -> Json {
    answer.value().map_or(Json::Null, nrql::Value::to_json)
}

fn datum(value: &Json) -> Datum<'_> {
    match value {
        Json::String(text) => Datum::from(text.as_str()),
        Json::Bool(value) => Datum::from(*value),
        Json::Number(number) => {
            number.as_i64().map_or_else(|| Datum::from(number.as_f64().unwrap_or(f64::NAN)), Datum::from)
        }
        _ => Datum::Null,
    }
}

/// Printed numbers are rounded.
fn same(given: &Json, printed: &Json) -> bool {
    match (given.as_f64(), printed.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * b.abs().max(1.0),
        _ => given == printed,
    }
}
