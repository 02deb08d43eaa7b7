//! What New Relic's reference says of functions and clauses, one kind of fault a test.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use nrql::{Answer, Datum, EvalError, Options, Schema, Severity, Store, Value};
use serde_json::{Value as Json, json};

const NOW: i64 = 1_782_000_000_000;

fn ask(store: &Store, text: &str) -> Answer {
    let query = nrql::parse(text).unwrap_or_else(|error| panic!("{text}\n{error}"));
    nrql::evaluate(&query, store, NOW).unwrap_or_else(|error| panic!("{text}\n{error}"))
}

fn refused(store: &Store, text: &str) -> EvalError {
    let query = nrql::parse(text).unwrap_or_else(|error| panic!("{text}\n{error}"));
    nrql::evaluate(&query, store, NOW).err().unwrap_or_else(|| panic!("{text} is answered"))
}

fn value(expression: &str) -> Json {
    let mut store = Store::default();
    let row = [
        (
            "j",
            Datum::from(
                r#"{"v":[{"l":"A","o":7,"id":1},{"l":"B","o":9,"id":2}],"z":1,"a":{"b c":[1,2,3]},"n":null}"#,
            ),
        ),
        ("unit", Datum::from("ms")),
        ("odd", Datum::from("furlong")),
        ("ip", Datum::from("10.20.30.40/12")),
        ("bits", Datum::from(16)),
        ("plain", Datum::from(false)),
        ("n", Datum::from(90_000)),
    ];
    store.append("T", NOW - 1_000, row);
    ask(&store, &format!("SELECT {expression} AS r FROM T")).value().map_or(Json::Null, Value::to_json)
}

fn numbers(numbers: &[f64]) -> Store {
    let mut store = Store::default();
    for (place, number) in numbers.iter().enumerate() {
        store.append("T", NOW - 1_000 - place as i64, [("d", Datum::from(*number))]);
    }
    store
}

#[test]
fn the_width_of_a_histogram_is_its_whole_range() {
    let store = numbers(&[0.1, 1.0, 2.0, 2.5, 3.999, 9.0, 12.0]);
    let counts = |call: &str| ask(&store, &format!("SELECT {call} AS h FROM T")).value().unwrap().to_json();
    assert_eq!(counts("histogram(d, 3, 3, 1)"), json!([2, 2, 3]));
    assert_eq!(counts("histogram(d, width: 3, buckets: 3, start: 1)"), json!([2, 2, 3]));
    assert_eq!(counts("histogram(d, 10, 2)"), json!([5, 2]));
    assert_eq!(counts("histogram(d, buckets: 5)"), json!([2, 3, 0, 0, 2]));
    assert_eq!(counts("histogram(d, 1, 1)"), json!([7]));
    let bare = counts("histogram(d)");
    let bare = bare.as_array().unwrap();
    assert_eq!(
        (bare.len(), &bare[0], &bare[4], &bare[8], &bare[15], &bare[36], &bare[39]),
        (40, &json!(1), &json!(1), &json!(1), &json!(1), &json!(1), &json!(1))
    );
}

fn accounts() -> Store {
    let mut store = Store::default();
    for (place, (account, guid, duration)) in
        [("a", "g1", 5), ("b", "g2", 50), ("a", "g3", 7), ("b", "g4", 60)].into_iter().enumerate()
    {
        let row =
            [("acct", Datum::from(account)), ("guid", Datum::from(guid)), ("dur", Datum::from(duration))];
        store.append("T", NOW - 1_000 + place as i64, row);
    }
    store
}

