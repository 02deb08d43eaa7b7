//! What the funnel costs a service under load, whatever becomes of the endpoint.
//!
//! `FUNNEL_BIN=…/funnel cargo bench --bench load -- [SECONDS] [REQUESTS-A-SECOND]`, default 60 and 2,000.
//!
//! Four services run side by side: funnel off; on with a healthy far end (the lab, behind a receiver that keeps what it
//! is sent); on with a dead one; on with one that takes two seconds to answer. Each gets the load for a slice of time in
//! turn, until each has had its seconds, so that whatever else the machine does falls on all four. Requests are sent by
//! the clock: one that must wait for its connection is late from the moment that it was due.
//!
//! Afterwards everything that was sent (addresses, e-mail addresses, cookies, tokens) is searched for in what the
//! receivers got and in what the services logged. Traffic stays on the loopback interface.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a load generator fails and tells as a test does"
)]

#[path = "../tests/support/mod.rs"]
mod support;
#[path = "load/visitor.rs"]
mod visitor;

use std::sync::Arc;
use std::time::{Duration, Instant};

use aho_corasick::AhoCorasick;
use tokio::runtime::Runtime;

use self::support::collector::Collector;
use self::support::lab::Lab;
use self::support::service::Service;
use self::visitor::{Taken, Visitor};

const CONNECTIONS: u32 = 32;
const SLICE: Duration = Duration::from_secs(5);
const WARM_UP: Duration = Duration::from_secs(2);
const SLOW: Duration = Duration::from_secs(2);
const DEAD: &str = "http://127.0.0.1:9/v1/logs";

struct Target {
    name: &'static str,
    service: Arc<Service>,
    taken: Taken,
    slices: Vec<Vec<u32>>,
    cpu: Duration,
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse::<u32>().ok());
    let seconds = arguments.next().unwrap_or(60);
    let rate = arguments.next().unwrap_or(2_000);
    let lab = Lab::start();
    let healthy = Collector::with(Duration::ZERO, lab.as_ref().map(|lab| lab.otlp.clone()));
    let slow = Collector::with(SLOW, None);
    let [healthy_url, slow_url] = [&healthy, &slow].map(|collector| format!("{}/v1/logs", collector.url));
    let mut targets = [
        Target::new("off", &[]),
        Target::new("on, healthy", &on(&healthy_url)),
        Target::new("on, dead", &on(DEAD)),
        Target::new("on, slow", &on(&slow_url)),
    ];
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    for target in &mut targets {
        target.load(&runtime, WARM_UP, rate);
        target.slices.clear();
        target.cpu = Duration::ZERO;
    }
    let rounds = Duration::from_secs(seconds.into()).div_duration_f64(SLICE).ceil() as u32;
    for _ in 0..rounds {
        for target in &mut targets {
            target.load(&runtime, SLICE, rate);
        }
    }
    report(&mut targets, &healthy, lab.as_ref());
    let wires = [healthy.wire(), slow.wire()];
    search(&targets, &wires);
}

/// Events and no spans, since the service without a funnel has none either; uncompressed, to be searched.
fn on(endpoint: &str) -> [(&str, &str); 3] {
    [
        ("ANALYTICS_BACKEND", "otlp"),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", endpoint),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "none"),
    ]
}

impl Target {
    fn new(name: &'static str, variables: &[(&str, &str)]) -> Self {
        let service = Arc::new(Service::start(variables));
        Self { name, service, taken: Taken::default(), slices: Vec::new(), cpu: Duration::ZERO }
    }

