//! What `funnel contract generate` makes of the shop's contract for its dashboards: each query is right, says something
//! on seeded journeys, and gives what SQL gives.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::path::PathBuf;

use dashboard_tests::data::{Dice, Event, Field, NOW, database_of, store};
use dashboard_tests::rows::{DATE, agree, answered, computed};
use dashboard_tests::{dashboards, pack};
use funnel_contract::{ContractFile, OutputSpec, Target};
use funnel_lint::{Catalogue, LintOptions, Linter};
use serde_json::Value;

const DAY: i64 = 86_400_000;
const COLUMNS: &[&str] = &[
    "kind",
    "timestamp",
    "funnelStep",
    "serviceName",
    "cohort",
    "eventId",
    "journeyId",
    "journeyStart",
    "entryActor",
    "plan",
    "channel",
    "country",
];
const STEPS: [&str; 4] = ["visit", "signup", "activate", "subscribe"];

fn contracts() -> PathBuf {
    dashboards().join("../contracts").canonicalize().unwrap()
}

fn folder() -> PathBuf {
    contracts().join("generated/dashboards")
}

/// Journeys that began in the 50 days before [`NOW`], with repeats, lost ids and probes among them.
fn events() -> Vec<Event> {
    let mut dice = Dice(5);
    let mut events = Vec::new();
    for _ in 0..20_000 {
        let start = NOW - 1 - dice.below(50 * DAY as u64) as i64;
        let (id, entry) = (dice.hex(), dice.pick(&["agent_claude", "human_dashboard", "unknown"]));
        let cohort = if dice.one_in(20) { "synthetic" } else { "real" };
        let (channel, country) = (dice.pick(&["ads", "organic", "referral"]), dice.pick(&["NL", "DE"]));
        let reached = [4, 3, 2, 2, 1, 1, 1, 1][dice.below(8) as usize];
        let mut at = start;
        for step in &STEPS[..reached] {
            let text = |key: &'static str, text: &str| (key, Field::Text(text.to_owned()));
            let mut attributes = vec![
                text("funnelStep", step),
                text("serviceName", if *step == "subscribe" { "billing" } else { "shop" }),
                text("cohort", cohort),
                text("eventId", &dice.hex()),
                text("country", country),
            ];
            if *step == "visit" {
                attributes.push(text("channel", channel));
            } else {
                at += dice.below(4 * DAY as u64) as i64;
            }
            if *step == "visit" || !dice.one_in(40) {
                attributes.push(text("journeyId", &id));
                attributes.push(text("entryActor", entry));
                attributes.push(("journeyStart", Field::Int(start)));
            }
            if matches!(*step, "activate" | "subscribe") {
                attributes.push(text("plan", dice.pick(&["trial", "pro"])));
            }
            let event = Event { kind: "ShopFunnel", at, attributes };
            if dice.one_in(100) {
                events.push(event.clone());
            }
            events.push(event);
        }
    }
    events.retain(|event| event.at < NOW);
    events
}

/// The SQL of a question, and how many columns of it are the facet.
fn sql(name: &str) -> (String, usize) {
    const REAL: &str = "timestamp >= :since AND cohort = 'real'";
    let flags = |steps: &[&str]| {
        let flags = steps.iter().enumerate().map(|(at, step)| format!("max({step}) AS s{at}"));
        flags.collect::<Vec<_>>().join(", ")
    };
    let counts = |count: usize| {
        let sums = (0..count).map(|at| {
            let all: Vec<_> = (0..=at).map(|at| format!("s{at}")).collect();
            format!("sum({})", all.join(" AND "))
        });
        sums.collect::<Vec<_>>().join(", ")
    };
    let steps = STEPS.map(|step| format!("funnelStep = '{step}'"));
    let steps: Vec<_> = steps.iter().map(String::as_str).collect();
    let distinct = |what: &str| {
        STEPS.map(|step| format!("count(DISTINCT CASE funnelStep WHEN '{step}' THEN {what} END)")).join(", ")
    };
    let by = |key: &str| {
        format!(
            "SELECT {key}, funnelStep, count(DISTINCT journeyId) FROM event WHERE {REAL} AND {key} IS NOT NULL GROUP BY 1, 2"
        )
    };
    let of_journeys = |facet: &str, flags: &str, count: usize, and: &str| {
        format!(
            "SELECT f, {} FROM (SELECT {facet} AS f, journeyId, {flags} FROM event WHERE {REAL} AND journeyId IS NOT NULL {and} GROUP BY 1, 2) GROUP BY f",
            counts(count)
        )
    };
    match name {
        "funnel" => (of_journeys("''", &flags(&steps), 4, "").replacen("SELECT f, ", "SELECT ", 1), 0),
        "funnel-by-entry-actor" => (of_journeys("entryActor", &flags(&steps), 4, ""), 1),
        "kpi-activated" => {
            let from = format!("funnelStep = 'signup' AND timestamp - journeyStart <= {}", 2 * DAY);
            let to = format!(
                "funnelStep = 'activate' AND plan IS 'trial' AND timestamp - journeyStart <= {}",
                7 * DAY
            );
            let bounds = "FROM event WHERE timestamp >= :since";
            let mature = format!(
                "AND journeyStart BETWEEN (SELECT min(timestamp) {bounds}) AND (SELECT max(timestamp) {bounds}) - {} - 1",
                7 * DAY
            );
            (of_journeys(DATE, &flags(&[&from, &to]), 2, &mature), 1)
        }
        "conversion-by-start" => (
            format!("SELECT {DATE}, {} FROM event WHERE {REAL} AND journeyStart IS NOT NULL GROUP BY 1", distinct("journeyId")),
            1,
        ),
        "time-from-start" => (
            format!(
                "SELECT funnelStep, avg((timestamp - journeyStart) / 3600000.0), max((timestamp - journeyStart) / 3600000.0), \
                 count(DISTINCT journeyId) FROM event WHERE {REAL} AND journeyStart IS NOT NULL GROUP BY 1"
            ),
            1,
        ),
        "events-over-time" => (format!("SELECT {} FROM event WHERE {REAL}", distinct("eventId")), 0),
        "by-plan" => (by("plan"), 2),
        "by-channel" => (by("channel"), 2),
        "by-country" => (by("country"), 2),
        "freshness" => (
            "SELECT serviceName, max(timestamp), count(*) FROM event WHERE timestamp >= :since GROUP BY 1".to_owned(),
            1,
        ),
        "duplicates" => (
            "SELECT funnelStep, count(*), count(DISTINCT eventId), count(*) - count(DISTINCT eventId) FROM event \
             WHERE timestamp >= :since GROUP BY 1"
                .to_owned(),
            1,
        ),
        "journeys-not-carried" => (
            format!(
                "SELECT funnelStep, 100.0 * sum(journeyId IS NULL) / count(*), 100.0 * sum(journeyStart IS NULL) / count(*), \
                 count(*) FROM event WHERE {REAL} GROUP BY 1"
            ),
            1,
        ),
        unknown => panic!("{unknown} has no SQL to be held against"),
    }
}

