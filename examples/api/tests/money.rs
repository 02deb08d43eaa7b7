//! A charge is one event, however often, in whatever order and whenever it is delivered.

mod support;

use serde_json::json;

use self::support::collector::Collector;
use self::support::person::{Person, activated, charged, deliver, now, signature};
use self::support::postgres::Postgres;
use self::support::service::Service;

const TIMES: usize = 50;
const BILLING_THREADS: usize = 10;

#[test]
fn told_fifty_times_on_sqlite() {
    tell(&[]);
}

#[test]
fn told_fifty_times_on_postgresql() {
    let Some(postgres) = Postgres::start() else { return };
    tell(&[("DATABASE_URL", &postgres.url())]);
}

fn tell(variables: &[(&str, &str)]) {
    let collector = Collector::start();
    let mut all = collector.variables().to_vec();
    all.extend_from_slice(variables);
    let mut service = Service::start(&all);
    let mut person = Person::new("203.0.113.77", "jane@mail.example");
    person.visit(&service, "/start");
    let token = person.onboard(&service);
    let team = person.claim(&service, &token);

    // Next month's charge, the first one and the activation, all fifty times, from ten sides at once; each side begins
    // elsewhere in the list, so that no order is the right one.
    let bodies =
        [charged(&team, "ch_2", 2, now()), activated(&team), charged(&team, "ch_1", 1, now() - 3_600)];
    let deliveries: Vec<_> = std::iter::repeat_n(&bodies, TIMES).flatten().collect();
    std::thread::scope(|scope| {
        for side in 0..BILLING_THREADS {
            let (deliveries, service) = (&deliveries, &service);
            scope.spawn(move || {
                for at in 0..deliveries.len() / BILLING_THREADS {
                    let body = deliveries[(at * BILLING_THREADS + side) % deliveries.len()];
                    assert_eq!(deliver(service, body, &signature(body)), 200);
                }
            });
        }
    });

    let last = service.stop();
    assert_eq!(last["recorded"], last["delivered"]);
    let paid: Vec<_> = collector.events().into_iter().filter(|event| event["funnelStep"] == "paid").collect();
    assert_eq!(paid.len(), 2, "{paid:#?}");
    let first: Vec<_> = paid.iter().filter(|event| event["renewal"] == "false").collect();
    assert_eq!(first.len(), 1, "{paid:#?}");
    assert_ne!(paid[0]["eventId"], paid[1]["eventId"]);
    for event in &paid {
        assert_eq!(
            (&*event["cohort"], &event["teamId"]),
            ("real", &team),
            "a billing library is nobody's cohort"
        );
    }
}

#[test]
fn a_charge_keeps_its_id_when_the_service_starts_anew() {
    let collector = Collector::start();
    for _ in 0..2 {
        let mut service = Service::start(&collector.variables());
        let mut person = Person::new("203.0.113.77", "jane@mail.example");
        let token = person.onboard(&service);
        let team = person.claim(&service, &token);
        let body = charged(&team, "ch_17", 1, now());
        assert_eq!(deliver(&service, &body, &signature(&body)), 200);
        service.stop();
    }
    let paid = collector.events().into_iter().filter(|event| event["funnelStep"] == "paid");
    let ids: Vec<_> = paid.map(|event| event["eventId"].clone()).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn a_bad_signature_is_refused_and_nothing_is_recorded() {
    let collector = Collector::start();
    let mut service = Service::start(&collector.variables());
    let mut person = Person::new("203.0.113.77", "jane@mail.example");
    let token = person.onboard(&service);
    let team = person.claim(&service, &token);
    let body = charged(&team, "ch_1", 1, now());
    let good = signature(&body);
    let altered = body.replace("ch_1", "ch_2");
    let spaced = body.replace(',', ", ");
    for (body, signature) in
        [(&*altered, &*good), (&spaced, &good), (&body, "00"), (&body, "not hex"), (&body, "")]
    {
        assert_eq!(deliver(&service, body, signature), 401, "{signature}");
    }
    let unknown = charged("5f8d0e1a-3b7c-4d2e-9f10-1a2b3c4d5e6f", "ch_1", 1, now());
    assert_eq!(deliver(&service, &unknown, &signature(&unknown)), 404);
    assert_eq!(deliver(&service, "{", &signature("{")), 400);
    assert_eq!(service.stop()["recorded"], json!(1));
    assert_eq!(collector.events()[0]["funnelStep"], "claim");
}
