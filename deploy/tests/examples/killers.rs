//! What each request of `deploy_tests::killer` costs a fresh collector: status, seconds, peak memory.
//!
//! ```text
//! cargo run --release -p deploy-tests --example killers -- BINARY CONFIG [NAME]
//! ```
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a program for a terminal"
)]

use std::path::PathBuf;
use std::time::Instant;

use deploy_tests::collector::Collector;
use deploy_tests::killer::killers;
use deploy_tests::sink::Sink;

fn main() {
    let mut arguments = std::env::args_os().skip(1);
    let binary = PathBuf::from(arguments.next().expect("BINARY CONFIG [NAME]")).canonicalize().unwrap();
    let config = PathBuf::from(arguments.next().expect("CONFIG")).canonicalize().unwrap();
    let only = arguments.next().map(|name| name.into_string().unwrap()).unwrap_or_default();
    let limit = std::env::var("KILLER_BYTES").map_or(4 << 20, |text| text.parse().unwrap());
    for killer in killers(limit).iter().filter(|killer| killer.name.contains(&only)) {
        let (newrelic, rest) = (Sink::forgetful(), Sink::forgetful());
        let mut collector = Collector::prepare(&binary, &[&config], &newrelic.url(), &rest.url());
        if let Ok(limit) = std::env::var("GOMEMLIMIT") {
            collector.set("GOMEMLIMIT", &limit);
        }
        collector.start();
        let idle = collector.peak_mib();
        let start = Instant::now();
        let status = collector.client().post("/v1/logs", killer.content_type, &killer.body);
        let took = start.elapsed();
        println!(
            "{:48} {:>8} bytes {status:?} {:6.2} s, {:5.2} s of CPU, {idle} → {} MiB",
            killer.name,
            killer.body.len(),
            took.as_secs_f64(),
            collector.cpu_seconds(),
            collector.peak_mib()
        );
    }
}
