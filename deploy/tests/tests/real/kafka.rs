//! The scale-out recipe of `deploy/kafka`, run: services → balancer → two edges → Kafka → drain → hold → New Relic.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{scope, sleep};
use std::time::Duration;

use deploy_tests::binaries::{kafka_collector, repository};
use deploy_tests::client::Client;
use deploy_tests::collector::Collector;
use deploy_tests::kafka::Broker;
use deploy_tests::nginx::Nginx;
use deploy_tests::otlp::Good;
use deploy_tests::sink::Sink;
use deploy_tests::wait::wait_until;

const A_REQUEST: usize = 20;
/// 50 requests a second of 20 events each.
const PAUSE: Duration = Duration::from_millis(20);

#[test]
fn broker_edge_and_drain_killed_in_turn_and_a_wrong_key_lose_nothing() {
    let Some(binary) = kafka_collector() else { return };
    let Some(mut broker) = Broker::start() else { return };
    let (newrelic, rest) = (Sink::start(), Sink::start());
    let Some(hold) = Nginx::hold(&newrelic.url(), "/etc/ssl/certs/ca-certificates.crt") else { return };

    let top = repository();
    let file = |name: &str| top.join(name);
    let edge_files = [file("otel-collector.yaml"), file("deploy/kafka/edge.yaml")];
    let mut edges = [(); 2].map(|()| {
        let files = [edge_files[0].as_path(), edge_files[1].as_path()];
        let mut edge = Collector::prepare(&binary, &files, "http://127.0.0.1:1", &rest.url());
        edge.set("KAFKA_BROKERS", &broker.list());
        edge.start();
        edge
    });
    let drain_file = file("deploy/kafka/drain.yaml");
    let mut drain = Collector::prepare(&binary, &[drain_file.as_path()], &hold.url(), &rest.url());
    drain.set("KAFKA_BROKERS", &broker.list());
    drain.spawn();
    drain.wait_healthy();
    let Some(balancer) = Nginx::balancer([edges[0].http(), edges[1].http()]) else { return };

    let (stop, sent) = (AtomicBool::new(false), AtomicUsize::new(0));
    scope(|threads| {
        threads.spawn(|| {
            let (mut client, mut good) = (Client::new(balancer.address()), Good::new(20));
            while !stop.load(Ordering::Relaxed) {
                client.deliver(&good.request(A_REQUEST));
                sent.fetch_add(A_REQUEST, Ordering::Relaxed);
                sleep(PAUSE);
            }
        });
        let more = |what: &str| {
            let before = sent.load(Ordering::Relaxed);
            wait_until(what, || sent.load(Ordering::Relaxed) >= before + 2000);
        };
        let caught_up = |what: &str| {
            let before = sent.load(Ordering::Relaxed);
            wait_until(what, || newrelic.distinct() >= before);
        };
        caught_up("the first events");

        broker.kill();
        more("events to be taken without a broker");
        broker.restart();
        caught_up("what the edges kept for the broker");

        for edge in &mut edges {
            edge.kill();
            more("events to be taken by the other edge");
            edge.start();
        }
        caught_up("what the edges had on disk");

        drain.kill();
        more("events to be taken without a drain");
        drain.spawn();
        drain.wait_healthy();
        caught_up("what Kafka kept for the drain");

        newrelic.answer(401);
        wait_until("a refusal", || newrelic.received().iter().any(|one| one.status == 401));
        more("events to be taken while the key is wrong");
        newrelic.answer(200);
        caught_up("what Kafka kept for the key");
        stop.store(true, Ordering::Relaxed);
    });
    let sent = sent.into_inner();
    wait_until("every acknowledged event", || newrelic.distinct() >= sent);
    let arrived: usize = newrelic.event_ids().values().sum();
    println!(
        "{sent} acknowledged, {} arrived, {} duplicates",
        newrelic.distinct(),
        arrived - newrelic.distinct()
    );
}

/// The second line of defence: without the hold nothing is lost either, but the drain has to be started again.
#[test]
fn without_the_hold_a_wrong_key_stops_the_drain_and_a_restart_brings_everything() {
    let Some(binary) = kafka_collector() else { return };
    let Some(broker) = Broker::start() else { return };
    let (newrelic, rest) = (Sink::start(), Sink::start());
    let top = repository();
    let files = [top.join("otel-collector.yaml"), top.join("deploy/kafka/edge.yaml")];
    let files = [files[0].as_path(), files[1].as_path()];
    let mut edge = Collector::prepare(&binary, &files, "http://127.0.0.1:1", &rest.url());
    let drain_file = top.join("deploy/kafka/drain.yaml");
    let mut drain = Collector::prepare(&binary, &[drain_file.as_path()], &newrelic.url(), &rest.url());
    for one in [&mut edge, &mut drain] {
        one.set("KAFKA_BROKERS", &broker.list());
    }
    edge.start();
    drain.spawn();
    drain.wait_healthy();

    let (mut client, mut good) = (edge.client(), Good::new(21));
    client.deliver(&good.request(100));
    wait_until("the first events", || newrelic.distinct() == 100);
    newrelic.answer(401);
    for _ in 0..20 {
        client.deliver(&good.request(50));
    }
    wait_until("a refusal", || newrelic.received().iter().any(|one| one.status == 401));
    newrelic.answer(200);
    // The partition that met the refusal stands still; others may go on.
    sleep(Duration::from_secs(5));
    let before = newrelic.distinct();
    assert!(before < 1100, "it goes on by itself now: docs/operators.md says that it does not");
    drain.kill();
    drain.spawn();
    wait_until("everything", || newrelic.distinct() == 1100);
}
