//! The memory of a lab's process while everything is thrown at it at once; `docs/lab.md` states what is seen.
//!
//! `FUNNEL_LAB_EVENTS=1000000 cargo test --release -p funnel-cli --test attack -- --nocapture` stores so many events first.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What the lab may take beside its events, as `docs/lab.md` says.
const BOUND: usize = 1024 << 20;
const SPAN: Duration = Duration::from_secs(12);
const CONNECTIONS: usize = 10_000;

struct Lab {
    process: Child,
    otlp: String,
    grpc: String,
    http: String,
}

impl Lab {
    fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_funnel"))
            .args([
                "lab",
                "--otlp",
                "127.0.0.1:0",
                "--grpc",
                "127.0.0.1:0",
                "--http",
                "127.0.0.1:0",
                "--temporary",
            ])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(|line| line.unwrap());
        let mut address = |name: &str| {
            let line = lines.find_map(|line| line.strip_prefix(name).map(str::to_owned)).unwrap();
            line.trim().trim_start_matches("http://").trim_end_matches('/').to_owned()
        };
        let (http, otlp, grpc) = (address("page"), address("OTLP/HTTP"), address("gRPC"));
        Self { process, otlp, grpc, http }
    }

    /// Bytes in memory: now, and at most so far. None where there is no `/proc`.
    fn memory(&self) -> Option<(usize, usize)> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse::<usize>().ok().map(|kilobytes| kilobytes << 10)
        };
        Some((field("VmRSS:")?, field("VmHWM:")?))
    }

    fn counts(&self) -> String {
        let (status, body) =
            ask(&self.http, "GET", "/api/counts", "", "", b"").expect("the page's door answers");
        assert_eq!(status, 200);
        String::from_utf8(body).unwrap()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One request on a connection of its own; `None` when the lab has no connection to give.
fn ask(to: &str, method: &str, path: &str, kind: &str, packing: &str, body: &[u8]) -> Option<(u16, Vec<u8>)> {
    let mut stream = TcpStream::connect(to).ok()?;
    let _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
    let kind = if kind.is_empty() { String::new() } else { format!("content-type: {kind}\r\n") };
    let packing = if packing.is_empty() { String::new() } else { format!("content-encoding: {packing}\r\n") };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\n{kind}{packing}content-length: {}\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let split = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let status = std::str::from_utf8(&answer[..split]).ok()?.split(' ').nth(1)?.parse().ok()?;
    Some((status, answer.split_off(split + 4)))
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(body).unwrap();
    packer.finish().unwrap()
}

fn zstd(body: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(body, 19).unwrap()
}

/// A field of protobuf around content.
fn around(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut field = vec![tag];
    let mut rest = content.len();
    while rest >= 0x80 {
        field.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    field.push(rest as u8);
    field.extend_from_slice(content);
    field
}

/// Requests that take much more than they weigh, each sent again and again by several threads.
fn attacks() -> Vec<(&'static str, &'static str, &'static str, Vec<u8>)> {
    const PROTOBUF: &str = "application/x-protobuf";
    const JSON: &str = "application/json";
    let zeros = vec![0; 64 << 20];
    let records = around(0x0a, &around(0x12, &[0x12, 0].repeat(3_900_000)));
    let some_records = around(0x0a, &around(0x12, &[0x12, 0].repeat(60_000)));
    let objects = format!("{{\"resourceLogs\":[{}0]}}", "{\"\":0},".repeat(590_000));
    let some_objects = format!("{{\"resourceLogs\":[{}0]}}", "{\"\":0},".repeat(60_000));
    let question = format!("{{\"nrql\":\"SELECT 1{} FROM Log\"}}", "+1".repeat(500_000));
    let long = format!("{{\"nrql\":\"SELECT {}1 FROM Log\"}}", "1,".repeat(30_000));
    let tree = format!("[{}0]", "{\"\":0},".repeat(36_000));
    let heavy = "{\"nrql\":\"SELECT count(*), uniqueCount(eventId), uniques(eventId, 10000) FROM InstantFunnel, Log \
                 FACET eventId, journeyId, timestamp LIMIT MAX SINCE 1 day ago\"}";
    vec![
        (PROTOBUF, "gzip", "/v1/logs", gzip(&zeros)),
        (PROTOBUF, "zstd", "/v1/logs", zstd(&zeros)),
        (PROTOBUF, "zstd", "/v1/logs", zstd(&records)),
        (PROTOBUF, "zstd", "/v1/logs", zstd(&some_records)),
        (JSON, "gzip", "/v1/logs", gzip(objects.as_bytes())),
        (JSON, "", "/v1/logs", some_objects.into_bytes()),
        (JSON, "", "/api/query", question.into_bytes()),
        (JSON, "", "/api/query", long.into_bytes()),
        (JSON, "", "/graphql", tree.into_bytes()),
        (JSON, "", "/api/query", heavy.to_owned().into_bytes()),
    ]
}

/// Bodies that never end, until told to stop.
fn drip(to: &str, stop: &AtomicBool) {
    let mut open: Vec<TcpStream> = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        if open.len() < 150
            && let Ok(mut stream) = TcpStream::connect(to)
        {
            let head = format!(
                "POST /v1/logs HTTP/1.1\r\nhost: {to}\r\ncontent-type: application/x-protobuf\r\ncontent-length: 4000000\r\n\r\n"
            );
            if stream.write_all(head.as_bytes()).is_ok() {
                open.push(stream);
            }
        }
        open.retain_mut(|stream| {
            stream.set_nonblocking(true).and_then(|()| stream.write(&[0; 1_000])).is_ok()
        });
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn store(lab: &Lab, events: u64) {
    let pair = |key: &str, value: &str| {
        let mut pair = around(0x0a, key.as_bytes());
        pair.extend(around(0x12, &around(0x0a, value.as_bytes())));
        around(0x32, &pair)
    };
    for first in (0..events).step_by(2_000) {
        let records: Vec<u8> = (first..events.min(first + 2_000))
            .flat_map(|number| {
                let record = [
                    pair("newrelic.event.type", "InstantFunnel"),
                    pair("funnelStep", "landing"),
                    pair("serviceName", "api"),
                    pair("cohort", "real"),
                    pair("eventId", &format!("{number:031x}f")),
                    pair("journeyId", &format!("00000000-0000-4000-8000-{number:012x}")),
                ];
                around(0x12, &record.concat())
            })
            .collect();
        let body = zstd::bulk::compress(&around(0x0a, &around(0x12, &records)), 1).unwrap();
        let answer = ask(&lab.otlp, "POST", "/v1/logs", "application/x-protobuf", "zstd", &body);
        assert_eq!(answer.map(|(status, _)| status), Some(200));
    }
}

#[test]
fn memory_is_bounded_whatever_is_thrown_at_the_lab() {
    let lab = Lab::start();
    let events =
        std::env::var("FUNNEL_LAB_EVENTS").ok().and_then(|events| events.parse().ok()).unwrap_or(50_000);
    store(&lab, events);
    let Some((before, _)) = lab.memory() else { return };
    let stop = AtomicBool::new(false);
    let statuses = Mutex::new(std::collections::BTreeMap::new());
    let attacks = attacks();
    std::thread::scope(|scope| {
        for (kind, packing, path, body) in &attacks {
            let to = if *path == "/v1/logs" { &lab.otlp } else { &lab.http };
            for _ in 0..6 {
                let (stop, statuses) = (&stop, &statuses);
                scope.spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        let status =
                            ask(to, "POST", path, kind, packing, body).map_or(0, |(status, _)| status);
                        *statuses.lock().unwrap().entry((*path, status)).or_insert(0_u64) += 1;
                    }
                });
            }
        }
        scope.spawn(|| drip(&lab.otlp, &stop));
        // Silent connections at each door, as many as the system gives.
        scope.spawn(|| {
            let mut silent = Vec::new();
            let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
            for at in 0..CONNECTIONS {
                let (to, first) = match at % 3 {
                    0 => (&lab.otlp, &b"POST /v1/logs HTTP/1.1\r\nx: "[..]),
                    1 => (&lab.http, &b"GET / HTTP/1.1\r\nx: "[..]),
                    _ => (&lab.grpc, &preface[..]),
                };
                if let Ok(mut stream) = TcpStream::connect(to) {
                    let _ = stream.write_all(first);
                    silent.push(stream);
                }
            }
            while !stop.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(50));
            }
            println!("{} silent connections", silent.len());
        });
        std::thread::sleep(SPAN);
        stop.store(true, Ordering::Relaxed);
    });
    let (after, peak) = lab.memory().expect("the lab lives");
    println!(
        "{events} events: {} MiB before, {} MiB at most, {} MiB after",
        before >> 20,
        peak >> 20,
        after >> 20
    );
    println!("{:?}", statuses.lock().unwrap());
    assert!(peak < before + BOUND, "{} MiB", peak >> 20);

    // The lab goes on.
    let begin = Instant::now();
    loop {
        let one = around(0x0a, &around(0x12, &around(0x12, &[])));
        let answer = ask(&lab.otlp, "POST", "/v1/logs", "application/x-protobuf", "", &one);
        if answer.map(|(status, _)| status) == Some(200) {
            break;
        }
        assert!(begin.elapsed() < Duration::from_secs(20), "the lab does not come back");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(lab.counts().contains(&format!("\"good\":{events}")), "{}", lab.counts());
}
