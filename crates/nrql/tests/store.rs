//! The store: what goes in comes out, memory is bounded, old rows go.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::borrow::Cow;

use nrql::{Datum, Limits, Source, Store, Table, TimeRange};

fn count(store: &Store, text: &str) -> f64 {
    let answer = nrql::evaluate(&nrql::parse(text).unwrap(), store, 1_000_000_000).unwrap();
    answer.value().unwrap().number().unwrap()
}

fn id(number: i64) -> String {
    format!("{number:032x}")
}

#[test]
fn values_of_several_types_live_in_one_attribute() {
    let mut store = Store::default();
    for datum in
        [Datum::from(1), Datum::from(2.5), Datum::from("two"), Datum::from(true), Datum::Null, Datum::from(3)]
    {
        store.append("E", 999_999_999, [("x", datum)]);
    }
    assert_eq!(count(&store, "SELECT sum(x) FROM E"), 6.5);
    assert_eq!(count(&store, "SELECT count(x) FROM E"), 5.0);
    assert_eq!(count(&store, "SELECT count(*) FROM E WHERE x = 'two'"), 1.0);
    assert_eq!(count(&store, "SELECT count(*) FROM E WHERE x IS TRUE"), 1.0);
    assert_eq!(count(&store, "SELECT uniqueCount(x) FROM E"), 5.0);
}

#[test]
fn memory_stays_within_the_bound_and_the_newest_rows_stay() {
    let bound = 8 << 20;
    let mut store = Store::with_limits(Limits::default().max_bytes(bound));
    for place in 0..200_000_i64 {
        store.append("E", 999_000_000 + place, [("id", Datum::from(id(place))), ("n", Datum::from(place))]);
        if place % 10_000 == 0 {
            // Looked at every few thousand rows, so a little may come on top.
            assert!(store.bytes() < bound + (bound / 4), "{}", store.bytes());
        }
    }
    assert_eq!(store.len() as u64 + store.dropped(), 200_000);
    assert!(store.dropped() > 0);
    assert_eq!(count(&store, "SELECT max(n) FROM E"), 199_999.0);
    assert_eq!(count(&store, "SELECT min(n) FROM E"), store.dropped() as f64);
    assert_eq!(count(&store, "SELECT uniqueCount(id) FROM E"), store.len() as f64);
}

#[test]
fn old_rows_go_and_their_texts_with_them() {
    let mut store = Store::default();
    for place in 0..100_000_i64 {
        store.append("E", place, [("id", id(place))]);
    }
    let before = store.bytes();
    store.drop_before(90_000);
    let left = store.len() as i64;
    assert!((10_000..10_000 + 16_384).contains(&left), "{left}");
    assert!(store.bytes() * 2 < before, "{} of {before}", store.bytes());
    let query = nrql::parse("SELECT uniqueCount(id), latest(id) FROM E").unwrap();
    let answer = nrql::evaluate(&query, &store, 100_000).unwrap();
    assert_eq!(answer.rows[0].values[0].number(), Some(left as f64));
    assert_eq!(answer.rows[0].values[1].to_string(), id(99_999));
}

#[test]
fn further_event_types_are_refused() {
    let mut store = Store::default();
    for place in 0..300 {
        assert_eq!(store.append(&format!("T{place}"), 1, [("a", 1_i64)]), place < 250);
    }
    assert_eq!(store.refused(), 50);
    assert_eq!(store.event_types().len(), 250);
}

#[test]
fn rows_may_come_in_any_order_of_time() {
    let mut store = Store::default();
    for place in 0..40_000_i64 {
        let shuffled = place * 7_919 % 40_000;
        store.append("E", 999_900_000 + shuffled, [("n", shuffled)]);
    }
    assert_eq!(count(&store, "SELECT latest(n) FROM E"), 39_999.0);
    assert_eq!(count(&store, "SELECT earliest(n) FROM E"), 0.0);
    assert_eq!(count(&store, "SELECT count(*) FROM E SINCE 999910000 UNTIL 999920000"), 10_000.0);
}