    /// One slice of load: so many connections, each with visitors one after the other.
    fn load(&mut self, runtime: &Runtime, length: Duration, rate: u32) {
        let before = cpu(self.service.id());
        let start = Instant::now() + Duration::from_millis(10);
        let workers: Vec<_> = (0..CONNECTIONS)
            .map(|worker| {
                let service = Arc::clone(&self.service);
                runtime.spawn(async move {
                    let mut visitor = Visitor::connect(service).await;
                    let mut latencies = Vec::new();
                    for turn in 0.. {
                        let due = start + Duration::from_secs(1) * (turn * CONNECTIONS + worker) / rate;
                        if due >= start + length {
                            break;
                        }
                        let late = Instant::now() > due;
                        tokio::time::sleep_until(due.into()).await;
                        // A timer that fires late is the generator's fault; a connection still busy is the service's.
                        let begin = if late { due } else { Instant::now() };
                        visitor.act().await;
                        latencies.push(u32::try_from(begin.elapsed().as_micros()).unwrap_or(u32::MAX));
                    }
                    (visitor.leave(), latencies)
                })
            })
            .collect();
        let mut slice = Vec::new();
        for worker in workers {
            let (taken, latencies) = runtime.block_on(worker).unwrap();
            self.taken.add(taken);
            slice.extend(latencies);
        }
        slice.sort_unstable();
        self.slices.push(slice);
        self.cpu += cpu(self.service.id()) - before;
    }
}

fn report(targets: &mut [Target], healthy: &Collector, lab: Option<&Lab>) {
    println!("| funnel | requests | failed | p50 µs | p99 µs | p99 of slices µs | CPU µs a request |");
    println!("|---|---|---|---|---|---|---|");
    for target in &*targets {
        let mut all: Vec<_> = target.slices.concat();
        all.sort_unstable();
        let mut slices: Vec<_> = target.slices.iter().map(|slice| percentile(slice, 99)).collect();
        slices.sort_unstable();
        println!(
            "| {} | {} | {} | {} | {} | {} – {} – {} | {} |",
            target.name,
            all.len(),
            target.taken.failed,
            percentile(&all, 50),
            percentile(&all, 99),
            slices[0],
            percentile(&slices, 50),
            slices[slices.len() - 1],
            target.cpu.as_micros() / all.len() as u128,
        );
    }
    for target in targets {
        for (step, count) in target.taken.steps() {
            let counted =
                target.service.metric(&format!("instant_conversion_funnel_total{{step=\"{step}\"}}"));
            assert_eq!(counted, count, "{}: {step}", target.name);
        }
        assert_eq!(target.taken.failed, 0, "{}: requests failed", target.name);
        let service = Arc::get_mut(&mut target.service).expect("the workers are done");
        let last = service.stop();
        let recorded = last["recorded"].as_u64().unwrap();
        let settled = ["delivered", "dropped", "pending"].map(|state| last[state].as_u64().unwrap());
        println!(
            "{}: recorded {recorded}, delivered {}, dropped {}, pending {}",
            target.name, settled[0], settled[1], settled[2]
        );
        assert_eq!(recorded, settled.iter().sum::<u64>(), "{}: not conserved", target.name);
        if target.name == "off" {
            assert_eq!(recorded, 0);
        } else {
            assert_eq!(recorded, target.taken.steps().iter().map(|(_, count)| count).sum::<u64>());
        }
        if target.name == "on, healthy" {
            assert_eq!(healthy.events().len() as u64, recorded, "counters are events");
            if let Some(lab) = lab {
                let counts = lab.counts();
                println!("lab: {counts}");
                assert_eq!((counts["good"].as_u64(), counts["bad"].as_u64()), (Some(recorded), Some(0)));
            }
        }
    }
}

/// Looks for everything that was sent in everything that left.
fn search(targets: &[Target], wires: &[Vec<u8>]) {
    let logs: Vec<_> = targets.iter().map(|target| target.service.log().into_bytes()).collect();
    let sent: Vec<_> = targets.iter().flat_map(|target| &target.taken.values).collect();
    let matcher = AhoCorasick::new(&sent).unwrap();
    let haystacks = wires.iter().chain(&logs);
    let bytes: usize = haystacks.clone().map(Vec::len).sum();
    for haystack in haystacks {
        let found = matcher.find(haystack).map(|found| sent[found.pattern().as_usize()]);
        assert_eq!(found, None, "what a visitor sent has left the service");
    }
    println!("privacy: {} values searched for in {bytes} bytes of wire and log, none found", sent.len());
}

fn percentile(sorted: &[u32], percent: usize) -> u32 {
    sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)]
}

/// CPU time of a process and its threads so far, in the kernel's ticks of 10 ms.
fn cpu(process: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields = stat.rsplit_once(')').unwrap().1.split_whitespace().skip(11).take(2);
    fields.map(|ticks| Duration::from_millis(10 * ticks.parse::<u64>().unwrap())).sum()
}
