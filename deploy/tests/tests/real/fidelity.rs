//! What our own sender sends arrives as it was sent.

use deploy_tests::collector::Collector;
use deploy_tests::otlp::{Good, funnel_request};
use deploy_tests::sink::Sink;
use deploy_tests::wait::wait_until;
use std::collections::HashMap;

#[test]
fn ten_thousand_good_records_arrive_unchanged() {
    let (newrelic, rest) = (Sink::start(), Sink::start());
    let Some(collector) = Collector::running(&newrelic.url(), &rest.url()) else { return };
    let (mut good, mut client) = (Good::new(4), collector.client());
    let mut sent = HashMap::new();
    for _ in 0..20 {
        let records = good.records(500);
        assert_eq!(client.logs(&funnel_request(records.clone())), Some(200));
        sent.extend(
            records
                .into_iter()
                .map(|record| (deploy_tests::otlp::text(&record, "eventId").unwrap().to_owned(), record)),
        );
    }
    assert_eq!(sent.len(), 10_000);
    wait_until("all of them", || newrelic.distinct() == sent.len());
    let arrived = newrelic.records();
    assert_eq!(arrived.len(), sent.len(), "duplicates without a fault");
    for record in arrived {
        let id = deploy_tests::otlp::text(&record, "eventId").unwrap();
        assert_eq!(record, sent[id]);
    }
    assert!(rest.records().is_empty());
}
