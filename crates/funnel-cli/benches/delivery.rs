//! How many events a second a real funnel delivers to a real lab: the project's own delivery with its defaults in this
//! process, `funnel lab` in another, both on the cores that there are. Afterwards the lab is killed, and its file must
//! hold every recorded event once.
//!
//! `cargo bench -p funnel-cli --bench delivery -- [SECONDS] [options of funnel lab …]`
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use instant_funnel::{
    Actor, Backend, Claim, Funnel, JourneyId, Landing, OtlpConfig, Paid, Provision, Stats, TeamId,
};

/// Events that may wait in the journal; it holds about 200,000 and refuses the cheap ones from 160,000 on.
const PENDING_MAX: u64 = 100_000;
/// Events between two looks at what is pending.
const ROUND: usize = 500;
/// The pace is shown for stretches of this length, so that one that falls is seen.
const STRETCH: Duration = Duration::from_secs(5);
const DRAIN: Duration = Duration::from_secs(120);

fn main() {
    let mut arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let seconds = arguments.first().and_then(|seconds| seconds.parse().ok());
    if seconds.is_some() {
        arguments.remove(0);
    }
    let span = Duration::from_secs(seconds.unwrap_or(30));
    let keeps_all = !arguments.iter().any(|argument| argument == "--max-events");
    if keeps_all {
        arguments.extend(["--max-events".to_owned(), "1000000000".to_owned()]);
    }
    let folder = std::env::temp_dir().join(format!("funnel-delivery-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let db = folder.join("lab.db");
    let (mut lab, addresses) = start(&db, &arguments);
    let funnel = Funnel::builder()
        .service_name("bench")
        .environment("production")
        .backend(Backend::Otlp(OtlpConfig::new(format!("http://{}/v1/logs", addresses.otlp))))
        .build()
        .unwrap();

    let (start, busy) = (Instant::now(), machine());
    let paces = record(&funnel, span);
    let report = funnel.shutdown(DRAIN);
    let took = start.elapsed();
    let busy = machine() - busy;
    let counted = counts(&addresses.http);
    let (memory, lab_cpu, own_cpu) = (peak(lab.id()), cpu(&lab.id().to_string()), cpu("self"));
    // Without a goodbye: what was acknowledged must be in the file all the same.
    lab.kill().unwrap();
    lab.wait().unwrap();

    let events = report.recorded as f64;
    println!("cores        {}", std::thread::available_parallelism().unwrap());
    println!("recorded     {}", report.recorded);
    println!("delivered    {}", report.delivered);
    println!("dropped      {}, pending {}", report.dropped.total(), report.pending);
    println!(
        "events/s     {:.0} from the first record to the end of shutdown ({:.2} s)",
        events / took.as_secs_f64(),
        took.as_secs_f64()
    );
    println!("             {paces:.0?} in stretches of {} s", STRETCH.as_secs());
    println!(
        "cpu          {:.2} µs an event at the lab, {:.2} at the service",
        lab_cpu * 1e6 / events,
        own_cpu * 1e6 / events
    );
    let others = (busy - lab_cpu - own_cpu).max(0.0) / took.as_secs_f64();
    println!("others       took {others:.2} of the cores meanwhile");
    println!("peak memory  {} MiB lab, {} MiB service", memory >> 20, peak(std::process::id()) >> 20);
    println!("lab's counts {counted}");
    assert_eq!((report.dropped.total(), report.pending), (0, 0), "nothing is dropped and nothing waits");
    assert_eq!(report.delivered, report.recorded);
    let (rows, ids) = held(&db);
    println!("file         {rows} good rows, {ids} eventIds");
    if keeps_all {
        assert_eq!((rows, ids), (report.recorded, report.recorded), "each recorded event is held once");
    } else {
        assert_eq!(rows, ids, "no event is held twice");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Records for `span` as fast as the lab takes it; gives what was delivered in a second, stretch by stretch.
fn record(funnel: &Funnel, span: Duration) -> Vec<f64> {
    let team = TeamId::parse("5f8d0e1a-3b7c-4d2e-9f10-1a2b3c4d5e6f").unwrap();
    let mut journey = JourneyId::new();
    let mut paces = Vec::new();
    let start = Instant::now();
    let (mut since, mut before) = (start, 0);
    while start.elapsed() < span {
        let Stats { pending, delivered, .. } = funnel.stats();
        if since.elapsed() >= STRETCH {
            paces.push((delivered - before) as f64 / since.elapsed().as_secs_f64());
            (since, before) = (Instant::now(), delivered);
        }
        if pending > PENDING_MAX {
            std::thread::sleep(Duration::from_millis(1));
            continue;
        }
        // Of ten events six are landings, two provisions, one a claim and one a payment of the same journey.
        for at in 0..ROUND {
            match at % 10 {
                6 | 7 => funnel
                    .record(Provision::new("db").journey(journey).tier("anonymous").actor(Actor::AgentMcp)),
                8 => {
                    let claim = Claim::new(team).journey(journey).tier("free");
                    funnel.record(claim.actor(Actor::HumanDashboard));
                }
                9 => funnel.record(Paid::new(team, journey).tier("pro").renewal(false)),
                _ => {
                    journey = JourneyId::new();
                    funnel.record(Landing::new().journey(journey).actor(Actor::AgentClaude));
                }
            }
        }
    }
    paces
}

struct Addresses {
    otlp: String,
    http: String,
}

fn start(db: &Path, options: &[String]) -> (Child, Addresses) {
    let mut lab = Command::new(env!("CARGO_BIN_EXE_funnel"))
        .args(["lab", "--otlp", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0", "--db"])
        .arg(db)
        .args(options)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(lab.stdout.take().unwrap()).lines().map(|line| line.unwrap());
    let mut address = |name: &str| {
        let line = lines.find_map(|line| line.strip_prefix(name).map(str::to_owned)).unwrap();
        line.trim().trim_start_matches("http://").trim_end_matches('/').to_owned()
    };
    let addresses = Addresses { http: address("page"), otlp: address("OTLP/HTTP") };
    (lab, addresses)
}

fn counts(http: &str) -> String {
    let mut stream = TcpStream::connect(http).unwrap();
    write!(stream, "GET /api/counts HTTP/1.1\r\nhost: {http}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

fn held(db: &Path) -> (u64, u64) {
    let file = rusqlite::Connection::open(db).unwrap();
    let sql = "SELECT count(*), count(DISTINCT \"eventId\") FROM event WHERE verdict = 'good'";
    let (rows, ids): (i64, i64) = file.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    (rows as u64, ids as u64)
}

/// The most bytes that a process had in memory; 0 where there is no `/proc`.
fn peak(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|kilobytes| kilobytes.parse().ok()).unwrap_or(0_usize) << 10
}

/// Seconds of all cores in which this machine worked, or was kept from it by its host; 0 where there is no `/proc`.
fn machine() -> f64 {
    let stat = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let ticks = stat
        .lines()
        .next()
        .unwrap_or("")
        .split_whitespace()
        .skip(1)
        .map(|ticks| ticks.parse().unwrap_or(0.0));
    // The fourth and fifth are idle and waiting; from the ninth on, guests, which are counted already.
    let ticks: f64 =
        ticks.take(8).enumerate().filter(|(at, _)| !(3..=4).contains(at)).map(|(_, ticks)| ticks).sum();
    ticks / 100.0
}

/// Seconds of all cores that a process took; 0 where there is no `/proc`.
fn cpu(process: &str) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}
