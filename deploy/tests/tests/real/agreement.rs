//! The crate and the collector agree: what a rule of the crate takes passes unchanged, what it refuses does not pass.

use std::collections::BTreeMap;

use deploy_tests::binaries::repository;
use deploy_tests::collector::Collector;
use deploy_tests::near::Near;
use deploy_tests::otlp::{Good, attribute, into_records, raw, request, string};
use deploy_tests::random::Random;
use deploy_tests::remainder::remainder;
use deploy_tests::sink::Sink;
use deploy_tests::wait::wait_until;
use instant_funnel_core::contract::{CONTRACT, Origin, RESOURCE, check_resource};
use instant_funnel_core::export::collector::{BEGIN, END};
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::resource::v1::Resource;

use crate::privacy::{Expected, record_is};

/// `AGREEMENT_RECORDS` makes it another number.
const RECORDS: usize = 100_000;
const A_REQUEST: usize = 500;

/// How often a value of a key was kept and how often it was refused.
type Tally = BTreeMap<&'static str, (usize, usize)>;

/// A good record of which some values are replaced by ones near their rule.
fn record(good: &mut Good, near: &mut Near, random: &mut Random, tally: &mut Tally) -> LogRecord {
    let mut record = good.record();
    for _ in 0..=random.below(3) {
        let one = &CONTRACT.attributes[random.below(CONTRACT.attributes.len())];
        // Booleans have no near miss; the ids of a trace must repeat the record's own, and are tested elsewhere.
        if one.rule == instant_funnel_core::contract::Rule::Bool
            || matches!(one.origin, Origin::TraceId | Origin::SpanId)
        {
            continue;
        }
        let millis = i64::try_from(record.time_unix_nano / 1_000_000).unwrap();
        let attribute = attribute(one.key, near.value(&one.rule, millis));
        let judged = CONTRACT.judge(one.key, raw(attribute.value.as_ref()), millis);
        let counts = tally.entry(one.key).or_default();
        *if judged.is_ok() { &mut counts.0 } else { &mut counts.1 } += 1;
        record.attributes.retain(|old| old.key != one.key);
        record.attributes.push(attribute);
    }
    record
}

#[test]
fn what_the_crate_takes_the_collector_takes_and_what_it_refuses_does_not_pass() {
    let (newrelic, rest) = (Sink::start(), Sink::start());
    let Some(collector) = Collector::running(&newrelic.url(), &rest.url()) else { return };
    let file = std::fs::read_to_string(repository().join("otel-collector.yaml")).unwrap();
    let block = file.split(BEGIN).nth(1).unwrap().split(END).next().unwrap();
    let all = std::env::var("AGREEMENT_RECORDS").map_or(RECORDS, |number| number.parse().unwrap());
    let (mut good, mut near, mut random) = (Good::new(95), Near::new(96, block), Random::new(97));
    let (mut tally, mut client) = (Tally::new(), collector.client());
    for number in 0..all / A_REQUEST {
        let mut expected = Expected::new();
        let records: Vec<_> = (0..A_REQUEST)
            .map(|at| {
                let mut record = record(&mut good, &mut near, &mut random, &mut tally);
                record.observed_time_unix_nano = 1 + at as u64;
                record
            })
            .collect();
        for record in &records {
            if let Some(attributes) = remainder(record) {
                expected.insert(record.observed_time_unix_nano, (record.clone(), attributes));
            }
        }
        let place: Vec<_> = RESOURCE.iter().map(|one| (one.key, near.text(&one.rule))).collect();
        for ((key, text), one) in place.iter().zip(RESOURCE) {
            let counts = tally.entry(one.key).or_default();
            *if check_resource(key, text).is_ok() { &mut counts.0 } else { &mut counts.1 } += 1;
        }
        let attributes = place.iter().map(|(key, text)| attribute(key, string(text.clone()))).collect();
        let resource = Resource { attributes, ..Resource::default() };
        client.deliver(&request(resource, InstrumentationScope::default(), records));
        wait_until("the request", || newrelic.records().len() == expected.len());

        let arrived = newrelic.take();
        for logs in &arrived {
            for one in &logs.resource_logs {
                let found: BTreeMap<_, _> = one
                    .resource
                    .iter()
                    .flat_map(|one| &one.attributes)
                    .map(|one| (one.key.as_str(), one.value.clone().and_then(|value| value.value)))
                    .collect();
                let kept = place.iter().filter(|(key, text)| check_resource(key, text).is_ok());
                let kept: BTreeMap<_, _> =
                    kept.map(|(key, text)| (*key, Some(string(text.clone())))).collect();
                assert_eq!(found, kept, "request {number}");
            }
        }
        for record in arrived.into_iter().flat_map(into_records) {
            let (sent, attributes) = &expected[&record.observed_time_unix_nano];
            record_is(&record, sent, attributes);
        }
    }
    if all >= RECORDS {
        for (key, (kept, refused)) in &tally {
            assert!(*kept >= 20 && *refused >= 20, "{key}: {kept} kept, {refused} refused");
        }
    }
    assert!(rest.records().is_empty());
}
