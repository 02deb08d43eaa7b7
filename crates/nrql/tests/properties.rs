//! What holds for any query and any text.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::time::{Duration, Instant};

use nrql::{Datum, EvalError, Options, Store};
use proptest::prelude::*;

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("a".to_owned()),
        Just("b".to_owned()),
        Just("trace.id".to_owned()),
        Just("count".to_owned()),
        "[a-z][a-zA-Z0-9_]{0,6}"
            .prop_filter("reserved", |name| nrql::parse(&format!("SELECT {name} FROM T")).is_ok()),
        "[a-zA-Z %/-]{1,8}".prop_map(|name| format!("`{name}`")),
    ]
}

fn literal() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<u32>().prop_map(|number| number.to_string()),
        any::<f64>()
            .prop_filter("finite", |number| number.is_finite())
            .prop_map(|number| format!("{:?}", number.abs())),
        "[a-z'\\\\ %*]{0,8}"
            .prop_map(|text| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))),
        Just("true".to_owned()),
        Just("r'a+(b)?'".to_owned()),
    ]
}

/// A value or a condition; parentheses keep the text valid wherever it lands.
fn expr() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![name(), literal()];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let pair = (inner.clone(), inner.clone());
        prop_oneof![
            (pair.clone(), prop::sample::select(vec!["+", "-", "*", "/"]))
                .prop_map(|((a, b), op)| format!("({a} {op} {b})")),
            (pair.clone(), prop::sample::select(vec!["=", "!=", "<", "<=", ">", ">="]))
                .prop_map(|((a, b), op)| format!("({a} {op} {b})")),
            (pair, prop::sample::select(vec!["AND", "or"]))
                .prop_map(|((a, b), op)| format!("({a} {op} {b})")),
            inner.clone().prop_map(|a| format!("(-{a})")),
            inner.clone().prop_map(|a| format!("(not {a})")),
            inner.clone().prop_map(|a| format!("({a} IS NOT NULL)")),
            (inner.clone(), "[a-z%]{0,5}").prop_map(|(a, pattern)| format!("({a} NOT LIKE '{pattern}')")),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|values| format!(
                "({} IN ({}))",
                values[0],
                values.join(", ")
            )),
            (
                prop::sample::select(vec!["lower", "abs", "if", "concat", "round", "length"]),
                prop::collection::vec(inner.clone(), 1..4)
            )
                .prop_map(|(function, args)| format!("{function}({})", args.join(", "))),
            (inner, 0..3_u8).prop_map(|(a, place)| format!("{a}[{place}]")),
        ]
    })
}

fn item() -> impl Strategy<Value = String> {
    let aggregate = prop::sample::select(vec![
        "count",
        "sum",
        "average",
        "max",
        "uniqueCount",
        "latest",
        "percentile",
        "uniques",
        "stddev",
    ]);
    prop_oneof![
        Just("count(*)".to_owned()),
        (aggregate, expr()).prop_map(|(function, of)| format!("{function}({of})")),
        (expr(), "[a-z ]{0,6}")
            .prop_map(|(condition, label)| format!("filter(count(*), WHERE {condition}) AS '{label}'")),
        (name(), expr(), expr())
            .prop_map(|(id, one, two)| format!("funnel({id}, WHERE {one} AS 'one', WHERE {two})")),
        (expr(), 1..90_u8).prop_map(|(of, amount)| format!("rate(sum({of}), {amount} minutes)")),
        expr(),
    ]
}

