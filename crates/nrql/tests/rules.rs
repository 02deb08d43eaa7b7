//! What New Relic refuses is refused or told, at its column.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use nrql::{Schema, Severity};

/// Column of the error of the grammar.
fn refused_at(text: &str) -> usize {
    match nrql::parse(text) {
        Ok(_) => panic!("{text} is taken"),
        Err(error) => error.position.column,
    }
}

/// The place of a mark `¦` in a string, and the text without it.
fn marked(text: &str) -> (String, usize) {
    let at = text.chars().position(|c| c == '¦').unwrap_or_else(|| panic!("{text} has no mark"));
    (text.replace('¦', ""), at + 1)
}

#[test]
fn the_grammar_refuses_what_new_relics_does() {
    for text in [
        // A part of digits ends before a letter.
        "SELECT sum(oci.polly.2¦XXCount) FROM T",
        "SELECT a.5¦XX.b FROM T",
        "SELECT count(*) FROM T WHERE http.4¦xx = 1",
        "SELECT count(*) FROM T FACET a.b.1¦st",
        // A word of NRQL is not a part of a name.
        "SELECT sum(health.¦is.up) FROM T",
        "SELECT average(net.bytes.¦in) FROM T",
        "SELECT a FROM T WHERE x.¦from.y = 1",
        "SELECT count(*) FROM T FACET a.¦where",
        "SELECT ¦not.a FROM T",
        "SELECT count(*) FROM x.¦limit",
        "SELECT sum(consumer.¦offset) FROM T",
        // WHERE comes after FROM.
        "SELECT count(*) ¦WHERE a = 1 FROM T",
        "SELECT count(*) AS 'x', max(b) ¦WHERE a = 1 AND b IN (1, 2) FROM T FACET a",
        "SELECT count(*) FROM (SELECT a ¦WHERE b = 1 FROM T)",
        // A span of time is an argument only.
        "SELECT rate(count(*)), 1 ¦second) FROM T",
        "SELECT 5 ¦minutes FROM T",
        // A wild card is a part of a name, and no operator.
        "SELECT a ¦% 60 FROM T",
        "SELECT count(*) FROM T WHERE a LIKE '%'¦%b%'%'",
    ] {
        let (text, column) = marked(text);
        assert_eq!(refused_at(&text), column, "{text}");
    }
    for text in [
        "SELECT sum(`oci.polly.2XXCount`), a.5, a.1.b, a2.b3x FROM T",
        "SELECT `net.bytes.in`, island.instance, a.login FROM T",
        "FROM T WHERE a = 1 SELECT count(*)",
        "FROM T SELECT count(*) WHERE a = 1",
        "SELECT rate(count(*), 1 second), derivative(a, 2 minutes) FROM T TIMESERIES 5 minutes",
        "SELECT count(%.duration), latest(a.%), sum(a.%.b) FROM T",
    ] {
        let query = nrql::parse(text).unwrap_or_else(|error| panic!("{text}\n{error}"));
        assert_eq!(nrql::parse(&query.to_string()).unwrap(), query, "{text}");
    }
}

