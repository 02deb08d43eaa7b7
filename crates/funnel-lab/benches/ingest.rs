//! How many events a second the lab receives, judges, deduplicates and stores, with the senders on the same machine;
//! then what a page and queries cost on what was stored.
//!
//! `cargo bench -p funnel-lab --bench ingest -- [EVENTS] [SENDERS]`
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use funnel_lab::Lab;
use instant_funnel_core::contract::CONTRACT;
use instant_funnel_core::{Actor, Checker, Claim, Draft, JourneyId, Landing, Paid, Provision, Stamp, TeamId};

/// Records of one request: about 500 kB before compression, as the project's own delivery packs them.
const BATCH: usize = 1_700;

fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let events = numbers.first().copied().unwrap_or(1_000_000);
    let senders = numbers.get(1).copied().unwrap_or(3);
    let folder = std::env::temp_dir().join(format!("funnel-lab-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let lab = runtime.block_on(Lab::builder().db(folder.join("lab.db")).start()).unwrap();
    let before = resident();
    let otlp = lab.otlp_addr();
    let start = Instant::now();
    let sent: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..senders).map(|_| scope.spawn(|| send(otlp, events / senders))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    let took = start.elapsed();
    let counts = lab.counts();
    assert_eq!(counts.good as usize, sent, "every acknowledged event is held once");
    assert_eq!(counts.total as usize, sent);
    println!("cores                  {}", std::thread::available_parallelism().unwrap());
    println!("events                 {sent} from {senders} senders, {BATCH} a request, zstd");
    println!(
        "ingest                 {:.0} events/s ({:.2} s)",
        sent as f64 / took.as_secs_f64(),
        took.as_secs_f64()
    );
    println!("cpu                    {:.2} s in all, senders included", cpu());
    println!(
        "memory                 {} MiB, {} MiB of it before the first event",
        resident() >> 20,
        before >> 20
    );
    println!("file                   {} MiB", std::fs::metadata(folder.join("lab.db")).unwrap().len() >> 20);
    let http = lab.http_addr();
    show("page, first bytes", measure(20, || get(http, "/")));
    show("page, first numbers", measure(3, || PAGE.iter().for_each(|path| get(http, path))));
    show("funnel query", measure(20, || query(http, FUNNEL)));
    show("counts", measure(20, || get(http, "/api/counts")));
    show("100 events", measure(20, || get(http, "/api/events?limit=100")));
    runtime.block_on(lab.shutdown());
    let start = Instant::now();
    let lab = runtime.block_on(Lab::builder().db(folder.join("lab.db")).start()).unwrap();
    println!("start on this file     {:.2} s", start.elapsed().as_secs_f64());
    assert_eq!(lab.counts(), counts, "the file holds what was counted");
    runtime.block_on(lab.shutdown());
    std::fs::remove_dir_all(&folder).unwrap();
}

const FUNNEL: &str = "FROM InstantFunnel SELECT funnel(journeyId, WHERE funnelStep = 'landing', \
    WHERE funnelStep = 'provision', WHERE funnelStep = 'claim', WHERE funnelStep = 'paid') SINCE 1 day ago";

/// What the page asks for before it shows its first numbers.
const PAGE: [&str; 4] = ["/api/page", "/api/counts", "/api/dimensions", "/api/report?since=90d&cohort=real"];

fn send(otlp: SocketAddr, events: usize) -> usize {
    let checker =
        Checker::builder(&CONTRACT).default_value("serviceName", "bench").default_value("cohort", "real");
    let checker = checker.default_value("env", "production").build().unwrap();
    let mut stream = TcpStream::connect(otlp).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut compressor = zstd::bulk::Compressor::new(1).unwrap();
    let mut request = Vec::new();
    let mut made = 0;
    let team = TeamId::parse("5f8d0e1a-3b7c-4d2e-9f10-1a2b3c4d5e6f").unwrap();
    let mut journey = JourneyId::new();
    while made < events {
        request.clear();
        let records = BATCH.min(events - made);
        for at in made..made + records {
            // Of ten events six are landings, two provisions, one a claim and one a payment of the same journey.
            let draft: Draft<'_> = match at % 10 {
                6 | 7 => {
                    Provision::new("db").journey(journey).tier("anonymous").actor(Actor::AgentMcp).into()
                }
                8 => Claim::new(team).journey(journey).tier("free").actor(Actor::HumanDashboard).into(),
                9 => Paid::new(team, journey).tier("pro").renewal(false).into(),
                _ => {
                    journey = JourneyId::new();
                    Landing::new().journey(journey).actor(Actor::AgentClaude).into()
                }
            };
            let record = checker.check(&draft, Stamp::now(), |_, _| {}).unwrap();
            let len = record.encoded_len();
            request.push(2 << 3 | 2);
            varint(&mut request, len);
            let at = request.len();
            request.resize(at + len, 0);
            record.encode_into(&mut request[at..]).unwrap();
        }
        // resource_logs { scope_logs { log_records… } }
        let mut head = vec![2 << 3 | 2];
        varint(&mut head, request.len());
        let mut body = vec![1 << 3 | 2];
        varint(&mut body, head.len() + request.len());
        body.extend_from_slice(&head);
        body.extend_from_slice(&request);
        let packed = compressor.compress(&body).unwrap();
        write!(
            stream,
            "POST /v1/logs HTTP/1.1\r\nhost: {otlp}\r\ncontent-type: application/x-protobuf\r\n\
             content-encoding: zstd\r\ncontent-length: {}\r\n\r\n",
            packed.len()
        )
        .unwrap();
        stream.write_all(&packed).unwrap();
        let (head, _) = answer(&mut stream);
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        made += records;
    }
    made
}