fn query() -> impl Strategy<Value = String> {
    let items = prop::collection::vec(item(), 1..4).prop_map(|items| format!("SELECT {}", items.join(", ")));
    let clauses = prop::collection::vec(
        prop_oneof![
            expr().prop_map(|condition| (0, format!("WHERE {condition}"))),
            prop::collection::vec(expr(), 1..3).prop_map(|keys| (1, format!("FACET {}", keys.join(", ")))),
            (expr(), expr()).prop_map(|(one, or)| (1, format!("FACET CASES(WHERE {one} AS 'x') OR {or}"))),
            (0..100_u16).prop_map(|limit| (2, format!("LIMIT {limit}"))),
            Just((3, "SINCE 1 day ago".to_owned())),
            Just((3, "since today at '9:30'".to_owned())),
            Just((4, "TIMESERIES".to_owned())),
            (1..50_u8).prop_map(|amount| (4, format!("timeseries {amount} minutes"))),
            Just((5, "SLIDE BY AUTO".to_owned())),
            Just((6, "COMPARE WITH 2 hours ago".to_owned())),
            Just((7, "WITH TIMEZONE 'Europe/Berlin'".to_owned())),
            Just((8, "EXTRAPOLATE".to_owned())),
            expr().prop_map(|value| (9, format!("WITH {value} AS a"))),
            expr().prop_map(|key| (10, format!("ORDER BY {key} DESC"))),
        ],
        0..6,
    );
    let from = prop_oneof![
        Just("FROM T".to_owned()),
        Just("FROM T, U".to_owned()),
        expr().prop_map(|of| format!("FROM (SELECT count({of}) AS b FROM T FACET a)"))
    ];
    (items, from, clauses, any::<bool>()).prop_map(|(select, from, mut clauses, from_first)| {
        clauses.sort_by_key(|(kind, _)| *kind);
        clauses.dedup_by_key(|(kind, _)| *kind);
        let rest: Vec<String> = clauses.into_iter().map(|(_, text)| text).collect();
        let head = if from_first { format!("{from} {select}") } else { format!("{select} {from}") };
        format!("{head} {}", rest.join(" "))
    })
}

fn store() -> Store {
    let mut store = Store::default();
    for place in 0..300_i64 {
        let row = [
            ("a", if place % 3 == 0 { Datum::from(place) } else { Datum::from("text") }),
            ("b", Datum::from(place as f64 / 7.0)),
            ("count", if place % 5 == 0 { Datum::Null } else { Datum::from(place % 2 == 0) }),
        ];
        store.append("T", place * 10_000, row);
    }
    store
}

const NOW: i64 = 3_600_000;

/// A query of the grammar, which must parse.
fn parsed(text: &str) -> Result<nrql::Query, TestCaseError> {
    nrql::parse(text).map_err(|error| TestCaseError::fail(format!("{text}\n{error}")))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn printing_is_the_inverse_of_parsing(text in query()) {
        let query = parsed(&text)?;
        let printed = query.to_string();
        let again = nrql::parse(&printed).map_err(|error| TestCaseError::fail(format!("{text}\n{printed}\n{error}")))?;
        prop_assert_eq!(&again, &query, "{}", printed);
        prop_assert_eq!(again.to_string(), printed);
    }

    #[test]
    fn any_query_is_answered_or_refused_without_a_panic(text in query()) {
        let query = parsed(&text)?;
        let _ = nrql::check(&query, &nrql::Schema::default());
        let _ = nrql::check_for(&query, &nrql::Schema::default(), nrql::Mode::Alert);
        let answer = nrql::evaluate(&query, &store(), NOW);
        prop_assert_ne!(&answer, &Err(EvalError::Internal));
        if let Ok(answer) = answer {
            prop_assert!(answer.to_nerdgraph().is_object());
            prop_assert!(answer.to_table().ends_with('\n'));
            prop_assert!(answer.to_csv().ends_with('\n'));
        }
    }

    #[test]
    fn the_number_of_threads_does_not_change_the_answer(text in query()) {
        let query = parsed(&text)?;
        let store = large();
        let with = |threads| nrql::evaluate_with(&query, store, NOW, &Options::default().threads(threads)).map(|answer| rounded(&answer));
        prop_assert_eq!(with(1), with(3), "{}", text);
    }

    #[test]
    fn random_text_is_an_error_and_never_a_panic(text in "\\PC{0,200}") {
        let _ = nrql::parse(&text);
    }

    #[test]
    fn random_tokens_are_an_error_and_never_a_panic(words in prop::collection::vec(prop::sample::select(vec![
        "SELECT", "FROM", "WHERE", "FACET", "AS", "(", ")", ",", "*", "'x'", "r'x'", "`y`", "count", "T", "1", "2.5", "day", "AGO", "SINCE",
        "NOT", "IN", "LIKE", "IS", "NULL", "-", "=", "<", "CASES", "WITH", "JOIN", "ON", "LIMIT", "MAX", "TIMESERIES", "[", "]", "{", "}", "t:",
    ]), 0..40)) {
        if let Ok(query) = nrql::parse(&words.join(" ")) {
            let printed = query.to_string();
            prop_assert_eq!(nrql::parse(&printed).unwrap(), query, "{}", printed);
        }
    }

    #[test]
    fn random_bytes_are_an_error_and_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = nrql::parse(&String::from_utf8_lossy(&bytes));
    }
}

