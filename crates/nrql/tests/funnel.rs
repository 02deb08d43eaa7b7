//! `funnel`, by the documented rules.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use nrql::{Datum, Store, Value};

const NOW: i64 = 100_000_000;
const DAY: &str = "SINCE 1 day ago";

/// Rows of id, step and tier; an empty id is a missing one.
fn store(rows: &[(&str, &str, &str)]) -> Store {
    let mut store = Store::default();
    for (place, (id, step, tier)) in rows.iter().enumerate() {
        let id = if id.is_empty() { Datum::Null } else { Datum::from(*id) };
        let row = [("id", id), ("step", Datum::from(*step)), ("tier", Datum::from(*tier))];
        store.append("E", NOW - 80_000_000 + place as i64 * 1_000, row);
    }
    store
}

fn steps(store: &Store, funnel: &str) -> Vec<i64> {
    let query = nrql::parse(&format!("SELECT {funnel} FROM E {DAY}")).unwrap();
    let answer = nrql::evaluate(&query, store, NOW).unwrap();
    counts(answer.value().unwrap())
}

fn counts(funnel: &Value) -> Vec<i64> {
    let Some(Value::List(steps)) = funnel.entry("steps") else { panic!("{funnel:?}") };
    steps.iter().map(|step| step.number().unwrap() as i64).collect()
}

const THREE: &str = "funnel(id, WHERE step = 'a', WHERE step = 'b', WHERE step = 'c')";

#[test]
fn a_later_step_needs_all_before_it() {
    let store = store(&[
        ("1", "a", ""),
        ("1", "b", ""),
        ("1", "c", ""),
        ("2", "a", ""),
        ("2", "c", ""),
        ("3", "b", ""),
        ("3", "c", ""),
    ]);
    assert_eq!(steps(&store, THREE), [2, 1, 1]);
}

#[test]
fn time_order_has_no_effect() {
    let store = store(&[("1", "c", ""), ("1", "b", ""), ("1", "a", "")]);
    assert_eq!(steps(&store, THREE), [1, 1, 1]);
}

#[test]
fn an_id_counts_once_however_often_it_comes() {
    let store = store(&[("1", "a", ""), ("1", "a", ""), ("1", "b", ""), ("1", "b", "")]);
    assert_eq!(steps(&store, THREE), [1, 1, 0]);
}

#[test]
fn rows_without_the_id_are_not_followed() {
    let store = store(&[("", "a", ""), ("", "b", ""), ("1", "a", "")]);
    assert_eq!(steps(&store, THREE), [1, 0, 0]);
}

#[test]
fn one_row_may_meet_several_steps() {
    let store = store(&[("1", "a", "free"), ("2", "a", "pro")]);
    assert_eq!(steps(&store, "funnel(id, WHERE step = 'a', WHERE tier = 'pro')"), [2, 1]);
}

#[test]
fn no_row_gives_zeros() {
    assert_eq!(steps(&store(&[("1", "x", "")]), THREE), [0, 0, 0]);
}

#[test]
fn the_key_may_be_a_number_or_come_from_a_default() {
    let mut numbers = Store::default();
    for (id, step) in [(1, "a"), (1, "b"), (2, "a")] {
        numbers.append("E", NOW - 1_000, [("id", Datum::from(id)), ("step", Datum::from(step))]);
    }
    assert_eq!(steps(&numbers, "funnel(id, WHERE step = 'a', WHERE step = 'b')"), [2, 1]);
    let texts = store(&[("1", "a", "x"), ("1", "b", "x"), ("", "a", "y")]);
    assert_eq!(steps(&texts, "funnel(id OR tier, WHERE step = 'a', WHERE step = 'b')"), [2, 1]);
}

#[test]
fn a_facet_follows_ids_inside_itself() {
    let store = store(&[("1", "a", "free"), ("1", "b", "pro"), ("2", "a", "free"), ("2", "b", "free")]);
    let query = nrql::parse(&format!(
        "SELECT funnel(id, WHERE step = 'a', WHERE step = 'b') FROM E FACET tier {DAY}"
    ))
    .unwrap();
    let answer = nrql::evaluate(&query, &store, NOW).unwrap();
    let rows: Vec<_> =
        answer.rows.iter().map(|row| (row.facet[0].to_string(), counts(&row.values[0]))).collect();
    assert_eq!(rows, [("free".to_owned(), vec![2, 1]), ("pro".to_owned(), vec![0, 0])]);
    // The total follows them across facets.
    assert_eq!(counts(&answer.total[0].values[0]), [2, 2]);
}

#[test]
fn labels_are_those_written_or_the_conditions() {
    let store = store(&[("1", "a", "")]);
    let query = nrql::parse(&format!(
        "SELECT funnel(id AS 'Visitor', WHERE step = 'a' AS 'Came', WHERE step = 'b') FROM E {DAY}"
    ))
    .unwrap();
    let raw = nrql::evaluate(&query, &store, NOW).unwrap().to_nerdgraph()["rawResponse"].clone();
    assert_eq!(raw["results"][0]["steps"], serde_json::json!([1, 0]));
    let content = &raw["metadata"]["contents"][0];
    assert_eq!(content["function"], "funnel");
    assert_eq!(content["attribute"], "id");
    assert_eq!(content["steps"], serde_json::json!(["Came", "step = 'b'"]));
}

#[test]
fn strict_order_is_built_by_nesting() {
    let store = store(&[("1", "a", ""), ("1", "b", ""), ("2", "b", ""), ("2", "a", "")]);
    let text = format!(
        "SELECT percentage(count(*), WHERE done > begun) FROM (SELECT filter(min(timestamp), WHERE step = 'a') AS begun, \
         filter(min(timestamp), WHERE step = 'b') AS done FROM E FACET id LIMIT MAX) {DAY}"
    );
    let answer = nrql::evaluate(&nrql::parse(&text).unwrap(), &store, NOW).unwrap();
    assert_eq!(answer.value(), Some(&Value::Int(50)));
}

/// Far above the 256 ids from which New Relic estimates, and across segments and threads.
#[test]
fn large_funnels_are_exact() {
    let mut store = Store::default();
    for id in 0..70_000_i64 {
        let key = format!("{:032x}", id % 35_000);
        let step = if id < 35_000 { "a" } else { "b" };
        let step = if id >= 35_000 && id % 7 == 0 { "c" } else { step };
        store.append("E", NOW - 70_001 + id, [("id", Datum::from(key)), ("step", Datum::from(step))]);
    }
    assert_eq!(steps(&store, "funnel(id, WHERE step = 'a', WHERE step = 'b')"), [35_000, 30_000]);
    assert_eq!(steps(&store, "funnel(id, WHERE step = 'a', WHERE step = 'c')"), [35_000, 5_000]);
    assert_eq!(steps(&store, "funnel(lower(id), WHERE step = 'a', WHERE step = 'b')"), [35_000, 30_000]);
}