/// A source that keeps rows of its own and builds a table when it is asked.
struct Rows(Vec<(i64, &'static str)>);

impl Source for Rows {
    fn event_types(&self) -> Vec<String> {
        vec!["E".to_owned()]
    }

    fn table(&self, event_type: &str, range: TimeRange) -> Option<Cow<'_, Table>> {
        let mut table = Table::new(event_type);
        for (time, step) in self.0.iter().filter(|(time, _)| range.contains(*time)) {
            table.append(*time, [("step", *step)]);
        }
        Some(Cow::Owned(table))
    }

    fn lookup(&self, name: &str) -> Option<Cow<'_, Table>> {
        let mut table = Table::new(name);
        table.append(0, [("step", "a")]);
        (name == "steps").then_some(Cow::Owned(table))
    }
}

#[test]
fn a_source_may_build_its_table_and_have_lookups() {
    let rows = Rows(vec![(10, "a"), (20, "b"), (30, "a")]);
    let ask = |text: &str| {
        nrql::evaluate(&nrql::parse(text).unwrap(), &rows, 100).unwrap().value().unwrap().number()
    };
    assert_eq!(ask("SELECT count(*) FROM E WHERE step = 'a' SINCE 15 UNTIL 100"), Some(1.0));
    assert_eq!(ask("SELECT count(*) FROM lookup(steps)"), Some(1.0));
    assert_eq!(ask("SELECT count(*) FROM E WHERE step IN (SELECT step FROM lookup(steps))"), Some(2.0));
}

#[test]
fn the_newest_rows_stay_when_the_oldest_appended_go() {
    let mut store = Store::default();
    let id = |row: i64| format!("{row:032x}");
    for row in 0..40_000 {
        let own = [("id", id(row)), ("step", if row % 2 == 0 { "landing" } else { "claim" }.to_owned())];
        // An attribute that only old rows have, so that its columns are shorter than what is cut.
        let note = (row < 20_000).then(|| ("note", "old".to_owned()));
        store.append("InstantFunnel", row, own.into_iter().chain(note));
    }
    store.append("Log", 0, [("message", "stays")]);
    let ask = |store: &Store, nrql: &str| {
        let query = nrql::parse(nrql).unwrap();
        nrql::evaluate(&query, store, 100_000).unwrap().to_nerdgraph()["results"][0].clone()
    };
    let mut left = 40_000;
    for keep in [39_999, 30_000, 23_617, 23_616, 10_000, 1] {
        assert_eq!(store.keep_newest("InstantFunnel", keep), left - keep);
        left = keep;
        let answer = ask(
            &store,
            "SELECT count(*), uniqueCount(id), count(note), min(timestamp), latest(id) FROM InstantFunnel SINCE 0",
        );
        let oldest = 40_000 - keep as i64;
        assert_eq!(answer["count"], keep);
        assert_eq!(answer["uniqueCount.id"], keep);
        assert_eq!(answer["count.note"], (20_000 - oldest).max(0));
        assert_eq!(answer["min.timestamp"].as_f64(), Some(oldest as f64));
        assert_eq!(answer["latest.id"], id(39_999));
    }
    store.append("InstantFunnel", 50_000, [("id", id(5)), ("note", "new".to_owned())]);
    let answer = ask(&store, "SELECT uniqueCount(id), latest(note) FROM InstantFunnel SINCE 0");
    assert_eq!((answer["uniqueCount.id"].clone(), answer["latest.note"].clone()), (2.into(), "new".into()));
    assert_eq!(store.keep_newest("InstantFunnel", 5), 0);
    assert_eq!(store.keep_newest("InstantFunnel", 0), 2);
    assert_eq!(store.keep_newest("Absent", 0), 0);
    assert_eq!(store.len(), 1, "the other type is as it was");
}
