//! No request that the receiver takes can stop the collector or its neighbours.

use std::io::Write;

use deploy_tests::client::PROTOBUF;
use deploy_tests::collector::Collector;
use deploy_tests::killer::{killers, limit};
use deploy_tests::otlp::Good;
use deploy_tests::sink::Sink;
use deploy_tests::wait::wait_until;
use flate2::Compression;
use flate2::write::GzEncoder;

/// A collector as the unit starts it has half of its 512 MiB as a soft limit.
const SOFT: &str = "256MiB";
const MIB: u64 = 300;

fn fresh(newrelic: &Sink, rest: &Sink) -> Option<Collector> {
    let binary = deploy_tests::binaries::collector()?;
    let config = deploy_tests::binaries::repository().join("otel-collector.yaml");
    let mut collector = Collector::prepare(&binary, &[&config], &newrelic.url(), &rest.url());
    collector.set("GOMEMLIMIT", SOFT);
    collector.start();
    Some(collector)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Lives, and took no more than it may.
fn lives(collector: &Collector, newrelic: &Sink, name: &str) {
    let before = newrelic.distinct();
    collector.client().deliver(&Good::new(before as u64 + 400).request(1));
    wait_until("a good event behind it", || newrelic.distinct() > before);
    let peak = collector.peak_mib();
    assert!(peak <= MIB, "{name}: {peak} MiB");
}

#[test]
fn every_request_within_the_limit_is_answered_in_bounded_memory() {
    for killer in killers(limit()) {
        let (newrelic, rest) = (Sink::start(), Sink::forgetful());
        let Some(collector) = fresh(&newrelic, &rest) else { return };
        let status = collector.client().post("/v1/logs", killer.content_type, &killer.body);
        assert!(matches!(status, Some(200 | 400)), "{}: {status:?}\n{}", killer.name, collector.log());
        lives(&collector, &newrelic, killer.name);
    }
}

/// What is small on the wire is as large as it unpacks to.
#[test]
fn packed_requests_are_bounded_by_what_they_unpack_to() {
    let (newrelic, rest) = (Sink::start(), Sink::forgetful());
    let Some(collector) = fresh(&newrelic, &rest) else { return };
    let mut client = collector.client();
    let mut post = |content_type: &str, body: &[u8]| {
        let headers = format!("content-type: {content_type}\r\ncontent-encoding: gzip\r\n");
        client.post_with("/v1/logs", &headers, body)
    };
    for name in ["JSON, arrays in arrays", "JSON, maps in maps", "empty records"] {
        let killer = killers(limit()).into_iter().find(|killer| killer.name == name).unwrap();
        let packed = gzip(&killer.body);
        assert!(packed.len() < killer.body.len() / 20, "{name}: {}", packed.len());
        assert!(matches!(post(killer.content_type, &packed), Some(200 | 400)), "{name}");
    }
    let bomb = gzip(&vec![0x0a; 64 << 20]);
    assert!(matches!(post(PROTOBUF, &bomb), Some(400 | 413)), "{} bytes that unpack to 64 MiB", bomb.len());
    lives(&collector, &newrelic, "packed requests");
}

#[test]
fn the_same_holds_over_grpc() {
    const GRPC: usize = 1 << 20;
    let (newrelic, rest) = (Sink::start(), Sink::forgetful());
    let Some(collector) = fresh(&newrelic, &rest) else { return };
    for name in ["maps in maps, an attribute", "many keys, the resource", "empty records"] {
        let killer = killers(GRPC).into_iter().find(|killer| killer.name == name).unwrap();
        assert_eq!(deploy_tests::grpc::logs(collector.grpc(), &killer.body), Some(0), "{name}");
    }
    assert_ne!(deploy_tests::grpc::logs(collector.grpc(), &vec![0; GRPC + 1]), Some(0));
    lives(&collector, &newrelic, "over gRPC");
}
