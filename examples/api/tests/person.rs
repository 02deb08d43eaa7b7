//! One person, four steps, one id: on both databases, through the running service, asked of the lab in NRQL.

mod support;

use serde_json::{Value, json};

use self::support::lab::Lab;
use self::support::person::{Person, activated, charged, deliver, now, signature};
use self::support::postgres::Postgres;
use self::support::service::Service;

const FUNNEL: &str = "SELECT funnel(journeyId, WHERE funnelStep = 'landing', WHERE funnelStep = 'provision', \
                      WHERE funnelStep = 'claim', WHERE funnelStep = 'paid') FROM InstantFunnel SINCE 1 hour ago";

#[test]
fn on_sqlite() {
    walk(&[]);
}

#[test]
fn on_postgresql() {
    let Some(postgres) = Postgres::start() else { return };
    walk(&[("DATABASE_URL", &postgres.url())]);
}

fn walk(variables: &[(&str, &str)]) {
    let Some(lab) = Lab::start() else { return };
    let endpoint = format!("{}/v1/logs", lab.otlp);
    let mut all = vec![("ANALYTICS_BACKEND", "otlp"), ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", &*endpoint)];
    all.extend_from_slice(variables);
    let mut service = Service::start(&all);

    let mut person = Person::new("203.0.113.77", "jane@mail.example");
    assert_eq!(person.visit(&service, "/start"), 200);
    assert_eq!(person.post(&service, "/v1/db", &json!({})).0, 201);
    let token = person.onboard(&service);
    // The mail is opened on another machine, in another browser.
    let mut elsewhere = Person::new("198.51.100.3", "jane@mail.example");
    let team = elsewhere.claim(&service, &token);
    assert_eq!(elsewhere.claim(&service, &token), team, "a second press makes no second team");
    for body in [activated(&team), charged(&team, "ch_1", 1, now())] {
        assert_eq!(deliver(&service, &body, &signature(&body)), 200);
    }
    lab.holds(4);

    let answer = lab.query(FUNNEL);
    let mut steps = Vec::new();
    numbers(&answer["results"], &mut steps);
    assert_eq!(steps, [1, 1, 1, 1], "{answer}");
    let journeys = lab.query("SELECT uniqueCount(journeyId), count(*) FROM InstantFunnel SINCE 1 hour ago");
    let mut counted = Vec::new();
    numbers(&journeys["results"], &mut counted);
    counted.sort_unstable();
    assert_eq!(counted, [1, 4], "{journeys}");
    assert_eq!(lab.counts()["bad"], 0);

    for step in ["landing", "provision", "claim", "paid"] {
        assert_eq!(service.metric(&format!("instant_conversion_funnel_total{{step=\"{step}\"}}")), 1);
    }
    let last = service.stop();
    assert_eq!((&last["recorded"], &last["delivered"], &last["pending"]), (&json!(4), &json!(4), &json!(0)));
}

/// The numbers in an answer, in the order in which they stand.
fn numbers(answer: &Value, found: &mut Vec<u64>) {
    match answer {
        Value::Number(number) => found.extend(number.as_u64()),
        Value::Array(values) => values.iter().for_each(|value| numbers(value, found)),
        Value::Object(values) => values.values().for_each(|value| numbers(value, found)),
        _ => {}
    }
}
