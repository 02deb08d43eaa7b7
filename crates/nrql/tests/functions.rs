//! The table of functions: every function that queries in use call is there and is evaluated, and the page shows it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use nrql::{Datum, Store, functions};

/// Functions that three or more of 9,274 public queries call, each in a use of its own.
const IN_USE: &[&str] = &[
    "average(n)",
    "latest(s)",
    "sum(n)",
    "count(*)",
    "max(n)",
    "uniqueCount(s)",
    "rate(count(*), 1 minute)",
    "bytecountestimate()",
    "filter(count(*), WHERE s = 'a')",
    "percentile(n, 95)",
    "latest(concat(s, '-', n))",
    "percentage(count(*), WHERE n > 1)",
    "sum(numeric(t))",
    "min(n)",
    "latest(if(n > 1, 'x', 'y'))",
    "uniques(eventType())",
    "latest(capture(s, r'(?P<x>.).*'))",
    "uniques(s)",
    "cardinality(n)",
    "derivative(n, 1 minute)",
    "histogram(n, width: 10, buckets: 3)",
    "round(average(n))",
    "uniques(tuple(s, t))",
    "histogramPercentile(n, 50)",
    "dimensions()",
    "irate(n, 1 minute)",
    "bucketPercentile(n, 50)",
    "apdex(n, t: 1)",
    "latest(monthOf(timestamp))",
    "conditional(count(*), WHERE n > 1)",
    "median(n)",
    "latest(toDatetime(timestamp, 'yyyy-MM-dd'))",
    "latest(string(n))",
    "latest(aparse(s, '*'))",
    "stddev(n)",
    "getField(percentile(n, 95), '95.0')",
    "funnel(s, WHERE n > 0, WHERE n > 1)",
    "latest(dateOf(timestamp))",
    "aggregationendtime()",
    "sum(abs(n))",
    "latest(boolean('true'))",
    "sum(clamp_max(n, 2))",
    "latest(weekdayOf(timestamp))",
    "datapointcount()",
    "latest(hourOf(timestamp))",
    "idelta(n)",
    "latest(upper(s))",
    "sum(clamp_min(n, 2))",
    "earliest(s)",
    "sum(floor(n))",
];

fn store() -> Store {
    let mut store = Store::default();
    for place in 1..=4_i64 {
        let row = [
            ("n", Datum::from(place)),
            ("s", Datum::from(if place % 2 == 0 { "a" } else { "b" })),
            ("t", Datum::from("7")),
        ];
        store.append("T", place * 60_000, row);
    }
    store
}

#[test]
fn functions_in_use_are_evaluated() {
    let store = store();
    for call in IN_USE {
        let query = nrql::parse(&format!("SELECT {call} AS x FROM T SINCE 1 hour ago")).unwrap();
        let answer =
            nrql::evaluate(&query, &store, 600_000).unwrap_or_else(|error| panic!("{call}: {error}"));
        assert!(answer.value().is_some_and(|value| !value.is_null()), "{call} gives NULL");
    }
}

#[test]
fn signatures_are_true_to_the_arity() {
    for function in functions() {
        assert!(function.arity.0 <= function.arity.1, "{}", function.name);
        assert!(function.signature.contains(&format!("{}(", function.name)), "{}", function.name);
        for name in function.aliases.iter().chain([&function.name]) {
            let found = functions().filter(|other| {
                other.name.eq_ignore_ascii_case(name)
                    || other.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
            });
            assert_eq!(found.count(), 1, "{name} names two functions");
        }
    }
}

/// `UPDATE_DOCS=1 cargo test -p nrql --test functions` writes the table anew.
#[test]
fn the_page_shows_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/nrql.md");
    let page = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let (begin, end) = ("<!-- functions: begin -->\n", "<!-- functions: end -->");
    let (before, rest) = page.split_once(begin).unwrap_or_else(|| panic!("{path} has no {begin}"));
    let (shown, after) = rest.split_once(end).unwrap_or_else(|| panic!("{path} has no {end}"));
    let table = nrql::functions_markdown();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, format!("{before}{begin}{table}{end}{after}")).unwrap();
    } else {
        assert_eq!(shown, table, "docs/nrql.md is behind the code: run with UPDATE_DOCS=1");
    }
}