fn varint(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Head and body of one answer on a connection that stays open.
fn answer(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let mut read = Vec::new();
    let mut buffer = [0; 65_536];
    loop {
        if let Some(split) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8(read[..split].to_vec()).unwrap();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.unwrap().trim().parse().unwrap();
            while read.len() < split + 4 + length {
                let count = stream.read(&mut buffer).unwrap();
                assert!(count > 0, "the lab hung up");
                read.extend_from_slice(&buffer[..count]);
            }
            return (head, read[split + 4..].to_vec());
        }
        let count = stream.read(&mut buffer).unwrap();
        assert!(count > 0, "the lab hung up");
        read.extend_from_slice(&buffer[..count]);
    }
}

fn get(http: SocketAddr, path: &str) {
    let mut stream = TcpStream::connect(http).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {http}\r\n\r\n").unwrap();
    let (head, _) = answer(&mut stream);
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
}

fn query(http: SocketAddr, nrql: &str) {
    let body = serde_json::json!({"nrql": nrql}).to_string();
    let mut stream = TcpStream::connect(http).unwrap();
    write!(
        stream,
        "POST /api/query HTTP/1.1\r\nhost: {http}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let (head, body) = answer(&mut stream);
    assert!(head.starts_with("HTTP/1.1 200"), "{head} {}", String::from_utf8_lossy(&body));
}

/// Median and worst of some runs.
fn measure(runs: usize, mut run: impl FnMut()) -> (Duration, Duration) {
    let mut times: Vec<Duration> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    times.sort();
    (times[times.len() / 2], times[times.len() - 1])
}

fn show(what: &str, (median, worst): (Duration, Duration)) {
    let millis = |time: Duration| time.as_secs_f64() * 1_000.0;
    println!("{what:<22} {:.1} ms median, {:.1} ms worst", millis(median), millis(worst));
}

/// Bytes of this process in memory; 0 where there is no `/proc`.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    pages.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0_usize) * 4_096
}

/// Seconds of both cores that this process took; 0 where there is no `/proc`.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}
