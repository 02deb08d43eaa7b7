//! The shapes of answers, and what they say beside the numbers.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use nrql::{Answer, Datum, Options, Store};
use serde_json::{Value as Json, json};

const NOW: i64 = 3_600_000;

fn store() -> Store {
    let mut store = Store::default();
    for (minute, step, tier, duration) in [
        (10, "landing", None, 5),
        (20, "claim", Some("free"), 10),
        (40, "claim", Some("pro"), 30),
        (50, "paid", Some("pro"), 15),
    ] {
        let mut row = vec![("step", Datum::from(step)), ("duration", Datum::from(duration))];
        row.extend(tier.map(|tier| ("tier", Datum::from(tier))));
        store.append("E", minute * 60_000, row);
    }
    store
}

fn answer(text: &str) -> Answer {
    let query = nrql::parse(text).unwrap_or_else(|error| panic!("{error}"));
    nrql::evaluate(&query, &store(), NOW).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn graph(text: &str) -> Json {
    answer(text).to_nerdgraph()
}

#[test]
fn plain_results_are_keyed_by_function_and_attribute() {
    let results = &graph(
        "SELECT count(*), average(duration), percentile(duration, 50), max(duration) AS 'most', sum(duration) / 2 FROM E",
    )["results"];
    assert_eq!(
        *results,
        json!([{ "count": 4, "average.duration": 15, "percentile.duration": { "50": 12.5 }, "most": 30, "result": 30 }])
    );
}

#[test]
fn facets_have_names_a_total_and_the_rest() {
    let answer = graph("SELECT count(*) FROM E FACET step LIMIT 1");
    assert_eq!(answer["results"], json!([{ "facet": "claim", "step": "claim", "count": 2 }]));
    assert_eq!(answer["totalResult"], json!({ "count": 4 }));
    assert_eq!(answer["otherResult"], json!({ "count": 2 }));
    assert_eq!(answer["metadata"]["facets"], json!(["step"]));
    assert_eq!(answer["rawResponse"]["facets"], json!([{ "name": "claim", "results": [{ "count": 2 }] }]));
}

#[test]
fn several_keys_make_an_array() {
    let results = &graph("SELECT uniqueCount(duration) FROM E FACET step, tier AS 'plan'")["results"];
    assert_eq!(
        results[0],
        json!({ "facet": ["claim", "free"], "step": "claim", "plan": "free", "uniqueCount.duration": 1 })
    );
}

#[test]
fn windows_have_bounds_in_seconds() {
    let answer = graph("SELECT count(*), average(duration) FROM E TIMESERIES 30 minutes");
    assert_eq!(
        answer["results"],
        json!([
            { "beginTimeSeconds": 0, "endTimeSeconds": 1800, "count": 2, "average.duration": 7.5 },
            { "beginTimeSeconds": 1800, "endTimeSeconds": 3600, "count": 2, "average.duration": 22.5 },
        ])
    );
    assert_eq!(answer["rawResponse"]["timeSeries"][0]["inspectedCount"], 2);
    assert_eq!(answer["rawResponse"]["metadata"]["bucketSizeMillis"], 1_800_000);
    assert_eq!(answer["rawResponse"]["total"]["results"][0]["count"], 4);
}

#[test]
fn facets_with_windows_have_totals_for_each() {
    let answer = graph("SELECT count(*) FROM E FACET step LIMIT 1 TIMESERIES 30 minutes");
    let counts =
        |key: &str| answer[key].as_array().unwrap().iter().map(|row| row["count"].clone()).collect::<Json>();
    assert_eq!(counts("results"), json!([1, 1]));
    assert_eq!(counts("totalResult"), json!([2, 2]));
    assert_eq!(counts("otherResult"), json!([1, 1]));
}

#[test]
fn empty_windows_are_shown() {
    let results = &graph(
        "SELECT count(*), average(duration) FROM E TIMESERIES 15 minutes SINCE 1 hour ago UNTIL 45 minutes ago",
    )["results"];
    assert_eq!(
        *results,
        json!([{ "beginTimeSeconds": 0, "endTimeSeconds": 900, "count": 1, "average.duration": 5 }])
    );
    let rows = graph(
        "SELECT count(*), average(duration) FROM E TIMESERIES 5 minutes SINCE 1 hour ago UNTIL 55 minutes ago",
    );
    assert_eq!(
        rows["results"][0],
        json!({ "beginTimeSeconds": 0, "endTimeSeconds": 300, "count": 0, "average.duration": null })
    );
}

#[test]
fn compared_ranges_say_which_they_are() {
    let answer = graph("SELECT count(*) FROM E SINCE 30 minutes ago COMPARE WITH 30 minutes ago");
    assert_eq!(
        answer["results"],
        json!([{ "comparison": "current", "count": 2 }, { "comparison": "previous", "count": 2 }])
    );
    assert_eq!(answer["currentResults"][0]["count"], 2);
    assert_eq!(answer["previousResults"][0]["count"], 2);
    assert_eq!(answer["metadata"]["timeWindow"]["compareWith"], "30 MINUTES AGO");
}

#[test]
fn rows_come_newest_first_without_what_they_lack() {
    let answer = graph("SELECT step, tier FROM E LIMIT 4");
    assert_eq!(answer["results"][0], json!({ "step": "paid", "tier": "pro" }));
    assert_eq!(answer["results"][3], json!({ "step": "landing" }));
    let events = &graph("SELECT * FROM E LIMIT 1")["rawResponse"]["results"][0]["events"];
    assert_eq!(*events, json!([{ "timestamp": 3_000_000, "step": "paid", "tier": "pro", "duration": 15 }]));
}

#[test]
fn the_window_is_told_as_new_relic_tells_it() {
    let metadata = &graph("SELECT count(*) FROM E")["metadata"]["timeWindow"];
    assert_eq!(
        *metadata,
        json!({ "begin": 0, "end": NOW, "since": "60 MINUTES AGO", "until": "NOW", "compareWith": null })
    );
    let metadata = &graph("SELECT count(*) FROM E SINCE this month")["metadata"]["timeWindow"];
    assert_eq!(metadata["since"], "THIS MONTH");
}

#[test]
fn unknown_names_and_collisions_are_told() {
    let told = |text: &str| answer(text).metadata.messages.join("\n");
    assert_eq!(
        told("SELECT count(*) FROM E WHERE teir = 'pro'"),
        "no event has the attribute teir; did you mean tier?"
    );
    assert_eq!(told("SELECT count(*) FROM Funnel"), "the event type Funnel is not known");
    assert!(told("SELECT count(*), count(*) FROM E").contains("count.1"));
    assert_eq!(told("SELECT count(*) FROM E FACET step"), "");
}

#[test]
fn what_a_limit_left_out_is_told() {
    let told = |text: &str| answer(text).metadata.messages.join("\n");
    for (text, expected) in [
        ("SELECT count(*) FROM E FACET step LIMIT 1", "LIMIT 1 left out 2 facets"),
        ("SELECT count(*) FROM E FACET step LIMIT 1 OFFSET 1", "LIMIT 1 left out 1 facet"),
        ("SELECT count(*) FROM E FACET step LIMIT 2 TIMESERIES 10 minutes", "LIMIT 2 left out 1 facet"),
        ("SELECT count(*) FROM E FACET step ORDER BY max(duration) LIMIT 2", "LIMIT 2 left out 1 facet"),
        ("SELECT step FROM E LIMIT 3", "LIMIT 3 left out 1 event"),
        ("SELECT * FROM E LIMIT 1", "LIMIT 1 left out 3 events"),
        // A cut inside is a cut of the whole.
        ("SELECT sum(n) FROM (SELECT count(*) AS n FROM E FACET step LIMIT 1)", "LIMIT 1 left out 2 facets"),
        ("SELECT count(*) FROM E FACET step LIMIT 3", ""),
        ("SELECT count(*) FROM E FACET step LIMIT 1 OFFSET 2", ""),
        ("SELECT step FROM E LIMIT 4", ""),
        ("SELECT step FROM E LIMIT 2 OFFSET 2", ""),
        // A facet that has no result is not cut off.
        ("SELECT max(tier) FROM E FACET step LIMIT 3", ""),
    ] {
        assert_eq!(told(text), expected, "{text}");
    }
}

#[test]
fn the_reading_of_missing_values_is_a_switch_and_is_told() {
    let query = nrql::parse("SELECT count(*) FROM E WHERE tier != 'free' AND step NOT IN ('paid')").unwrap();
    let with = |matches| {
        nrql::evaluate_with(&query, &store(), NOW, &Options::default().negatives_match_null(matches)).unwrap()
    };
    assert_eq!(with(true).value().unwrap().number(), Some(2.0));
    assert_eq!(with(false).value().unwrap().number(), Some(1.0));
    assert!(with(true).metadata.messages[0].starts_with("1 rows were kept"));
    assert!(with(false).metadata.messages[0].starts_with("1 rows were dropped"));
    let sure = nrql::parse("SELECT count(*) FROM E WHERE tier IS NOT NULL AND tier != 'free'").unwrap();
    assert!(nrql::evaluate(&sure, &store(), NOW).unwrap().metadata.messages.is_empty());
}

#[test]
fn tables_and_csv_are_for_people() {
    let found = answer("SELECT count(*) AS 'n', max(duration) FROM E FACET step");
    assert_eq!(
        found.to_table(),
        "step     n  max(duration)\nclaim    2             30\nlanding  1              5\npaid     1             15\n"
    );
    assert_eq!(found.to_csv(), "step,n,max(duration)\r\nclaim,2,30\r\nlanding,1,5\r\npaid,1,15\r\n");
    let windows = answer("SELECT count(*) FROM E TIMESERIES 30 minutes").to_csv();
    assert_eq!(windows, "begin,count(*)\r\n1970-01-01T00:00:00Z,2\r\n1970-01-01T00:30:00Z,2\r\n");
    let mut store = Store::default();
    store.append("E", 1, [("x", "=1+1, \"quoted\"")]);
    let csv = nrql::evaluate(&nrql::parse("SELECT x FROM E").unwrap(), &store, NOW).unwrap().to_csv();
    assert_eq!(csv, "x\r\n\"'=1+1, \"\"quoted\"\"\"\r\n");
}

#[test]
fn event_types_are_listed() {
    assert_eq!(graph("SHOW EVENT TYPES")["results"], json!([{ "eventType": "E" }]));
}

#[test]
fn queries_that_mean_nothing_are_refused_at_their_place() {
    for (text, place) in [
        ("SELECT nothing(tier) FROM E", "nothing"),
        ("SELECT count(*), tier FROM E", "tier"),
        ("SELECT tier FROM E FACET step", "FACET step"),
        ("SELECT count(*) FROM E TIMESERIES 1 second SINCE 1 day ago", "TIMESERIES 1 second"),
        ("SELECT count(*) FROM E TIMESERIES PREDICT", "PREDICT"),
        ("SELECT sum(max(duration)) FROM E", "max(duration)"),
    ] {
        let error = nrql::evaluate(&nrql::parse(text).unwrap(), &store(), NOW).unwrap_err();
        assert_eq!(error.span().unwrap().text(text), place, "{error}");
    }
}