#[test]
fn a_faceted_subquery_gives_the_value_that_is_selected() {
    let store = accounts();
    for (condition, expected) in [
        ("guid = (SELECT latest(guid) FROM T FACET acct ORDER BY average(dur) LIMIT 1)", 1),
        ("guid != (SELECT latest(guid) FROM T FACET acct ORDER BY average(dur) LIMIT 1)", 3),
        ("guid IN (SELECT latest(guid) FROM T FACET acct)", 2),
        ("dur > (SELECT max(dur) FROM T WHERE acct = 'a' FACET acct LIMIT 1)", 2),
        ("dur - (SELECT min(dur) FROM T FACET acct LIMIT 1) = 0", 1),
    ] {
        let answer = ask(&store, &format!("SELECT count(*) FROM T WHERE {condition}"));
        assert_eq!(answer.value(), Some(&Value::Int(expected)), "{condition}");
    }
    refused(&store, "SELECT count(*) FROM T WHERE guid = (SELECT latest(guid) FROM T FACET acct)");
}

#[test]
fn a_joined_query_keeps_the_base_range_under_compare_with() {
    let mut store = Store::default();
    let hour = 3_600_000;
    for (event, back, id) in [("T", 1, "x"), ("T", hour + 1, "x"), ("T", hour + 2, "y"), ("U", 5, "x")] {
        store.append(event, NOW - back, [("id", id)]);
    }
    for text in [
        "FROM T JOIN (FROM U SELECT count(*) AS n FACET id) ON id SELECT count(*)",
        "FROM T JOIN (FROM U SELECT id AS key) ON id = key SELECT count(*)",
        "SELECT sum(n) FROM (FROM T JOIN (FROM U SELECT count(*) FACET id) ON id SELECT count(*) AS n FACET id)",
    ] {
        let answer = ask(&store, &format!("{text} SINCE 1 hour ago COMPARE WITH 1 hour ago"));
        let previous = answer.previous.as_ref().unwrap();
        assert_eq!(
            (answer.value(), &previous[0].values[0]),
            (Some(&Value::Int(1)), &Value::Int(1)),
            "{text}"
        );
    }
}

