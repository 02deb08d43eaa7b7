//! The KPI queries give the numbers of the KPI engine over mature journeys.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::collections::{BTreeMap, BTreeSet};

use dashboard_tests::data::{Event, Field, NOW, events, store};
use dashboard_tests::pack;
use funnel_lab::kpi::{Bounded, Condition, Journeys, Kpi, StepRule, TakenStep};
use nrql::{Row, Store, Value};

const DAY: i64 = 86_400_000;
const COHORT: usize = 0;
const TIER: usize = 1;
const RENEWAL: usize = 2;

/// A KPI of `docs/kpi.md`, as the engine takes it, with the name of its query.
fn kpis() -> [(&'static str, Kpi); 2] {
    let kpi = |name: &str, from: Bounded, to: Bounded| Kpi {
        name: name.to_owned(),
        title: name.to_owned(),
        from,
        to,
        target: None,
    };
    let within = |rule: StepRule, days: i64| Bounded { rule, within: days * DAY };
    let claim = || StepRule::any("claim", 2);
    let provision = StepRule::any("provision", 1).when(Condition::is(TIER, "anonymous"));
    let paid = StepRule::any("paid", 3).when(Condition::is_not(RENEWAL, "true"));
    [
        (
            "kpi-claimed-per-provisioned",
            kpi("claimed_per_provisioned", within(provision, 1), within(claim(), 7)),
        ),
        ("kpi-paid-per-claimed", kpi("paid_per_claimed", within(claim(), 7), within(paid, 30))),
    ]
}

fn start(event: &Event) -> Option<i64> {
    event.attributes.iter().find_map(|(key, value)| match value {
        Field::Int(start) if *key == "journeyStart" => Some(*start),
        _ => None,
    })
}

/// Whether its events say different beginnings, by journey.
fn contradicted(events: &[Event]) -> BTreeSet<String> {
    let mut starts: BTreeMap<&str, BTreeSet<i64>> = BTreeMap::new();
    for event in events {
        if let Some((id, start)) = event.text("journeyId").zip(start(event)) {
            starts.entry(id).or_default().insert(start);
        }
    }
    let several = starts.into_iter().filter(|(_, starts)| starts.len() > 1);
    several.map(|(id, _)| id.to_owned()).collect()
}

/// The funnel's events of journeys with one beginning, of the last `days`.
fn data(days: i64) -> Vec<Event> {
    let mut events = events(200_000);
    let contradicted = contradicted(&events);
    assert!(!contradicted.is_empty() && contradicted.len() < 500, "{}", contradicted.len());
    events.retain(|event| {
        let is_one = event.text("journeyId").is_none_or(|id| !contradicted.contains(id));
        event.kind == "InstantFunnel" && event.at >= NOW - days * DAY && is_one
    });
    // On the bounds, and a millisecond past them.
    for late in [0, 1] {
        events.extend(at_the_bounds(late, days));
    }
    events
}

/// Journeys that take each step at its very bound, and `late` milliseconds after it.
fn at_the_bounds(late: i64, days: i64) -> Vec<Event> {
    let begun = NOW - (days - 2) * DAY;
    let text = |text: &str| Field::Text(text.to_owned());
    let mut events = Vec::new();
    for (moved, [provision, claim, paid]) in
        [[late, 0, 0], [0, late, 0], [0, 0, late]].into_iter().enumerate()
    {
        for (step, at) in
            [("provision", DAY + provision), ("claim", 7 * DAY + claim), ("paid", 30 * DAY + paid)]
        {
            let attributes = vec![
                ("funnelStep", text(step)),
                ("cohort", text("real")),
                ("tier", text("anonymous")),
                ("journeyId", Field::Text(format!("at the bounds {late} {moved}"))),
                ("journeyStart", Field::Int(begun)),
            ];
            events.push(Event { kind: "InstantFunnel", at: begun + at, attributes });
        }
    }
    events.retain(|event| event.at < NOW);
    events
}

fn engine(events: &[Event]) -> Journeys {
    let mut journeys =
        Journeys::new(&["landing", "provision", "claim", "paid"], &["cohort", "tier", "renewal"]);
    let steps = ["landing", "provision", "claim", "paid"];
    for event in events {
        let renewal = event.attributes.iter().find_map(|(key, value)| match value {
            Field::Bool(renewal) if *key == "renewal" => Some(if *renewal { "true" } else { "false" }),
            _ => None,
        });
        journeys.take(&TakenStep {
            journey: event.text("journeyId"),
            step: event.text("funnelStep").and_then(|name| steps.iter().position(|step| *step == name)),
            nanos: event.at * 1_000_000,
            start: start(event),
            values: &[event.text("cohort"), event.text("tier"), renewal],
        });
    }
    journeys
}

/// The two numbers of a funnel.
fn steps(row: &Row) -> [u64; 2] {
    let mut numbers = Vec::new();
    fn collect(value: &Value, into: &mut Vec<u64>) {
        match value {
            Value::Int(number) => into.push(u64::try_from(*number).unwrap()),
            Value::List(items) => items.iter().for_each(|item| collect(item, into)),
            Value::Map(entries) => entries.iter().for_each(|(_, value)| collect(value, into)),
            Value::Text(_) => {}
            other => panic!("no step: {other:?}"),
        }
    }
    row.values.iter().for_each(|value| collect(value, &mut numbers));
    numbers.try_into().unwrap()
}

/// The numbers of a query, by facet.
fn asked(store: &Store, name: &str) -> BTreeMap<String, [u64; 2]> {
    let answer = nrql::evaluate(&nrql::parse(&pack::named(name).query).unwrap(), store, NOW).unwrap();
    let facet = |row: &Row| row.facet.iter().map(ToString::to_string).collect::<String>();
    answer.rows.iter().map(|row| (facet(row), steps(row))).collect()
}

/// How NRQL's `dateOf` writes a day.
fn date(store: &Store, day: i64) -> String {
    let query = format!("FROM InstantFunnel SELECT latest(dateOf({day})) SINCE 100 days ago");
    let answer = nrql::evaluate(&nrql::parse(&query).unwrap(), store, NOW).unwrap();
    answer.value().unwrap().to_string()
}

/// The retention is the days for which events are there.
fn agree(retention: i64) {
    let events = data(retention);
    let (store, view) = (store(&events), engine(&events).view());
    let filters = [Condition::is(COHORT, "real")];
    for (name, kpi) in kpis() {
        let oldest_asked = NOW - if name == "kpi-paid-per-claimed" { 90 } else { 40 } * DAY;
        let times = || events.iter().map(|event| event.at).filter(|at| *at >= oldest_asked);
        let (oldest, newest) = (times().min().unwrap(), times().max().unwrap());
        let overall = view.kpi(&kpi, &[oldest, newest], &filters, newest).mature;
        assert!(overall.from > 500 && overall.to > 50, "{name}: {overall:?}");
        assert_eq!(
            asked(&store, name).into_values().collect::<Vec<_>>(),
            [[overall.from, overall.to]],
            "{name}"
        );

        let by_start = asked(&store, &format!("{name}-by-start"));
        let mut expected = BTreeMap::new();
        for day in oldest / DAY..=newest / DAY {
            let bounds = [(day * DAY).max(oldest), (day + 1) * DAY];
            let mature = view.kpi(&kpi, &bounds, &filters, newest).mature;
            if mature.began > 0 {
                expected.insert(date(&store, day * DAY), [mature.from, mature.to]);
            }
        }
        assert!(expected.len() > 2, "{name}: {expected:?}");
        assert_eq!(by_start, expected, "{name} by start");
    }
}

#[test]
fn the_queries_give_the_engines_numbers_over_mature_journeys() {
    agree(61);
}

#[test]
fn journeys_older_than_the_retention_are_left_out() {
    agree(34);
}

/// Of the second KPI no journey is mature in 30 days.
#[test]
fn with_thirty_days_of_retention_the_second_kpi_is_empty() {
    let store = store(&data(30));
    assert_eq!(asked(&store, "kpi-paid-per-claimed").into_values().collect::<Vec<_>>(), [[0, 0]]);
    assert!(asked(&store, "kpi-paid-per-claimed-by-start").is_empty());
    assert!(asked(&store, "kpi-claimed-per-provisioned-by-start").len() > 20);
}