#[test]
fn the_checker_tells_what_new_relic_refuses() {
    for text in [
        "SELECT count(*) FROM T FACET a ORDER BY count(*) ¦ASC",
        "SELECT count(*) FROM T FACET a ORDER BY max(b) ¦asc LIMIT 5",
        "SELECT a FROM T ORDER BY ¦sum(x) DESC",
        "SELECT count(*) FROM T FACET a LIMIT 3 ORDER BY ¦sum(x) DESC",
        "WITH ¦average(a) AS x SELECT count(*) FROM T",
        "WITH a AS b, ¦max(b) + 1 AS x SELECT count(*) FROM T",
        "WITH a AS x ¦WITH b AS y SELECT x, y FROM T",
        "FROM T WITH a AS x SELECT x, y ¦WITH b AS y",
        "WITH a AS ¦`x%` SELECT count(*) FROM T",
        "WITH aparse(a, '*/*') AS (x, ¦`%y`) SELECT x FROM T",
        "SELECT uniques(a, ¦10001) FROM T",
        "SELECT uniques(a, ¦0) FROM T",
        "SELECT uniqueCount(a, precision: ¦100) FROM T",
        "SELECT uniqueCount(a, precision: ¦60000) FROM T",
        "FROM T JOIN (FROM U SELECT ¦uniques(a) FACET b) ON b SELECT count(*)",
        "FROM T JOIN (FROM U SELECT ¦* LIMIT MAX) ON b SELECT count(*)",
        "FROM T JOIN (FROM U SELECT count(*) FACET b ¦TIMESERIES 1 minute) ON b SELECT count(*)",
        "FROM T JOIN (FROM U SELECT count(*) FACET b SINCE 1 day ago ¦COMPARE WITH 1 day ago) ON b SELECT count(*)",
        "FROM T JOIN (FROM U SELECT count(*) FACET b) ON a = ¦lower(b) SELECT count(*)",
        "FROM T JOIN (FROM U SELECT count(*) FACET b) ON ¦c SELECT count(*)",
        "FROM T JOIN (FROM U SELECT max(a) AS most FACET b) ON b = ¦max SELECT count(*)",
        "SELECT max(n) FROM (SELECT count(*) AS n FROM T FACET a SINCE 1 day ago ¦COMPARE WITH 1 day ago)",
        "SELECT percentile(a, ¦101) FROM T",
        "SELECT percentile(a, 50, ¦-1) FROM T",
        "SELECT percentile(a, ¦'x') FROM T",
        "SELECT bucketPercentile(a, ¦200) FROM T",
        "SELECT histogram(a, 10, ¦501) FROM T",
        "SELECT histogram(a, buckets: ¦0) FROM T",
        "SELECT histogram(a, width: ¦0) FROM T",
        "SELECT sum(¦*) FROM T",
        "SELECT average(¦*), count(*) FROM T",
        "SELECT uniqueCount(¦*) FROM T",
        "SELECT lower(¦*) FROM T",
        "SELECT capture(a, ¦r'x.*') FROM T",
        "SELECT count(*) FROM T WHERE a RLIKE ¦r'(x'",
        "SELECT count(*) FROM T WHERE a RLIKE ¦'a**'",
        "SELECT aparse(a, ¦'x%') FROM T",
        "SELECT jparse(a, ¦'x[') FROM T",
        "SELECT toTimestamp(a, ¦'yyyy dd') FROM T",
        "SELECT toTimestamp(a, ¦'yyyy-MM-dd h:mm') FROM T",
        "SELECT toDatetime(a, ¦'bbb') FROM T",
        "SELECT toDatetime(a, 'yyyy', ¦'Mars/Base') FROM T",
        "SELECT hourOf(a, timezone: ¦'Mars/Base') FROM T",
        "SELECT convert(a, ¦'parsec', 's') FROM T",
        "SELECT convert(a, ¦'s', 'kg') FROM T",
        "SELECT count(*) FROM T FACET ¦buckets(a, 0)",
        "SELECT rate(count(*), ¦5) FROM T",
        "SELECT derivative(a, ¦'x') FROM T",
        "SELECT cdfPercentage(a, ¦'x') FROM T",
        "SELECT ¦apdex(a, t: 0) FROM T",
        "SELECT ¦funnel('x', WHERE a = 1, WHERE b = 2) FROM T",
        "SELECT count(*) FROM T FACET a ¦LIMIT 5001",
    ] {
        let (text, column) = marked(text);
        let query = nrql::parse(&text).unwrap_or_else(|error| panic!("{text}\n{error}"));
        let problems = nrql::check(&query, &Schema::default());
        let errors: Vec<_> = problems.iter().filter(|problem| problem.severity == Severity::Error).collect();
        let [error] = errors.as_slice() else { panic!("{text}: {problems:?}") };
        assert_eq!(error.span.position(&text).column, column, "{text}: {error}");
    }
}

#[test]
fn what_has_no_effect_is_a_warning() {
    for text in [
        "SELECT count(*) FROM T FACET a ORDER BY count(*) ¦DESC",
        "SELECT count(*) FROM T FACET a LIMIT 3 ORDER BY ¦a",
        "SELECT max(n) FROM (SELECT count(*) AS n FROM T FACET a ¦SINCE 1 day ago)",
    ] {
        let (text, column) = marked(text);
        let problems = nrql::check(&nrql::parse(&text).unwrap(), &Schema::default());
        let [warning] = problems.as_slice() else { panic!("{text}: {problems:?}") };
        assert_eq!(
            (warning.severity, warning.span.position(&text).column),
            (Severity::Warning, column),
            "{text}: {warning}"
        );
    }
}

/// What the evaluator refuses of a query by its text alone, the checker tells.
#[test]
fn the_checker_knows_what_the_evaluator_refuses() {
    let store = nrql::Store::default();
    for text in [
        "SELECT percentile(a, 101) FROM T",
        "SELECT uniques(a, 20000) FROM T",
        "SELECT sum(*) FROM T",
        "SELECT capture(a, r'x') FROM T",
        "SELECT histogram(a, 1, 501) FROM T",
        "FROM T JOIN (FROM U SELECT uniques(a)) ON a SELECT count(*)",
        "FROM T JOIN (FROM U SELECT b) ON a SELECT count(*)",
        "SELECT count(*) FROM T FACET a LIMIT 6000",
        "SELECT toTimestamp(a, 'MM') FROM T",
    ] {
        let query = nrql::parse(text).unwrap();
        assert!(nrql::evaluate(&query, &store, 1_000_000_000).is_err(), "{text}");
        assert!(
            nrql::check(&query, &Schema::default()).iter().any(|problem| problem.severity == Severity::Error),
            "{text}"
        );
    }
}