/// Enough rows for several threads, few enough for a test.
fn large() -> &'static Store {
    static STORE: std::sync::OnceLock<Store> = std::sync::OnceLock::new();
    STORE.get_or_init(|| {
        let mut store = Store::default();
        for place in 0..66_000_i64 {
            let row =
                [("a", Datum::from(["x", "y", "z"][place as usize % 3])), ("b", Datum::from(place % 11))];
            store.append("T", place * 50, row);
        }
        store
    })
}

/// Sums of broken numbers depend on their order in the last digits.
fn rounded(answer: &nrql::Answer) -> Vec<String> {
    let text = |value: &nrql::Value| {
        value.number().map_or_else(|| value.to_string(), |number| format!("{number:.6e}"))
    };
    let row = |row: &nrql::Row| row.facet.iter().chain(&row.values).map(text).collect::<Vec<_>>().join("|");
    answer.rows.iter().chain(&answer.total).chain(&answer.other).map(row).collect()
}

#[test]
fn deep_and_long_texts_end_in_an_error() {
    let deep = [
        format!("SELECT {}1{} FROM T", "(".repeat(100_000), ")".repeat(100_000)),
        format!("SELECT {}1 FROM T", "-".repeat(99_999).replace('-', "- ")),
        format!("SELECT a FROM T WHERE {} a", "NOT ".repeat(100_000)),
        format!("SELECT {} FROM T", vec!["a"; 100_000].join(" + ")),
        format!("SELECT a FROM T WHERE {}", vec!["a = 1"; 100_000].join(" OR ")),
        format!("SELECT a FROM T {}", "WHERE a = 1 ".repeat(100_000)),
        format!("SELECT {}1{} FROM T", "abs(".repeat(50_000), ")".repeat(50_000)),
        format!("SELECT a{} FROM T", "[0]".repeat(50_000)),
        format!("SELECT a {}", "FROM (SELECT a ".repeat(20_000)),
    ];
    for text in deep {
        assert!(nrql::parse(&text).is_err(), "{}", &text[..60]);
    }
    let wide = format!("SELECT a FROM T WHERE a IN ({})", vec!["'x'"; 100_000].join(", "));
    let query = nrql::parse(&wide).unwrap();
    assert_eq!(nrql::parse(&query.to_string()).unwrap(), query);
}

