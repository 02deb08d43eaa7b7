//! What our own sender sends arrives as it was sent.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use deploy_tests::collector::Collector;
use deploy_tests::otlp::{Good, funnel_request, text};
use deploy_tests::random::Random;
use deploy_tests::sink::Sink;
use deploy_tests::wait::{DEADLINE, wait_until};
use instant_funnel::{
    Backend, Claim, EventId, Funnel, JourneyId, Landing, OtlpConfig, Paid, Provision, TeamId,
};

#[test]
fn ten_thousand_good_records_arrive_unchanged() {
    let (newrelic, rest) = (Sink::start(), Sink::start());
    let Some(collector) = Collector::running(&newrelic.url(), &rest.url()) else { return };
    let (mut good, mut client) = (Good::new(4), collector.client());
    let mut sent = HashMap::new();
    for _ in 0..20 {
        let records = good.records(500);
        assert_eq!(client.logs(&funnel_request(records.clone())), Some(200));
        sent.extend(records.into_iter().map(|record| (text(&record, "eventId").unwrap().to_owned(), record)));
    }
    assert_eq!(sent.len(), 10_000);
    wait_until("all of them", || newrelic.distinct() == sent.len());
    let arrived = newrelic.records();
    assert_eq!(arrived.len(), sent.len(), "duplicates without a fault");
    for record in arrived {
        let id = text(&record, "eventId").unwrap();
        assert_eq!(record, sent[id]);
    }
    assert!(rest.records().is_empty());
}

/// The same events through the crate's own delivery twice: straight to New Relic, and through the collector.
#[test]
fn what_the_crate_sends_through_the_collector_is_what_it_sends_without_it() {
    const EVENTS: usize = 10_000;
    let (straight, newrelic, rest) = (Sink::start(), Sink::start(), Sink::start());
    let Some(collector) = Collector::running(&newrelic.url(), &rest.url()) else { return };
    let now = SystemTime::now();
    for endpoint in [straight.address(), collector.http()] {
        let funnel = Funnel::builder()
            .service_name("check-out")
            .environment("production")
            .clock(move || now)
            .backend(Backend::Otlp(OtlpConfig::new(format!("http://{endpoint}/v1/logs"))))
            .build()
            .unwrap();
        let mut random = Random::new(5);
        for number in 0..EVENTS {
            let journey = JourneyId::parse(&random.uuid()).unwrap();
            let team = TeamId::parse(&random.uuid()).unwrap();
            let id = EventId::of("fidelity", number.to_string());
            let at = now - Duration::from_micros(number as u64);
            match number % 4 {
                0 => funnel.record(Landing::new().journey(journey).event_id(id).at(at)),
                1 => {
                    funnel
                        .record(Provision::new("db").journey(journey).tier("anonymous").event_id(id).at(at));
                }
                2 => funnel.record(Claim::new(team).journey(journey).tier("free").event_id(id).at(at)),
                _ => funnel.record(Paid::new(team, journey).tier("pro").renewal(false).event_id(id).at(at)),
            }
        }
        let report = funnel.flush(DEADLINE);
        assert_eq!(report.delivered, EVENTS as u64, "{report:?}");
    }
    wait_until("all of them", || newrelic.distinct() == EVENTS);
    let by_id = |sink: &Sink| {
        let records = sink.records().into_iter();
        records.map(|one| (text(&one, "eventId").unwrap().to_owned(), one)).collect::<HashMap<_, _>>()
    };
    assert_eq!(straight.distinct(), EVENTS);
    assert!(by_id(&straight) == by_id(&newrelic), "a record was changed on the way");

    let resource = |sink: &Sink| {
        let request = sink.accepted().pop().unwrap();
        let mut attributes = request.resource_logs[0].resource.clone().unwrap().attributes;
        // Each funnel mints its own instance id; that it arrives is enough.
        for one in attributes.iter_mut().filter(|one| one.key == "service.instance.id") {
            one.value = None;
        }
        // The collector puts them in the order of the contract.
        attributes.sort_by(|one, other| one.key.cmp(&other.key));
        attributes
    };
    assert_eq!(resource(&straight), resource(&newrelic));
}
