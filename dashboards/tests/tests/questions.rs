//! Every query of the pack runs on 200,000 seeded journeys and gives what SQL gives.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

mod sql;

use dashboard_tests::data::{NOW, SPAN, database, events, store};
use dashboard_tests::pack::questions;
use dashboard_tests::rows::{agree, answered, computed};

#[test]
fn every_query_gives_what_sql_gives_on_200_000_journeys() {
    let events = events(200_000);
    let (store, database) = (store(&events), database(&events));
    let questions = questions();
    assert!(questions.len() >= 26, "{}", questions.len());
    for question in &questions {
        let (sql, facets) = sql::of(&question.name);
        let (head, range) = question.query.rsplit_once("SINCE ").unwrap();
        let mut ranges = vec![match range {
            "1 day ago" => 86_400_000,
            "40 days ago" => 40 * 86_400_000,
            "90 days ago" => 90 * 86_400_000,
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
