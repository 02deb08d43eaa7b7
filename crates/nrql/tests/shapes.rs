//! The JSON of answers, as New Relic's own clients take it apart.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use nrql::{Datum, Store, Value};
use serde_json::{Value as Json, json};

const NOW: i64 = 1_782_000_000_000;
const HOUR: i64 = 3_600_000;

fn store() -> Store {
    let mut store = Store::default();
    for (back, app, n) in [(1, "a", 1), (2, "b", 2), (3, "a", 3), (HOUR + 1, "b", 4), (HOUR + 2, "c", 5)] {
        store.append(
            "T",
            NOW - back,
            [("app", Datum::from(app)), ("n", Datum::from(n)), ("up", Datum::from(n > 1))],
        );
    }
    store
}

fn json_of(text: &str) -> Json {
    let query = nrql::parse(text).unwrap_or_else(|error| panic!("{text}\n{error}"));
    nrql::evaluate(&query, &store(), NOW).unwrap_or_else(|error| panic!("{text}\n{error}")).to_nerdgraph()
}

#[test]
fn a_query_that_is_done_says_so() {
    let progress = json_of("SELECT count(*) FROM T")["queryProgress"].clone();
    assert_eq!(progress["completed"], true);
    for field in ["queryId", "resultExpiration", "retryAfter", "retryDeadline"] {
        assert!(progress.as_object().unwrap().contains_key(field) && progress[field].is_null(), "{field}");
    }
}

#[test]
fn a_snapped_range_is_told_as_it_is() {
    let answer = json_of("SELECT count(*) FROM T TIMESERIES 7 minutes SINCE 1 hour ago");
    let begin = NOW - 56 * 60_000;
    assert_eq!(answer["metadata"]["timeWindow"]["begin"], begin);
    assert_eq!(answer["metadata"]["timeWindow"]["end"], NOW);
    assert_eq!(answer["rawResponse"]["metadata"]["beginTimeMillis"], begin);
    assert_eq!(answer["results"][0]["beginTimeSeconds"], begin / 1_000);
    assert_eq!(answer["results"].as_array().unwrap().len(), 8);
}

#[test]
fn raw_metadata_is_nested_as_the_results_are() {
    let metadata = |text: &str| json_of(text)["rawResponse"]["metadata"].clone();
    let count = json!([{ "function": "count", "simple": true }]);
    assert_eq!(metadata("SELECT count(*) FROM T")["contents"], count);
    let windows = metadata("SELECT count(*) FROM T TIMESERIES 30 minutes");
    assert_eq!(
        (&windows["timeSeries"]["contents"], &windows["bucketSizeMillis"]),
        (&count, &json!(1_800_000))
    );
    let facets = metadata("SELECT count(*) FROM T FACET app");
    assert_eq!((&facets["contents"]["contents"], &facets["facet"]), (&count, &json!("app")));
    let both = metadata("SELECT count(*) FROM T FACET app TIMESERIES 30 minutes");
    assert_eq!(both["contents"]["timeSeries"]["contents"], count);
    assert_eq!(both["contents"]["bucketSizeMillis"], 1_800_000);
    assert_eq!(both["facet"], "app");
    let compared = metadata("SELECT count(*) FROM T SINCE 1 hour ago COMPARE WITH 1 hour ago");
    assert_eq!(compared["contents"]["contents"], count);
    assert_eq!(compared["rawCompareWith"], "1 HOURS AGO");
    let compared = metadata("SELECT count(*) FROM T FACET app SINCE 1 hour ago COMPARE WITH 1 hour ago");
    assert_eq!(compared["contents"]["contents"]["contents"], count);
}