/// On a thread as small as a runtime's workers are.
#[test]
fn the_tallest_query_that_is_read_is_answered_on_any_stack() {
    let tall = [
        format!("SELECT count(*) FROM T WHERE {}", vec!["(place + 1) = 2"; 290].join(" OR ")),
        format!("SELECT {} FROM T", vec!["count(*)"; 290].join(" + ")),
        format!("SELECT sum({}) FROM T", vec!["place"; 290].join(" * ")),
        format!("SELECT count(*) FROM T WHERE {}place = 1{}", "NOT (".repeat(30), ")".repeat(30)),
    ];
    let run = move || {
        let mut store = Store::default();
        for place in 0..100 {
            store.append("T", NOW - 1, [("place", Datum::from(place))]);
        }
        for text in tall {
            let query = nrql::parse(&text).unwrap();
            assert!(nrql::evaluate(&query, &store, NOW).is_ok(), "{}", &text[..60]);
        }
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
}

#[test]
fn memory_is_bounded_by_an_error() {
    let mut store = Store::default();
    for place in 0..50_000_i64 {
        store.append("T", place, [("id", Datum::from(format!("id number {place}")))]);
    }
    let small = Options::default().memory_limit(1 << 20);
    for text in [
        "SELECT count(*) FROM T FACET id",
        "SELECT uniques(id, 10000) FROM T",
        "SELECT percentile(timestamp, 1), percentile(-timestamp, 1), percentile(timestamp + 1, 1), percentile(timestamp + 2, 1) FROM T",
        "SELECT average(count) FROM (SELECT count(*) FROM T FACET id LIMIT MAX)",
    ] {
        let query = nrql::parse(text).unwrap();
        let answer = nrql::evaluate_with(&query, &store, NOW, &small);
        assert_eq!(answer, Err(EvalError::MemoryLimit { limit: 1 << 20 }), "{text}");
        assert!(nrql::evaluate(&query, &store, NOW).is_ok(), "{text}");
    }
}

/// The clock is looked at however much a single row costs, and also while facets are ranked.
#[test]
fn a_query_that_does_very_much_ends_in_time() {
    let mut store = Store::default();
    for place in 0..20_000_i64 {
        let texts = [("id", format!("id {place}")), ("place", format!("somewhere {place}"))];
        store.append("T", NOW - 1, texts);
    }
    let pattern = |at: usize| format!("concat(id, place) LIKE '%{at}x%{at}y%'");
    let groups: Vec<String> = (0..5)
        .map(|group| (0..200).map(|at| pattern(group * 200 + at)).collect::<Vec<_>>().join(" OR "))
        .collect();
    let condition = groups.join(") OR (");
    let different: Vec<String> = (0..200).map(|at| format!("uniqueCount(concat(place, '{at}'))")).collect();
    let limit = Duration::from_millis(200);
    for text in [
        format!("SELECT count(*) FROM T WHERE ({condition})"),
        format!("SELECT id FROM T WHERE ({condition})"),
        format!("SELECT filter(count(*), WHERE ({condition})) FROM T"),
        format!("SELECT count(*) FROM T FACET CASES (WHERE ({condition}))"),
        format!("SELECT {} FROM T FACET id", different.join(" + ")),
    ] {
        let query = nrql::parse(&text).unwrap();
        let begun = Instant::now();
        let answer = nrql::evaluate_with(&query, &store, NOW, &Options::default().time_limit(Some(limit)));
        assert_eq!(answer.map(|_| ()), Err(EvalError::TimeLimit), "{}", &text[..60]);
        assert!(begun.elapsed() < limit * 30, "{:?} {}", begun.elapsed(), &text[..60]);
    }
}

#[test]
fn more_results_than_a_thousand_are_refused_before_anything_is_done() {
    let of = |count: usize| nrql::parse(&format!("SELECT {} FROM T", vec!["1"; count].join(", "))).unwrap();
    assert!(nrql::evaluate(&of(1_000), &store(), NOW).is_ok());
    let answer = nrql::evaluate(&of(30_000), &store(), NOW);
    assert!(matches!(answer, Err(EvalError::Invalid { .. })), "{answer:?}");
}

/// An answer is as bounded as what is kept to make it.
#[test]
fn answers_are_bounded_by_an_error() {
    let mut store = Store::default();
    for place in 0..3_000_i64 {
        let time = NOW - 1 - place % 300 * 60_000;
        store.append("T", time, [("id", format!("id {}", place % 600)), ("long", "x".repeat(4_000))]);
    }
    let small = Options::default().memory_limit(8 << 20);
    for text in [
        "SELECT * FROM T LIMIT MAX SINCE 1 day ago",
        "SELECT count(*) FROM T FACET id LIMIT MAX TIMESERIES 5 minutes SINCE 1 day ago",
    ] {
        let query = nrql::parse(text).unwrap();
        let answer = nrql::evaluate_with(&query, &store, NOW, &small);
        assert_eq!(answer.map(|_| ()), Err(EvalError::MemoryLimit { limit: 8 << 20 }), "{text}");
        assert!(nrql::evaluate(&query, &store, NOW).is_ok(), "{text}");
    }
}

#[test]
fn time_is_bounded_by_an_error() {
    let query = nrql::parse("SELECT count(*) FROM T FACET concat(a, b)").unwrap();
    let none = Options::default().time_limit(Some(Duration::ZERO));
    assert_eq!(nrql::evaluate_with(&query, &store(), NOW, &none), Err(EvalError::TimeLimit));
}
