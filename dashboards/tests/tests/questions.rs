//! Every query of the pack runs on 200,000 seeded journeys and gives what SQL gives.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

mod sql;

use dashboard_tests::data::{NOW, SPAN, database, events, store};
use dashboard_tests::pack::questions;
use nrql::{Answer, Kind, Value};
use rusqlite::types::ValueRef;
use std::collections::BTreeMap;

type Rows = BTreeMap<Vec<String>, Vec<Option<f64>>>;

fn numbers(value: &Value, into: &mut Vec<Option<f64>>) {
    match value {
        Value::Int(number) => into.push(Some(*number as f64)),
        Value::Float(number) => into.push(Some(*number)),
        // A funnel's steps stand there with their names.
        Value::List(items) => {
            items.iter().filter(|item| !matches!(item, Value::Text(_))).for_each(|item| numbers(item, into));
        }
        Value::Map(entries) => {
            let values = entries.iter().map(|(_, value)| value);
            values.filter(|value| !matches!(value, Value::Text(_))).for_each(|value| numbers(value, into));
        }
        Value::Null => into.push(None),
        other => panic!("no number: {other:?}"),
    }
}

/// The rows of an answer by facet; the windows of a time series are added up.
fn answered(answer: &Answer) -> Rows {
    let series = matches!(answer.kind, Kind::Aggregates { timeseries: true, .. });
    let mut rows = Rows::new();
    for row in &answer.rows {
        let facet = row.facet.iter().map(ToString::to_string).collect();
        let mut values = Vec::new();
        row.values.iter().for_each(|value| numbers(value, &mut values));
        match rows.get_mut(&facet) {
            Some(sums) if series => {
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum = Some(sum.unwrap_or_default() + value.unwrap_or_default());
                }
            }
            Some(_) => panic!("{facet:?} twice"),
            None => drop(rows.insert(facet, values)),
        }
    }
    rows
}

/// The rows of SQL, of which the first `facets` columns are the facet.
fn computed(database: &rusqlite::Connection, sql: &str, facets: usize, since: i64) -> Rows {
    let mut statement = database.prepare(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let columns = statement.column_count();
    let mut rows = statement.query(&[(":since", &since)]).unwrap();
    let mut out = Rows::new();
    while let Some(row) = rows.next().unwrap() {
        let facet = (0..facets).map(|at| row.get::<_, String>(at).unwrap()).collect();
        let value = |at| match row.get_ref(at).unwrap() {
            ValueRef::Null => None,
            ValueRef::Integer(number) => Some(number as f64),
            ValueRef::Real(number) => Some(number),
            other => panic!("no number: {other:?}"),
        };
        out.insert(facet, (facets..columns).map(value).collect());
    }
    out
}

fn agree(name: &str, answered: &Rows, computed: &Rows) {
    let facets = |rows: &Rows| rows.keys().cloned().collect::<Vec<_>>();
    assert_eq!(facets(answered), facets(computed), "{name}");
    for (facet, values) in answered {
        let close = values.len() == computed[facet].len()
            && values.iter().zip(&computed[facet]).all(|pair| match pair {
                (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * b.abs().max(1.0),
                (a, b) => a == b,
            });
        assert!(close, "{name} {facet:?}: {values:?} and {:?}", computed[facet]);
    }
}

#[test]
fn every_query_gives_what_sql_gives_on_200_000_journeys() {
    let events = events(200_000);
    let (store, database) = (store(&events), database(&events));
    let questions = questions();
    assert!(questions.len() >= 24, "{}", questions.len());
    for question in &questions {
        let (sql, facets) = sql::of(&question.name);
        let (head, range) = question.query.rsplit_once("SINCE ").unwrap();
        let mut ranges = vec![match range {
            "1 day ago" => 86_400_000,
            "1 week ago" => 7 * 86_400_000,
            other => panic!("{}: SINCE {other}", question.name),
        }];
        // All of them, where the query does not itself look at 5,000 journeys, or 40 days, at most.
        if !question.query.contains("LIMIT MAX") && question.name != "conversion-by-start" {
            ranges.push(SPAN);
        }
        for range in ranges {
            let since = NOW - range;
            let query = nrql::parse(&format!("{head}SINCE {since} UNTIL {NOW}"));
            let query = query.unwrap_or_else(|error| panic!("{}: {error}", question.name));
            let answer = nrql::evaluate(&query, &store, NOW).unwrap();
            let answered = answered(&answer);
            assert!(!answered.is_empty(), "{} is empty", question.name);
            assert!(
                answered.values().flatten().any(|value| value.is_some_and(|value| value != 0.0)),
                "{} says nothing: {answered:?}",
                question.name
            );
            let computed = computed(&database, sql, facets, since);
            agree(&question.name, &answered, &computed);
        }
    }
}

#[test]
fn every_question_says_whose_it_is_how_it_is_read_and_where_it_misleads() {
    for question in questions() {
        assert!(["product", "operator"].contains(&question.reader.as_str()), "{}", question.name);
        assert!(question.question.ends_with(['?', '.']), "{}", question.name);
        assert!(question.read.ends_with('.') && question.misleads.ends_with('.'), "{}", question.name);
        assert!(question.query.len() < 4_096, "{} is longer than New Relic takes", question.name);
    }
}