#[test]
fn raw_contents_tell_what_a_function_was_given() {
    let content = |item: &str| {
        let raw = json_of(&format!("SELECT {item} FROM T"))["rawResponse"].clone();
        (raw["metadata"]["contents"][0].clone(), raw["results"][0].clone())
    };
    let (apdex, result) = content("apdex(n, t: 2)");
    assert_eq!(
        (&apdex["function"], &apdex["attribute"], &apdex["threshold"]),
        (&json!("apdex"), &json!("n"), &json!(2))
    );
    assert_eq!(result, json!({ "score": 0.833_333_333_333_333_4 }));
    assert_eq!(content("apdex(n)").0["threshold"], 0.5);
    let (histogram, result) = content("histogram(n, 4, buckets: 2)");
    assert_eq!(
        (&histogram["width"], &histogram["buckets"], &histogram["start"]),
        (&json!(4), &json!(2), &json!(0))
    );
    assert_eq!(result, json!({ "histogram": [1, 2] }));
    assert_eq!(content("rate(count(*), 1 minute)").0["intervalMillis"], 60_000);
}

#[test]
fn the_names_of_a_keyset_stand_in_the_row() {
    let answer = json_of("SELECT keyset() FROM T");
    let lists = json!({
        "allKeys": ["app", "n", "timestamp", "up"], "booleanKeys": ["up"], "numericKeys": ["n", "timestamp"], "stringKeys": ["app"],
    });
    assert_eq!(answer["results"], json!([lists]));
    assert_eq!(answer["rawResponse"]["results"], json!([lists]));
    assert_eq!(json_of("SELECT keyset() AS names FROM T")["results"][0]["names"], lists);
}

#[test]
fn facets_of_now_are_there_in_the_earlier_period_too() {
    let answer = json_of("SELECT count(*), max(n) FROM T FACET app SINCE 1 hour ago COMPARE WITH 1 hour ago");
    let previous: Vec<_> = answer["previousResults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["facet"].clone(), row["count"].clone(), row["max.n"].clone()))
        .collect();
    assert_eq!(previous, [(json!("a"), json!(0), json!(null)), (json!("b"), json!(1), json!(4))]);
    let windows = json_of(
        "SELECT count(*) FROM T FACET app SINCE 1 hour ago COMPARE WITH 1 hour ago TIMESERIES 30 minutes",
    );
    assert_eq!(
        windows["previousResults"].as_array().unwrap().len(),
        windows["currentResults"].as_array().unwrap().len()
    );
}

#[test]
fn star_shows_each_column_of_a_join_once() {
    for text in [
        "FROM T JOIN (FROM T SELECT count(*), average(n) FACET app) ON app SELECT * LIMIT 1",
        "SELECT * FROM (SELECT count(*), average(n), n * 2 FROM T FACET app, n) LIMIT 1",
    ] {
        let query = nrql::parse(text).unwrap();
        if let Ok(answer) = nrql::evaluate(&query, &store(), NOW) {
            let mut names: Vec<&str> = answer.columns.iter().map(|column| column.key.as_str()).collect();
            assert!(names.iter().all(|name| !name.contains('(')), "{names:?}");
            let count = names.len();
            names.dedup();
            assert_eq!(names.len(), count, "{names:?}");
            assert!(names.contains(&"count") || text.contains("n * 2"), "{names:?}");
        }
    }
    let answer = nrql::evaluate(
        &nrql::parse("FROM T JOIN (FROM T SELECT count(*) FACET app) ON app SELECT * LIMIT 1").unwrap(),
        &store(),
        NOW,
    );
    let answer = answer.unwrap();
    let names: Vec<&str> = answer.columns.iter().map(|column| column.key.as_str()).collect();
    assert_eq!(names, ["app", "count", "n", "timestamp", "up"]);
}

#[test]
fn arrays_are_kept_up_to_64_elements() {
    let mut store = Store::default();
    let list = |length: i64| Datum::List((0..length).map(Value::Int).collect());
    store.append("T", NOW - 1, [("few", list(3)), ("many", list(100))]);
    let ask = |item: &str| {
        let query = nrql::parse(&format!("SELECT {item} AS r FROM T")).unwrap();
        nrql::evaluate(&query, &store, NOW).unwrap().value().unwrap().to_json()
    };
    assert_eq!(ask("few"), json!([0, 1, 2]));
    assert_eq!((ask("length(few)"), ask("length(many)")), (json!(3), json!(64)));
    assert_eq!(
        (ask("few[1]"), ask("contains(few, 2)"), ask("uniques(few)")),
        (json!(1), json!(true), json!([[0, 1, 2]]))
    );
}
