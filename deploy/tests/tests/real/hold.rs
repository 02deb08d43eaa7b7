//! Behind the hold no answer of New Relic, or of whatever stands in front of it, makes the collector drop an event.

use std::collections::HashSet;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use deploy_tests::binaries::{collector, repository};
use deploy_tests::client::Client;
use deploy_tests::collector::Collector;
use deploy_tests::nginx::Nginx;
use deploy_tests::otlp::{Good, archived, decode, into_records, text};
use deploy_tests::process::Folder;
use deploy_tests::sink::Sink;
use deploy_tests::wait::wait_until;

const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Repeating these would never help, so the hold must not turn them into a queue that stands.
const FINAL: [u16; 2] = [400, 413];

#[test]
fn every_answer_but_2xx_400_413_and_429_is_held() {
    let newrelic = Sink::start();
    let Some(hold) = Nginx::hold(&newrelic.url(), BUNDLE) else { return };
    let mut client = Client::new(hold.address());
    // 1xx are not answers; above 599 there are no registered ones, but some gateways invent them.
    for upstream in (200..=599).chain([600, 613, 799, 999]) {
        newrelic.answer(upstream);
        let passes = upstream < 300 || FINAL.contains(&upstream) || upstream == 429;
        let expected = if passes { upstream } else { 503 };
        assert_eq!(client.logs(b""), Some(expected), "{upstream}");
    }
    let asked = newrelic.received();
    assert!(asked.iter().all(|one| one.path == "/v1/logs"), "a redirect was followed");
    assert_eq!(asked.len(), 404, "one answer, one request");
}

#[test]
fn of_all_statuses_only_400_and_413_drop_events_and_those_are_in_the_archive() {
    const A_REQUEST: usize = 5;
    let (newrelic, rest, folder) = (Sink::start(), Sink::start(), Folder::new("statuses"));
    let Some(hold) = Nginx::hold(&newrelic.url(), BUNDLE) else { return };
    let Some(binary) = collector() else { return };
    // One request of ours is one of the exporter, and many are under way at once: the rest is the operator's file.
    let quick = folder.path().join("quick.yaml");
    let settings = "exporters: {otlp_http/newrelic: {retry_on_failure: {initial_interval: 100ms, max_interval: 1s}, \
        sending_queue: {num_consumers: 64, batch: {flush_timeout: 10ms, min_size: 0}}}}\n";
    std::fs::write(&quick, settings).unwrap();
    let file = repository().join("otel-collector.yaml");
    let mut collector = Collector::prepare(&binary, &[&file, &quick], &hold.url(), &rest.url());
    collector.start();

    newrelic.answer_each(200..=599);
    let (mut client, mut good) = (collector.client(), Good::new(35));
    let mut sent = HashSet::new();
    for _ in 0..450 {
        let records = good.records(A_REQUEST);
        sent.extend(records.iter().map(|one| text(one, "eventId").unwrap().to_owned()));
        client.deliver(&deploy_tests::otlp::funnel_request(records));
    }
    let lost = || -> HashSet<String> {
        let refused = newrelic.received().into_iter().filter(|one| FINAL.contains(&one.status));
        let records = refused.flat_map(|one| into_records(decode(&one.body)).collect::<Vec<_>>());
        records.map(|one| text(&one, "eventId").unwrap().to_owned()).collect()
    };
    wait_until("everything that was not refused for good", || {
        let tried: HashSet<_> = newrelic.received().iter().map(|one| one.status).collect();
        tried.len() == 400 && newrelic.distinct() + lost().len() >= sent.len()
    });
    let (lost, arrived) = (lost(), newrelic.event_ids());
    assert!(lost.iter().all(|id| !arrived.contains_key(id)), "a final answer was repeated");
    assert!((A_REQUEST..=20 * A_REQUEST).contains(&lost.len()), "{} lost", lost.len());
    assert!(rest.records().is_empty());
    wait_until("the archive", || archived(&collector.archive()) == sent.len());
}

#[test]
fn the_hold_asks_for_the_patience_that_new_relic_asks_for_within_reason() {
    let newrelic = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", newrelic.local_addr().unwrap());
    let Some(hold) = Nginx::hold(&url, BUNDLE) else { return };
    for (asked, told) in [
        ("7", "7"),
        ("0", "0"),
        ("9999", "9999"),
        ("86400", "1"),
        ("Fri, 27 Nov 2026 00:00:00 GMT", "1"),
        ("-5", "1"),
    ] {
        let answer = format!(
            "HTTP/1.1 503 -\r\nretry-after: {asked}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        );
        let got = through(&newrelic, &hold, answer.as_bytes());
        assert!(got.starts_with("HTTP/1.1 503 "), "{got}");
        assert!(got.to_ascii_lowercase().contains(&format!("retry-after: {told}\r\n")), "{asked}: {got}");
    }
}

#[test]
fn what_is_not_http_is_not_an_acknowledgement_and_a_header_from_the_other_side_steers_nothing() {
    let newrelic = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", newrelic.local_addr().unwrap());
    let Some(hold) = Nginx::hold(&url, BUNDLE) else { return };
    // nginx takes such bytes for an answer of HTTP 0.9 and passes them on; to the exporter that is a broken connection.
    for answer in [&[0x15, 3, 1, 0, 2, 2, 0x46], b"220 mail.example ESMTP\r\n".as_slice(), b""] {
        let got = through(&newrelic, &hold, answer);
        assert!(!got.starts_with("HTTP/1.1 2"), "{got}");
    }
    for (answer, expected) in [
        (b"HTTP/1.1 302 -\r\nx-accel-redirect: /v1/logs\r\ncontent-length: 0\r\n\r\n".as_slice(), 503),
        (b"HTTP/1.1 200 -\r\nx-accel-redirect: /hold\r\ncontent-length: 0\r\n\r\n", 200),
        (b"HTTP/1.1 200 -\r\ndate: Fri, 27 Nov 2026 00:00:00 GMT\r\nconnection: close\r\n\r\nbody", 200),
        (b"HTTP/1.1 204 -\r\n\r\n", 204),
    ] {
        let got = through(&newrelic, &hold, answer);
        assert!(
            got.starts_with(&format!("HTTP/1.1 {expected} ")),
            "{:?}: {got}",
            String::from_utf8_lossy(answer)
        );
    }
}

/// What the hold makes of `answer`.
fn through(newrelic: &TcpListener, hold: &Nginx, answer: &[u8]) -> String {
    std::thread::scope(|threads| {
        threads.spawn(|| {
            let (mut stream, _) = newrelic.accept().unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\nx") {
                let mut byte = [0];
                if stream.read(&mut byte).unwrap() == 0 {
                    break;
                }
                request.push(byte[0]);
            }
            stream.write_all(answer).unwrap();
        });
        let mut stream = std::net::TcpStream::connect(hold.address()).unwrap();
        stream.set_read_timeout(Some(deploy_tests::wait::DEADLINE)).unwrap();
        stream
            .write_all(
                b"POST /v1/logs HTTP/1.1\r\nhost: hold\r\nconnection: close\r\ncontent-length: 1\r\n\r\nx",
            )
            .unwrap();
        let mut got = Vec::new();
        stream.read_to_end(&mut got).unwrap();
        String::from_utf8_lossy(&got).into_owned()
    })
}
