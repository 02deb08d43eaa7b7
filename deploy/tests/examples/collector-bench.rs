//! What the collector costs: events accepted a second and CPU an event, with and without the gates, with a memory and
//! a disk queue, for one or more configurations side by side.
//!
//! ```text
//! cargo run --release -p deploy-tests --example collector-bench -- BINARY CONFIG [CONFIG…]
//! ```
//!
//! `BENCH_SECONDS` (8), `BENCH_ROUNDS` (3), `BENCH_EVENTS` (500 events a request) and `BENCH_SENDERS` (2) change the load;
//! `BENCH_ONLY` runs the variants whose name holds it. Sender, sink and collector share the machine, so events a second
//! depend on what else it does; CPU an event hardly does. Rounds go through all variants in turn, and the median is reported.
//! Events a second are those acknowledged, and those sent on counted until the last had left.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a program for a terminal"
)]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use deploy_tests::collector::Collector;
use deploy_tests::otlp::Good;
use deploy_tests::process::Folder;
use deploy_tests::sink::Sink;

const MEMORY: &str = "exporters: {otlp_http/newrelic: {sending_queue: {storage: null}}}\n";
const NO_GATES: &str = "service: {pipelines: {logs/funnel: {receivers: [otlp], processors: [memory_limiter, \
     filter/keep_funnel], exporters: [otlp_http/newrelic, otlp_http/funnel_archive, count/funnel]}}}\n";
const VARIANTS: [(&str, &[&str]); 4] = [
    ("memory queue, no gates", &[MEMORY, NO_GATES]),
    ("memory queue, all gates", &[MEMORY]),
    ("disk queue, no gates", &[NO_GATES]),
    ("disk queue, all gates", &[]),
];

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[derive(Clone, Copy)]
struct Run {
    events_a_second: f64,
    sent_a_second: f64,
    wire_bytes_an_event: f64,
    cpu_micros_an_event: f64,
    peak_mib: u64,
}

fn main() {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let binary = arguments.next().expect("BINARY CONFIG [CONFIG…]");
    let configs: Vec<_> = arguments.map(|config| config.canonicalize().unwrap()).collect();
    let (rounds, events) = (setting("BENCH_ROUNDS", 3), setting("BENCH_EVENTS", 500) as usize);
    let mut good = Good::new(1);
    let requests: Vec<_> = (0..20_000 / events.max(1)).map(|_| good.request(events)).collect();
    let bytes = requests.iter().map(Vec::len).sum::<usize>() as f64 / (requests.len() * events) as f64;

    let only = std::env::var("BENCH_ONLY").unwrap_or_default();
    let variants: Vec<_> = VARIANTS.iter().filter(|(name, _)| name.contains(&only)).collect();
    let mut runs = vec![Vec::new(); variants.len() * configs.len()];
    for _ in 0..rounds {
        for (at, (variant, config)) in variants
            .iter()
            .flat_map(|variant| configs.iter().map(move |config| (variant, config)))
            .enumerate()
        {
            runs[at].push(run(&binary, config, variant.1, &requests, events));
        }
    }
    println!(
        "{rounds} rounds, {events} events a request, {bytes:.0} bytes an event; median (lowest–highest)"
    );
    for (at, runs) in runs.iter().enumerate() {
        let (variant, config) = (variants[at / configs.len()].0, &configs[at % configs.len()]);
        println!(
            "{variant:24} {:40} {:>22} events/s, {} on; {:>18} µs CPU/event {:>5} MiB, {} bytes/event on the wire",
            config.display(),
            spread(runs, |run| run.events_a_second, 0),
            spread(runs, |run| run.sent_a_second, 0),
            spread(runs, |run| run.cpu_micros_an_event, 1),
            runs.iter().map(|run| run.peak_mib).max().unwrap_or_default(),
            spread(runs, |run| run.wire_bytes_an_event, 0),
        );
    }
}

fn spread(runs: &[Run], of: impl Fn(&Run) -> f64, digits: usize) -> String {
    let mut values: Vec<_> = runs.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    let (low, median, high) = (values[0], values[values.len() / 2], values[values.len() - 1]);
    format!("{median:.digits$} ({low:.digits$}–{high:.digits$})")
}

fn run(binary: &Path, config: &Path, overlays: &[&str], requests: &[Vec<u8>], events: usize) -> Run {
    let (newrelic, rest, folder) = (Sink::forgetful(), Sink::forgetful(), Folder::new("bench"));
    let overlays: Vec<_> = (0..)
        .zip(overlays)
        .map(|(number, text)| {
            let path = folder.path().join(format!("{number}.yaml"));
            std::fs::write(&path, text).unwrap();
            path
        })
        .collect();
    let configs: Vec<_> = std::iter::once(config).chain(overlays.iter().map(PathBuf::as_path)).collect();
    let mut collector = Collector::prepare(binary, &configs, &newrelic.url(), &rest.url());
    collector.start();

    let (stop, accepted) = (AtomicBool::new(false), AtomicUsize::new(0));
    let cpu_before = collector.cpu_seconds();
    let start = Instant::now();
    scope(|threads| {
        for _ in 0..setting("BENCH_SENDERS", 2) {
            threads.spawn(|| {
                let mut client = collector.client();
                for request in requests.iter().cycle() {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    if client.logs(request) == Some(200) {
                        accepted.fetch_add(events, Ordering::Relaxed);
                    }
                }
            });
        }
        sleep(Duration::from_secs(setting("BENCH_SECONDS", 8)));
        stop.store(true, Ordering::Relaxed);
    });
    let took = start.elapsed();
    let accepted = accepted.into_inner() as f64;
    // The work is done when it is sent, not when it is accepted.
    deploy_tests::wait::wait_until("the queue to empty", || {
        collector.metric("otelcol_exporter_sent_log_records", "otlp_http/newrelic") >= accepted
    });
    let drained = start.elapsed();
    Run {
        events_a_second: accepted / took.as_secs_f64(),
        sent_a_second: accepted / drained.as_secs_f64(),
        wire_bytes_an_event: newrelic.wire_bytes() as f64 / accepted,
        cpu_micros_an_event: (collector.cpu_seconds() - cpu_before) * 1e6 / accepted,
        peak_mib: collector.peak_mib(),
    }
}
