//! `funnel reconcile`: differences of known size come out by name, and the books balance.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Output};
use std::time::{SystemTime, UNIX_EPOCH};

use instant_funnel_core::EventId;
use serde_json::{Value, json};

fn event(step: &str, fact: &str) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos().to_string();
    let attributes: Vec<Value> = [
        ("newrelic.event.type", "InstantFunnel"),
        ("funnelStep", step),
        ("serviceName", "shop"),
        ("cohort", "real"),
        ("eventId", &EventId::of(step, fact).to_string()),
    ]
    .iter()
    .map(|(key, value)| json!({"key": key, "value": {"stringValue": value}}))
    .collect();
    json!({"timeUnixNano": now, "eventName": "InstantFunnel", "attributes": attributes})
}

fn send(to: SocketAddr, records: &[Value]) {
    for some in records.chunks(500) {
        let body = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": some}]}]}).to_string();
        let mut stream = TcpStream::connect(to).unwrap();
        write!(
            stream,
            "POST /v1/logs HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

fn funnel(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_funnel"))
        .arg("reconcile")
        .args(arguments)
        .env("NEW_RELIC_USER_KEY", "NRAK-TEST")
        .env("NEW_RELIC_ACCOUNT_ID", "1")
        .output()
        .unwrap()
}

fn differences(books: &Value) -> Vec<(String, u64)> {
    let all = books["differences"].as_array().unwrap();
    all.iter().map(|d| (d["name"].as_str().unwrap().to_owned(), d["count"].as_u64().unwrap())).collect()
}

const LANDINGS: usize = 3_000;
const REPEATED: usize = 1_000;
const PAID: usize = 200;
const UNBILLED: usize = 20;
const UNKNOWN: usize = 30;
const DROPPED: usize = 500;
const PENDING: usize = 200;

#[test]
fn every_difference_has_its_name_and_number_and_the_books_close() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let lab = funnel_lab::Lab::builder().start().await.unwrap();
        let (otlp, page) = (lab.otlp_addr(), format!("http://{}", lab.http_addr()));
        tokio::task::spawn_blocking(move || check(otlp, &page)).await.unwrap();
        lab.shutdown().await;
    });
}

fn check(otlp: SocketAddr, page: &str) {
    let landings: Vec<Value> = (0..LANDINGS).map(|at| event("landing", &at.to_string())).collect();
    send(otlp, &landings);
    send(otlp, &landings[..REPEATED]);
    let charge = |at: usize| format!("ch_{at}");
    let paid = (0..PAID).map(charge).chain((0..UNBILLED).map(|at| format!("test_{at}")));
    send(otlp, &paid.map(|fact| event("paid", &fact)).collect::<Vec<_>>());

    let folder = tempfile::tempdir().unwrap();
    let stored = LANDINGS + PAID + UNBILLED;
    // Two services; drops and what pends are landings.
    let services = [(1_000, 300, 0), (stored - 1_000, DROPPED - 300, PENDING)];
    let mut arguments = vec!["--lab".to_owned(), page.to_owned()];
    for (at, (delivered, dropped, pending)) in services.into_iter().enumerate() {
        let recorded = delivered + dropped + pending;
        let paid = if at == 1 { PAID + UNBILLED } else { 0 };
        let scrape = format!(
            "instant_conversion_funnel_total{{step=\"landing\"}} {}\ninstant_conversion_funnel_total{{step=\"paid\"}} {paid}\n\
             instant_analytics_events_total{{state=\"recorded\"}} {recorded}\ninstant_analytics_events_total{{state=\"delivered\"}} {delivered}\n\
             instant_analytics_events_total{{state=\"dropped\"}} {dropped}\ninstant_analytics_emit_failed_total{{reason=\"queue_full\"}} {dropped}\n\
             instant_analytics_events_pending {pending}\n",
            recorded - paid
        );
        let file = folder.path().join(format!("metrics-{at}"));
        std::fs::write(&file, scrape).unwrap();
        arguments.extend(["--metrics".to_owned(), file.to_str().unwrap().to_owned()]);
    }
    let plain: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let output = funnel(&plain);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("the books balance"), "{said}");

    let mut csv = "id,created\n".to_owned();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    (0..PAID + UNKNOWN).for_each(|at| writeln!(csv, "{},{now}", charge(at)).unwrap());
    writeln!(csv, "ch_long_ago,1500000000").unwrap();
    let ledger = folder.path().join("ledger.csv");
    std::fs::write(&ledger, csv).unwrap();
    let with_ledger = [&plain[..], &["--ledger", ledger.to_str().unwrap(), "--format", "json"]].concat();
    let expected: Vec<(String, u64)> = [
        ("dropped: queue_full", DROPPED),
        ("pending", PENDING),
        ("duplicates", REPEATED),
        ("charges without an event", UNKNOWN),
        ("events not in the ledger", UNBILLED),
        ("charges outside the window", 1),
    ]
    .map(|(name, count)| (name.to_owned(), count as u64))
    .to_vec();
    let output = funnel(&with_ledger);
    assert_eq!(output.status.code(), Some(1), "charges without an event need fixing");
    let books: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(differences(&books), expected);
    assert_eq!((&books["close"], &books["unexplained"]), (&json!(true), &json!(0)));
    assert_eq!(books["steps"][1]["billed"], PAID + UNKNOWN);

    // NerdGraph, as the lab speaks it too, gives the same.
    let nerdgraph = format!("{page}/graphql");
    let mut other: Vec<&str> = with_ledger[2..].to_vec();
    other.extend(["--nerdgraph", &nerdgraph]);
    let output = funnel(&other);
    let same: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(differences(&same), expected);

    // An event that no counter knows has a name too.
    send(otlp, &[event("claim", "stray")]);
    let output = funnel(&plain);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stdout).unwrap().contains("stored and not recorded"));
}

#[test]
fn what_cannot_be_asked_ends_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let scrape = folder.path().join("metrics");
    std::fs::write(&scrape, "instant_analytics_events_total{state=\"recorded\"} 0\n").unwrap();
    let scrape = scrape.to_str().unwrap();
    for (arguments, help) in [
        (vec!["--metrics", "http://127.0.0.1:1/metrics", "--lab", "http://127.0.0.1:1"], "metrics"),
        (vec!["--metrics", scrape, "--lab", "http://127.0.0.1:1"], "127.0.0.1:1"),
        (vec!["--metrics", "/dev/null", "--lab", "http://127.0.0.1:1"], "is missing"),
        (vec!["--metrics", scrape], "--lab"),
        (vec!["--metrics", scrape, "--lab", "x", "--event", "A B"], "event type"),
    ] {
        let output = funnel(&arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(help), "{arguments:?}: {said}");
    }
}
