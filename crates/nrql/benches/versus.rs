//! Funnel questions over generated events, here and in SQLite, timed side by side.
//!
//! `cargo bench -p nrql -- [events] [csv]` prints one JSON object; with a path it also writes the events as CSV, which
//! is what `versus.py` beside this file feeds to DuckDB.

#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs, reason = "a program for the developer")]

use std::io::Write;
use std::time::{Duration, Instant};

use nrql::{Datum, Options, Store};

const NOW: i64 = 1_782_000_000_000;
const DAY: i64 = 86_400_000;

/// As many journeys for each event as 430,000 for a million.
fn journeys(events: usize) -> usize {
    events * 43 / 100
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 33) as usize % bound
    }
}

struct Event {
    time: i64,
    journey: String,
    step: &'static str,
    tier: &'static str,
    service: &'static str,
    actor: &'static str,
    event_id: String,
    fingerprint: String,
    team: Option<String>,
    trace: String,
    span: String,
}

const STEPS: [&str; 4] = ["landing", "provision", "claim", "paid"];

fn uuid(random: &mut Random) -> String {
    let (a, b) = (random.next(), random.next());
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        a >> 32,
        a >> 16 & 0xffff,
        a & 0xfff,
        b >> 52,
        b & 0xffff_ffff_ffff
    )
}

/// Calls `each` with every event, oldest first: 43 in a hundred are a new journey's landing, the others belong to
/// some journey that has landed.
fn events(count: usize, mut each: impl FnMut(&Event)) {
    let mut random = Random(42);
    let mut ids: Vec<String> = Vec::new();
    let fingerprints: Vec<String> =
        (0..count / 8 + 1).map(|_| format!("{:016x}{:016x}", random.next(), random.next())).collect();
    let teams: Vec<String> = (0..count / 20 + 1).map(|_| uuid(&mut random)).collect();
    for place in 0..count {
        let lands = journeys(place + 1) > journeys(place) || ids.is_empty();
        if lands {
            ids.push(uuid(&mut random));
        }
        let step = if lands { 0 } else { [0, 1, 1, 1, 1, 2, 2, 3][random.below(8)] };
        let event = Event {
            time: NOW - DAY + (DAY as u128 * place as u128 / count as u128) as i64,
            journey: ids[if lands { ids.len() - 1 } else { random.below(ids.len()) }].clone(),
            step: STEPS[step],
            tier: ["anonymous", "free", "hobby", "pro"][random.below(4)],
            service: ["db", "cache", "nosql", "vector", "queue", "storage"][random.below(6)],
            actor: ["agent_claude", "agent_mcp", "agent_curl", "human_dashboard"][random.below(4)],
            event_id: format!("{:016x}{:016x}", random.next(), random.next()),
            fingerprint: fingerprints[random.below(fingerprints.len())].clone(),
            team: (step >= 2).then(|| teams[random.below(teams.len())].clone()),
            trace: format!("{:016x}{:016x}", random.next(), random.next()),
            span: format!("{:016x}", random.next()),
        };
        each(&event);
    }
}

fn append(store: &mut Store, event: &Event) {
    let mut row = vec![
        ("funnelStep", Datum::from(event.step)),
        ("serviceName", Datum::from("instant-api")),
        ("cohort", Datum::from("real")),
        ("env", Datum::from("production")),
        ("journeyId", Datum::from(event.journey.as_str())),
        ("eventId", Datum::from(event.event_id.as_str())),
        ("tier", Datum::from(event.tier)),
        ("service", Datum::from(event.service)),
        ("actor", Datum::from(event.actor)),
        ("fingerprint", Datum::from(event.fingerprint.as_str())),
        ("fingerprintKeyId", Datum::from("0a1b2c3d")),
        ("commitId", Datum::from("0f3c2a9")),
        ("trace.id", Datum::from(event.trace.as_str())),
        ("span.id", Datum::from(event.span.as_str())),
    ];
    if let Some(team) = &event.team {
        row.push(("teamId", Datum::from(team.as_str())));
    }
    if event.step == "paid" {
        row.push(("renewal", Datum::from(false)));
    }
    store.append("InstantFunnel", event.time, row);
}