#[test]
fn json_is_taken_apart_by_names_and_places() {
    assert_eq!(
        value("jparse(j, '[z, v]')"),
        json!([1, [{"l": "A", "o": 7, "id": 1}, {"l": "B", "o": 9, "id": 2}]])
    );
    assert_eq!(value(r#"jparse(j, 'v[*]["l", o]')"#), json!([["A", 7], ["B", 9]]));
    assert_eq!(value(r#"jparse(j, 'a["b c"][:-1]')"#), json!([1, 2]));
    assert_eq!(value("jparse(j, '[z, missing]')"), json!([1, null]));
    assert_eq!(value("mapKeys(jparse(j))"), json!(["v", "z", "a", "n"]));
    assert_eq!(value("jparse(j)[a]['b c'][2]"), json!(3));
    let store = numbers(&[1.0]);
    for (definition, names, expected) in [
        (r#"jparse('{"userName":"t","id":1}')"#, "(userName, id)", json!(["t", 1])),
        (r#"jparse('{"userName":"t","id":1}')"#, "(id, userName)", json!([1, "t"])),
        (r#"jparse('{"id":1}')"#, "(id)", json!([1])),
        (r#"jparse('{"id":1}')"#, "(id, no)", json!([1, null])),
        (r#"jparse('["x", "y"]')"#, "(a, b)", json!(["x", "y"])),
        ("aparse('GET /a/b', 'GET /*/*')", "(a, b)", json!(["a", "b"])),
        ("capture('k=v', r'(?P<k>.)=(?P<v>.)')", "(k, v)", json!(["k", "v"])),
        ("capture('k=v', r'(?P<k>.)=.')", "(k)", json!(["k"])),
    ] {
        let selected = names.trim_matches(['(', ')']);
        let answer = ask(&store, &format!("WITH {definition} AS {names} SELECT {selected} FROM T"));
        let row: Vec<Json> = answer.rows[0].values.iter().map(Value::to_json).collect();
        assert_eq!(Json::from(row), expected, "{definition} AS {names}");
        let printed = nrql::parse(&format!("WITH {definition} AS {names} SELECT {selected}")).unwrap();
        assert_eq!(nrql::parse(&printed.to_string()).unwrap(), printed);
    }
}

#[test]
fn a_joined_median_is_a_percentile() {
    let store = accounts();
    for (inner, field, expected) in [
        ("median(dur)", "getField(median, '50.0')", 6.0),
        ("median(dur)", "median['50']", 6.0),
        ("median(dur) AS m", "getField(m, '50.0')", 6.0),
        ("percentile(dur, 50)", "getField(percentile, '50.0')", 6.0),
        ("median(dur) AS m", "m + 0", 6.0),
    ] {
        let text = format!(
            "FROM T JOIN (FROM T SELECT {inner} FACET acct) ON acct SELECT max({field}) WHERE acct = 'a'"
        );
        assert_eq!(ask(&store, &text).value().unwrap().number(), Some(expected), "{text}");
    }
    let text =
        "FROM T JOIN (FROM T SELECT median(dur) FACET acct) ON acct SELECT latest(median) WHERE acct = 'a'";
    assert_eq!(ask(&store, text).value().unwrap().to_json(), json!({ "50": 6 }));
}

#[test]
fn cidr_addresses_are_networks_of_ipv4() {
    for (call, expected) in [
        ("cidrAddress('10.0.0.77', 24)", json!("10.0.0.0/24")),
        ("cidrAddress('10.0.0.77/8', 24)", json!("10.0.0.0/24")),
        ("cidrAddress('10.9.8.7/8')", json!("10.0.0.0/8")),
        ("cidrAddress(ip)", json!("10.16.0.0/12")),
        ("cidrAddress(ip, bits)", json!("10.20.0.0/16")),
        ("cidrAddress('10.9.8.7', 16, false)", json!("10.9.0.0")),
        ("cidrAddress('10.9.8.7', 16, true)", json!("10.9.0.0/16")),
        ("cidrAddress(ip, bits, plain)", json!("10.20.0.0")),
        ("cidrAddress('10.9.8.7', 0)", json!("0.0.0.0/0")),
        ("cidrAddress('10.9.8.7', 32)", json!("10.9.8.7/32")),
        ("cidrAddress('10.9.8.7')", json!(null)),
        ("cidrAddress('10.9.8.7', 33)", json!(null)),
        ("cidrAddress('10.9.8.7', -1)", json!(null)),
        ("cidrAddress('10.9.8.7', 8.5)", json!(null)),
        ("cidrAddress('10.9.8.7/99', 8)", json!(null)),
        ("cidrAddress('10.9.8', 8)", json!(null)),
        ("cidrAddress('2001:db8::1', 32)", json!(null)),
        ("cidrAddress(missing, 8)", json!(null)),
    ] {
        assert_eq!(value(call), expected, "{call}");
    }
}

#[test]
fn units_come_from_texts_and_from_attributes() {
    assert_eq!(value("convert(n, unit, 's')"), json!(90));
    assert_eq!(value("convert(n, missing OR 's', 'h')"), json!(25));
    assert_eq!(value("convert(n, 's', odd)"), json!(null));
    assert_eq!(value("convert(1, 'year', 'd')"), json!(365.25));
    assert_eq!(value("convert(3, 'ft', 'yd')"), json!(1));
    let store = numbers(&[1.0]);
    for text in ["convert(d, 'Sec', 's')", "convert(d, 's', 'kg')", "convert(d, 3, 's')"] {
        refused(&store, &format!("SELECT {text} FROM T"));
    }
}

#[test]
fn what_there_is_none_of_is_zero_or_empty() {
    for (call, expected) in [
        ("getCdfCount('x', 1)", json!(0)),
        ("getCdfCount(missing, 1)", json!(0)),
        ("getCdfCount(plain, 1)", json!(0)),
        ("getCdfCount(1, 1)", json!(1)),
        ("concat()", json!("")),
        ("concat(precision: 2)", json!("")),
        ("concat(missing)", json!("")),
    ] {
        assert_eq!(value(call), expected, "{call}");
    }
    let mut store = Store::default();
    for place in 0..30 {
        store.append("T", NOW - 1_000, [("id", Datum::from(place))]);
    }
    let joined = |limit: &str| {
        ask(&store, &format!("FROM T JOIN (FROM T SELECT id AS key {limit}) ON id = key SELECT count(*)"))
            .value()
            .cloned()
    };
    assert_eq!(joined(""), Some(Value::Int(10)));
    assert_eq!(joined("LIMIT 20"), Some(Value::Int(20)));
    assert_eq!(joined("LIMIT MAX"), Some(Value::Int(30)));
}

#[test]
fn what_new_relic_takes_is_answered() {
    let mut store = accounts();
    store.append("Team", NOW - 1, [("key", "A"), ("plan", "gold")]);
    for (text, expected) in [
        ("FROM T JOIN (FROM Team SELECT key, plan) ON upper(acct) = key SELECT count(*)", json!(2)),
        ("FROM T JOIN (FROM Team SELECT lower(key) AS k) ON concat(acct, '') = k SELECT count(*)", json!(2)),
        ("SELECT percentage(count(*), WHERE acct = 'a', 'more', 7) FROM T", json!(50)),
        ("SELECT sum(conditional(WHERE acct = 'a', dur)) FROM T", json!(12)),
        ("SELECT sum(conditional(WHERE acct = 'a', dur, 1)) FROM T", json!(14)),
        ("SELECT conditional(count(*), WHERE acct = 'a') FROM T", json!(2)),
        ("SELECT average(dur, exclusiveTime: true) FROM T", json!(30.5)),
        ("SELECT count(*) FROM T WITH METRIC_FORMAT 'Custom/{name}'", json!(4)),
        ("SELECT count(*) FROM T WITH METRIC_FORMAT", json!(4)),
        ("SELECT count(%.server%duration) FROM T", json!(0)),
    ] {
        assert_eq!(ask(&store, text).value().unwrap().to_json(), expected, "{text}");
        let query = nrql::parse(text).unwrap();
        let errors: Vec<_> = nrql::check(&query, &Schema::default())
            .into_iter()
            .filter(|problem| problem.severity == Severity::Error)
            .collect();
        assert!(errors.is_empty(), "{text}: {errors:?}");
        assert_eq!(nrql::parse(&query.to_string()).unwrap(), query, "{text}");
    }
}

#[test]
fn dimensions_are_a_value_to_facet_by() {
    let store = accounts();
    let answer = ask(&store, "SELECT count(*) FROM T FACET dimensions(exclude: {guid})");
    let rows: Vec<_> =
        answer.rows.iter().map(|row| (row.facet[0].to_string(), row.values[0].to_json())).collect();
    assert_eq!(rows, [("{acct: a}".to_owned(), json!(2)), ("{acct: b}".to_owned(), json!(2))]);
    let all = ask(&store, "SELECT uniques(dimensions()) FROM T");
    assert_eq!(all.value().unwrap().to_json().as_array().unwrap().len(), 4);
    assert_eq!(
        ask(&store, "SELECT uniqueCount(dimensions(include: {acct})) FROM T").value(),
        Some(&Value::Int(2))
    );
}

#[test]
fn a_range_shorter_than_a_bucket_is_widened_with_a_message() {
    let mut store = accounts();
    store.append("T", NOW - 20 * 3_600_000, [("acct", "c")]);
    for (text, millis) in [
        ("SELECT count(*) FROM T TIMESERIES 1 day", 86_400_000),
        ("SELECT count(*) FROM T TIMESERIES 2 hours SINCE 30 minutes ago", 7_200_000),
        ("SELECT count(*) FROM T TIMESERIES 1 week SLIDE BY 1 day", 604_800_000),
    ] {
        let answer = ask(&store, text);
        let window = answer.rows[0].window.unwrap();
        assert_eq!((answer.rows.len(), window), (1, (NOW - millis, NOW)), "{text}");
        assert_eq!((answer.metadata.begin, answer.metadata.end), window, "{text}");
        assert!(answer.metadata.messages.iter().any(|message| message.contains("widened")), "{text}");
    }
    assert_eq!(ask(&store, "SELECT count(*) FROM T TIMESERIES 1 day").value(), Some(&Value::Int(5)));
}

#[test]
fn long_chains_of_conditions_are_bounded_by_the_size_of_a_query_alone() {
    let store = accounts();
    for joined in [" OR ", " AND ", " OR NOT "] {
        let text = format!("SELECT count(*) FROM T WHERE {}", vec!["dur=5"; 400].join(joined));
        let query = nrql::parse(&text).unwrap();
        let again = nrql::parse(&query.to_string()).unwrap();
        assert_eq!(again, query);
        assert!(nrql::evaluate(&query, &store, NOW).is_ok());
        assert!(
            nrql::check(&query, &Schema::default())
                .iter()
                .all(|problem| problem.severity == Severity::Warning)
        );
    }
    let grouped = nrql::parse("SELECT count(*) FROM T WHERE a = 1 AND (b = 2 AND c = 3)").unwrap();
    assert_eq!(grouped.to_string(), "SELECT count(*) FROM T WHERE a = 1 AND b = 2 AND c = 3");
}

#[test]
fn lookup_tables_take_a_limit_of_20_000() {
    let ok = |text: &str| {
        nrql::check(&nrql::parse(text).unwrap(), &Schema::default())
            .iter()
            .all(|problem| problem.rule != "limit")
    };
    assert!(ok("SELECT a FROM lookup(hosts) LIMIT 20000") && !ok("SELECT a FROM lookup(hosts) LIMIT 20001"));
    assert!(ok("SELECT count(*) FROM T WHERE a IN (FROM lookup(hosts) SELECT a LIMIT 10000)"));
    assert!(ok("FROM T JOIN (FROM lookup(hosts) SELECT a LIMIT 10000) ON a SELECT count(*)"));
    assert!(!ok("SELECT count(*) FROM T FACET a LIMIT 5001"));
}

#[test]
fn facets_need_a_value_in_the_first_aggregate() {
    let mut store = Store::default();
    for (name, number) in [("with", Some(1)), ("without", None), ("with", None)] {
        let number = number.map_or(Datum::Null, Datum::from);
        store.append("T", NOW - 1, [("name", Datum::from(name)), ("n", number)]);
    }
    for (item, facets) in [
        ("max(n)", 1),
        ("max(floor(n))", 1),
        ("rate(count(n), 1 minute)", 1),
        ("filter(sum(n), WHERE name = 'without')", 1),
        ("percentage(count(n), WHERE n > 0)", 1),
        ("round(average(n))", 1),
        ("count(n) * 2", 1),
        ("latest(n) OR 0", 1),
        ("count(*)", 2),
        ("count(1)", 2),
        ("rate(count(*), 1 minute)", 2),
        ("sum(n OR 0)", 2),
        ("count(*) + sum(n)", 2),
    ] {
        let answer = ask(&store, &format!("SELECT {item} FROM T FACET name"));
        assert_eq!(answer.rows.len(), facets, "{item}");
    }
}

#[test]
fn the_memory_limit_is_that_of_all_threads_together() {
    let mut store = Store::default();
    for place in 0..70_000_i64 {
        store.append("T", NOW - 1 - place % 1_000, [("n", Datum::from(place))]);
    }
    // Eight bytes a number, doubled where a vector grows.
    let query = nrql::parse("SELECT percentile(n, 50) FROM T").unwrap();
    let with = |threads, limit| {
        nrql::evaluate_with(&query, &store, NOW, &Options::default().threads(threads).memory_limit(limit))
            .is_ok()
    };
    for threads in [1, 2, 4, 8] {
        assert!(with(threads, 1_600_000), "{threads} threads");
        assert!(!with(threads, 300_000), "{threads} threads");
    }
}
