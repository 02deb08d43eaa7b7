//! The other ways in: OTLP over gRPC and as JSON lead to the same place through the same gates.

use std::collections::HashMap;

use deploy_tests::client::JSON;
use deploy_tests::collector::Collector;
use deploy_tests::otlp::{Good, funnel_request, into_records, text};
use deploy_tests::sink::Sink;
use deploy_tests::wait::wait_until;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use prost::Message;

#[test]
fn good_records_arrive_unchanged_over_grpc_and_as_json() {
    let (newrelic, rest) = (Sink::start(), Sink::start());
    let Some(collector) = Collector::running(&newrelic.url(), &rest.url()) else { return };
    let (mut good, mut client) = (Good::new(30), collector.client());
    let mut sent = HashMap::new();
    for number in 0..20 {
        let records = good.records(100);
        let body = funnel_request(records.clone());
        if number % 2 == 0 {
            assert_eq!(deploy_tests::grpc::logs(collector.grpc(), &body), Some(0));
        } else {
            let request = ExportLogsServiceRequest::decode(body.as_slice()).unwrap();
            let body = serde_json::to_vec(&request).unwrap();
            assert_eq!(client.post("/v1/logs", JSON, &body), Some(200));
        }
        sent.extend(records.into_iter().map(|record| (text(&record, "eventId").unwrap().to_owned(), record)));
    }
    wait_until("all of them", || newrelic.distinct() == sent.len());
    for record in newrelic.accepted().into_iter().flat_map(into_records) {
        assert_eq!(record, sent[text(&record, "eventId").unwrap()]);
    }
}
