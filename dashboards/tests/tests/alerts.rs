//! Each alert condition opens an incident on data made for it, and none does on a healthy day.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use dashboard_tests::alert::{Condition, conditions};
use dashboard_tests::data::{Event, Field, NOW, events, store};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// Two days on which nothing is wrong.
fn healthy() -> Vec<Event> {
    let mut events = events(200_000);
    events.retain(|event| {
        let lost = event.attributes.iter().any(|(key, _)| *key == "instant_analytics_emit_failed_total");
        event.at >= NOW - 48 * HOUR && event.kind != "NrIntegrationError" && !lost
    });
    // A counter that stands still is sent too.
    let still = (0..48 * 12).map(|at| lost_events(NOW - at * 5 * MINUTE - 1, 0));
    events.extend(still);
    events
}

fn lost_events(at: i64, count: i64) -> Event {
    let lost = ("instant_analytics_emit_failed_total", Field::Int(count));
    Event { kind: "Metric", at, attributes: vec![("reason", Field::Text("queue_full".into())), lost] }
}

/// The fault that a condition is there for.
fn fault(name: &str) -> Vec<Event> {
    let mut events = healthy();
    let last_hours = |event: &Event| event.at >= NOW - 6 * HOUR;
    let claim = |event: &Event| event.text("funnelStep") == Some("claim");
    match name {
        "Funnel silent" => events.retain(|event| event.kind == "Metric" || event.at < NOW - 40 * MINUTE),
        "Events lost" => events.push(lost_events(NOW - 2 * MINUTE, 1)),
        "Integration errors" => {
            let attributes = vec![("category", Field::Text("RateLimit".into()))];
            events.push(Event { kind: "NrIntegrationError", at: NOW - 2 * MINUTE, attributes });
        }
        "Journeys not carried" => {
            for event in events.iter_mut().filter(|event| last_hours(event) && claim(event)) {
                event.attributes.retain(|(key, _)| *key != "journeyId");
            }
        }
        "Conversion far from its usual" => events.retain(|event| !(last_hours(event) && claim(event))),
        unknown => panic!("{unknown} has no fault to be shown in"),
    }
    events
}

fn open(events: &[Event], now: i64) -> Vec<String> {
    let store = store(events);
    let open = |condition: &Condition| condition.open(&store, now).then(|| condition.name.clone());
    conditions().iter().filter_map(open).collect()
}

#[test]
fn each_opens_in_its_fault_and_only_there() {
    for condition in conditions() {
        assert_eq!(open(&fault(&condition.name), NOW), [condition.name.as_str()]);
    }
}

#[test]
fn none_opens_on_a_healthy_day() {
    let store = store(&healthy());
    for condition in conditions() {
        for back in 0..24 * 4 {
            let now = NOW - back * 15 * MINUTE;
            assert!(!condition.open(&store, now), "{} {back} quarters ago", condition.name);
        }
    }
}

/// Two hundred claims and provisions are the fewest that the alert considers.
#[test]
fn a_quiet_night_says_nothing_of_conversion() {
    let mut events = fault("Conversion far from its usual");
    let mut left = 190;
    events.retain(|event| {
        let counted = event.text("funnelStep") == Some("provision") && event.at >= NOW - 6 * HOUR;
        left -= i32::from(counted);
        !counted || left >= 0
    });
    assert_eq!(open(&events, NOW), Vec::<String>::new());
}

/// The bounds that New Relic sets.
#[test]
fn windows_durations_and_names_are_ones_that_new_relic_takes() {
    for condition in conditions() {
        let window = condition.number("aggregation_window");
        let duration = condition.number("threshold_duration");
        assert!((30..=21_600).contains(&window), "{}", condition.name);
        assert!((60..=86_400).contains(&duration) && duration % window == 0, "{}", condition.name);
        assert!(condition.name.len() <= 128);
    }
}