#[test]
fn every_query_gives_what_sql_gives() {
    let events = events();
    let (store, database) = (store(&events), database_of(&events, COLUMNS));
    let questions = pack::questions_in(&folder());
    assert_eq!(questions.len(), 12);
    for question in &questions {
        let (sql, facets) = sql(&question.name);
        let (head, range) = question.query.rsplit_once("SINCE ").unwrap();
        let days = match range.trim() {
            "1 week ago" => 7,
            range => range.trim_end_matches(" days ago").parse().unwrap(),
        };
        let since = NOW - days * DAY;
        let query = nrql::parse(&format!("{head}SINCE {since} UNTIL {NOW}")).unwrap();
        let answer = nrql::evaluate(&query, &store, NOW).unwrap();
        let rows = answered(&answer);
        assert!(
            rows.values().flatten().any(|value| value.is_some_and(|value| value != 0.0)),
            "{} says nothing: {rows:?}",
            question.name
        );
        agree(&question.name, &rows, &computed(&database, &sql, facets, since));
    }
}

#[test]
fn the_linter_finds_no_error_and_each_widget_is_a_question() {
    let contract =
        ContractFile::parse(&std::fs::read_to_string(contracts().join("shop.toml")).unwrap()).unwrap();
    let mut catalogue = Catalogue::standard();
    catalogue.add_contract(contract.table());
    let linter = Linter::new(catalogue, LintOptions::default());
    let dashboard = std::fs::read_to_string(folder().join("shop-funnel.json")).unwrap();
    let mut texts = vec![("shop-funnel.json".to_owned(), dashboard.clone())];
    let questions = pack::questions_in(&folder());
    texts.extend(questions.iter().map(|one| (format!("{}.nrql", one.name), one.query.clone())));
    for (name, text) in texts {
        for query in linter.lint_text(&name, &text) {
            assert!(query.is_ok(), "{name}: {:?}", query.findings);
        }
    }
    let json: Value = serde_json::from_str(&dashboard).unwrap();
    let pages = json["pages"].as_array().unwrap();
    let widgets: Vec<_> = pages.iter().flat_map(|page| page["widgets"].as_array().unwrap()).collect();
    let queries =
        widgets.iter().filter_map(|widget| widget["rawConfiguration"]["nrqlQueries"][0]["query"].as_str());
    let mut shown: Vec<_> = queries.map(str::to_owned).collect();
    let mut asked: Vec<_> =
        questions.iter().map(|one| one.query.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    shown.sort();
    asked.sort();
    assert_eq!(shown, asked);
}

#[test]
fn every_contract_gets_queries_without_an_error() {
    let nasty = "event = 'Nasty'\nversion = 1\ncounter = 'nasty_total'\nsteps = ['select', 'from', 'a-b_c']\n\
        [attribute.where]\nrule = 'boolean'\n[attribute.limit]\nrule = { one_of = ['since', 'true'] }\n\
        [kpi.k]\nfrom = { step = 'select', where = { where = false } }\n\
        to = { step = 'select', where = { limit = 'true' }, within = '36 hours' }\n";
    let files = std::fs::read_dir(contracts()).unwrap().map(|file| file.unwrap().path());
    let texts = files.filter(|path| path.extension().is_some_and(|extension| extension == "toml"));
    let texts = texts.map(|path| std::fs::read_to_string(path).unwrap()).chain([nasty.to_owned()]);
    let mut count = 0;
    for text in texts {
        let contract = ContractFile::parse(&text).unwrap();
        let mut catalogue = Catalogue::standard();
        catalogue.add_contract(contract.table());
        let linter = Linter::new(catalogue, LintOptions::default());
        let output = OutputSpec { target: Target::Dashboards, path: "dashboard.json".to_owned() };
        for made in contract.generate_one(&output) {
            let queries = linter.lint_text(&made.path, &made.text);
            assert!(!queries.is_empty(), "{}: {}", contract.event, made.path);
            for query in queries {
                assert!(
                    query.is_ok(),
                    "{}: {}: {:?}\n{}",
                    contract.event,
                    made.path,
                    query.findings,
                    made.text
                );
                count += 1;
            }
        }
    }
    assert!(count > 80, "{count}");
}