/// Name, NRQL, and SQL that asks the same of SQLite.
const QUESTIONS: [(&str, &str, &str); 3] = [
    (
        "funnel",
        "SELECT funnel(journeyId, WHERE funnelStep = 'landing', WHERE funnelStep = 'provision', \
         WHERE funnelStep = 'claim', WHERE funnelStep = 'paid') FROM InstantFunnel SINCE 1 day ago",
        "SELECT sum(a), sum(a AND b), sum(a AND b AND c), sum(a AND b AND c AND d) FROM (SELECT \
         max(funnelStep = 'landing') a, max(funnelStep = 'provision') b, max(funnelStep = 'claim') c, \
         max(funnelStep = 'paid') d FROM e GROUP BY journeyId)",
    ),
    (
        "uniqueCount by facet",
        "SELECT uniqueCount(journeyId) FROM InstantFunnel FACET funnelStep SINCE 1 day ago",
        "SELECT funnelStep, count(DISTINCT journeyId) FROM e GROUP BY funnelStep",
    ),
    (
        "count in 60 buckets",
        "SELECT count(*) FROM InstantFunnel TIMESERIES 24 minutes SINCE 1 day ago",
        "SELECT (time - 1781913600000) / 1440000, count(*) FROM e GROUP BY 1",
    ),
];

/// Milliseconds that this thread has had a core, where the system tells: unlike the clock, it does not count the time
/// that others had it.
fn cpu_millis() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|nanos| nanos.parse::<f64>().ok()).map_or(f64::NAN, |nanos| nanos / 1e6)
}

/// Median and least of some runs in milliseconds, after one that does not count.
fn timed(runs: usize, mut run: impl FnMut()) -> (f64, f64) {
    run();
    let mut times: Vec<f64> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (times[times.len() / 2], times[0])
}

fn sqlite(count: usize) -> rusqlite::Connection {
    let mut connection = rusqlite::Connection::open_in_memory().unwrap();
    connection
        .execute_batch("CREATE TABLE e (time INTEGER, journeyId TEXT, funnelStep TEXT, tier TEXT)")
        .unwrap();
    let transaction = connection.transaction().unwrap();
    {
        let mut insert = transaction.prepare("INSERT INTO e VALUES (?, ?, ?, ?)").unwrap();
        events(count, |event| {
            insert.execute((event.time, &event.journey, event.step, event.tier)).unwrap();
        });
    }
    transaction.commit().unwrap();
    connection
}

fn main() {
    let mut args = std::env::args().skip(1).filter(|arg| arg != "--bench");
    let count: usize = args.next().and_then(|arg| arg.parse().ok()).unwrap_or(1_000_000);
    let csv = args.next();
    if let Some(path) = csv {
        let mut file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
        events(count, |event| {
            writeln!(file, "{},{},{},{}", event.time, event.journey, event.step, event.tier).unwrap();
        });
    }
    let mut store = Store::with_limits(nrql::Limits::default().max_bytes(usize::MAX));
    let mut filling = Duration::ZERO;
    events(count, |event| {
        let start = Instant::now();
        append(&mut store, event);
        filling += start.elapsed();
    });
    let filled = filling.as_secs_f64();
    let mut report = serde_json::json!({
        "events": count,
        "journeys": journeys(count),
        "threads": Options::default().threads,
        "bytes_per_event": store.bytes() as f64 / count as f64,
        "events_per_second_in": count as f64 / filled,
    });
    let database = (count <= 1_000_000).then(|| sqlite(count));
    for (name, nrql, sql) in QUESTIONS {
        let query = nrql::parse(nrql).unwrap();
        let here = timed(25, || drop(nrql::evaluate(&query, &store, NOW).unwrap()));
        let one = Options::default().threads(1);
        let alone = timed(15, || drop(nrql::evaluate_with(&query, &store, NOW, &one).unwrap()));
        let before = cpu_millis();
        (0..20).for_each(|_| drop(nrql::evaluate_with(&query, &store, NOW, &one).unwrap()));
        let cpu = (cpu_millis() - before) / 20.0;
        let there = database.as_ref().map(|database| {
            let mut statement = database.prepare(sql).unwrap();
            timed(1, || {
                let mut rows = statement.query([]).unwrap();
                while rows.next().unwrap().is_some() {}
            })
        });
        report[name] =
            serde_json::json!({ "nrql": here, "nrql, one thread": alone, "CPU": cpu, "SQLite": there });
    }
    println!("{report}");
}
