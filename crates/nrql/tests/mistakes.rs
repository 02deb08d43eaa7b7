//! The messages for typical mistakes, kept in `mistakes.txt`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests fail by panicking")]

use std::fmt::Write;

use nrql::{AttributeSchema, EventSchema, Mode, Schema, ValueType};

/// Mode, then the query.
const MISTAKES: &[(Mode, &str)] = &[
    // The grammar.
    (Mode::Query, "SELECT count(*) FORM InstantFunnel"),
    (Mode::Query, "SELCT count(*) FROM InstantFunnel"),
    (Mode::Query, "count(*) FROM InstantFunnel"),
    (Mode::Query, "SELECT count(*)"),
    (Mode::Query, "FROM InstantFunnel WHERE tier = 'free'"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel WHERE tier = \"free\""),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel WHERE tier = 'free"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel WHERE tier == 'free'"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel WHERE tier <> 'free'"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel WHERE tier = NULL"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel WHERE tier IS 'free'"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel WHERE tier IN 'free', 'pro'"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel WHERE tier IN ()"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel WHERE tier LIKE '10\\%' ESCAPE '\\\\'"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel WHERE"),
    (Mode::Query, "SELECT count(*), FROM InstantFunnel"),
    (Mode::Query, "SELECT count(* FROM InstantFunnel"),
    (Mode::Query, "SELECT count(*)) FROM InstantFunnel"),
    (Mode::Query, "SELECT filter(count(*) WHERE tier = 'free') FROM InstantFunnel"),
    (Mode::Query, "SELECT count(*) 'sign-ups' FROM InstantFunnel"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel GROUP BY tier"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel FACET BY tier"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel FACET tier HAVING count(*) > 5"),
    (Mode::Query, "SELECT DISTINCT tier FROM InstantFunnel"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel SINCE 30 min ago"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel SINCE 1 hour"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel SINCE 1.5 days ago"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel SINCE 2 fortnights ago"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel SINCE yesturday"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel SINCE '2026-02-30'"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel TIMESERIES 5 min"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel TIMESERISE 5 minutes"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel WITH TIMEZONE 'Berlin'"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel LIMIT ten"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel LIMIT 5 LIMIT 10"),
    (Mode::Query, "SELECT duration % 60 FROM InstantFunnel"),
    (Mode::Query, "SELECT count(*) FROM 'InstantFunnel'"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel WHERE from = 'x'"),
    (Mode::Query, "FROM InstantFunnel JOIN Team ON teamId SELECT count(*)"),
    (Mode::Query, "DELETE FROM InstantFunnel"),
    // Functions.
    (Mode::Query, "SELECT uniqeCount(journeyId) FROM InstantFunnel"),
    (Mode::Query, "SELECT percentage(count(*)) FROM InstantFunnel"),
    (Mode::Query, "SELECT percentage(count(*), tier = 'free') FROM InstantFunnel"),
    (
        Mode::Query,
        "SELECT funnel(journeyId, funnelStep = 'landing', funnelStep = 'claim') FROM InstantFunnel",
    ),
    (Mode::Query, "SELECT funnel(journeyId, WHERE funnelStep = 'landing') FROM InstantFunnel"),
    (Mode::Query, "SELECT sum(average(duration)) FROM InstantFunnel"),
    (Mode::Query, "SELECT rate(duration, 1 minute) FROM InstantFunnel"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel WHERE count(*) > 5"),
    (Mode::Query, "SELECT count(*), tier FROM InstantFunnel"),
    (Mode::Query, "SELECT tier FROM InstantFunnel FACET tier"),
    (Mode::Query, "SELECT histogram(duration, witdh: 5) FROM InstantFunnel"),
    (Mode::Query, "SELECT count(*), count(*) FROM InstantFunnel"),
    (Mode::Query, "SELECT capture(tier, r'(?P<x>.*') FROM InstantFunnel"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel FACET tier LIMIT 9000"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel TIMESERIES 1 minute SINCE 1 week ago"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel SINCE 1 hour ago UNTIL 2 hours ago"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel FACET tier ORDER BY tier"),
    // The schema.
    (Mode::Query, "SELECT count(*) FROM InstantFunel"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel FACET funelStep"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel WHERE funnelStep = 'claimed'"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel WHERE funnelStep = 'Paid'"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel WHERE funnelStep LIKE '%sale%'"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel WHERE renewal = 'true'"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel WHERE duration > '100'"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel WHERE tier IS TRUE"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel WHERE eventId = 'ABC'"),
    (Mode::Query, "SELECT count(*) FROM InstantFunnel WHERE tier != 'free'"),
    (
        Mode::Query,
        "SELECT funnel(teamId, WHERE funnelStep = 'landing', WHERE funnelStep = 'claim') FROM InstantFunnel",
    ),
    (Mode::Query, "SELECT filter(count(*), WHERE funnelStep = 'provisioned') FROM InstantFunnel"),
    // Alerts.
    (Mode::Alert, "SELECT count(*) FROM InstantFunnel SINCE 1 hour ago"),
    (Mode::Alert, "SELECT count(*), uniqueCount(journeyId) FROM InstantFunnel"),
    (
        Mode::Alert,
        "SELECT funnel(journeyId, WHERE funnelStep = 'landing', WHERE funnelStep = 'claim') FROM InstantFunnel",
    ),
    (
        Mode::Alert,
        "SELECT count(*) FROM InstantFunnel WHERE journeyId IN (SELECT uniques(journeyId) FROM InstantFunnel)",
    ),
    (Mode::Alert, "SELECT journeyId FROM InstantFunnel"),
];

fn schema() -> Schema {
    let event = EventSchema::new("InstantFunnel")
        .attribute(AttributeSchema::new("funnelStep", ValueType::Text).values([
            "landing",
            "provision",
            "claim",
            "paid",
        ]))
        .attribute(AttributeSchema::new("journeyId", ValueType::Text))
        .attribute(
            AttributeSchema::new("eventId", ValueType::Text)
                .pattern("[0-9a-f]{32}", "32 lower-case hex digits"),
        )
        .attribute(AttributeSchema::new("tier", ValueType::Text).optional())
        .attribute(AttributeSchema::new("teamId", ValueType::Text).only_when("funnelStep", ["claim", "paid"]))
        .attribute(AttributeSchema::new("duration", ValueType::Number).optional())
        .attribute(AttributeSchema::new("renewal", ValueType::Boolean).only_when("funnelStep", ["paid"]));
    Schema::default().event(event)
}

fn told(mode: Mode, text: &str) -> String {
    let query = match nrql::parse(text) {
        Ok(query) => query,
        Err(error) => return error.to_string(),
    };
    let problems = nrql::check_for(&query, &schema(), mode);
    problems.iter().map(|problem| problem.in_text(text)).collect::<Vec<_>>().join("\n")
}

/// `UPDATE_MISTAKES=1 cargo test -p nrql --test mistakes` writes the file anew; read its difference before you keep it.
#[test]
fn every_mistake_is_told_as_it_was() {
    let mut page = String::new();
    for (mode, text) in MISTAKES {
        let message = told(*mode, text);
        assert!(!message.is_empty(), "no message for {text}");
        let mode = if *mode == Mode::Alert { "alert> " } else { "query> " };
        writeln!(page, "{mode}{text}\n{message}\n").unwrap();
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mistakes.txt");
    if std::env::var_os("UPDATE_MISTAKES").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    for (now, before) in page.split("\n\n").zip(kept.split("\n\n")) {
        assert_eq!(now, before, "a message changed");
    }
    assert_eq!(page, kept);
    assert!(MISTAKES.len() >= 40);
}

#[test]
fn what_is_right_is_not_scolded() {
    for text in [
        "SELECT count(*) FROM InstantFunnel",
        "SELECT uniqueCount(journeyId) AS 'journeys' FROM InstantFunnel WHERE funnelStep = 'claim' FACET tier LIMIT MAX SINCE 1 week ago",
        "SELECT funnel(journeyId, WHERE funnelStep = 'landing' AS 'l', WHERE funnelStep = 'paid' AS 'p') FROM InstantFunnel",
        "SELECT percentage(count(*), WHERE renewal IS TRUE) FROM InstantFunnel TIMESERIES",
        "FROM InstantFunnel SELECT filter(count(*), WHERE tier = 'free') / count(*) AS 'share' FACET hourOf(timestamp, string)",
        "SELECT average(n) FROM (SELECT count(*) AS n FROM InstantFunnel FACET journeyId LIMIT MAX) WHERE n > 2",
        "WITH lower(tier) AS t SELECT count(*) FROM InstantFunnel FACET t",
        "FROM InstantFunnel SELECT funnel(teamId, WHERE funnelStep = 'claim', WHERE funnelStep = 'paid')",
    ] {
        assert_eq!(told(Mode::Query, text), "", "{text}");
    }
    assert_eq!(
        told(Mode::Alert, "SELECT filter(count(*), WHERE funnelStep = 'paid') FROM InstantFunnel FACET tier"),
        ""
    );
}
