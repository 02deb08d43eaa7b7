//! The journal beside the stock OpenTelemetry pipe and `emit_otlp`: the same record, the same far end, the same run.
//!
//! ```text
//! cargo run --release --manifest-path benches/peers/Cargo.toml             # all; 6 minutes
//! cargo run --release --manifest-path benches/peers/Cargo.toml -- cost     # or flat, slow, 503, 500, 401, 429, reset
//! ```
//! Each figure comes from a process of its own; the far end is another.

#[path = "../../../crates/otlp-journal/benches/delivery/event.rs"]
mod event;
mod peer;
#[path = "../../../crates/otlp-journal/benches/delivery/sink.rs"]
mod sink;

use std::process::Command;
use std::time::{Duration, Instant};

use self::peer::{NAMES, Peer};
use self::sink::{Manner, Sink};

const CASES: [&str; 8] = ["cost", "flat", "slow", "503", "500", "401", "429", "reset"];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["sink", ..] => sink::serve(&args[1..]),
        [case, peer] => run(case, peer),
        [] => CASES.iter().for_each(|case| each(case)),
        cases => cases.iter().for_each(|case| each(case)),
    }
}

/// One process for each peer.
fn each(case: &str) {
    println!(
        "{}",
        match case {
            "cost" => "| cost at the caller | ns a record | allocations |\n|---|---|---|".to_owned(),
            "flat" => "| flat out, 5 s, nobody waits | arrived/s | lost |\n|---|---|---|".to_owned(),
            "slow" => "| far end answers after 100 ms, 20,000/s for 10 s | lost |\n|---|---|".to_owned(),
            fault => {
                let seconds = outage(fault).1 / 1_000;
                let all = seconds + 8;
                format!(
                    "| {seconds} s of {fault} in {all} s at 1,000/s | lost | the last flush said |\n|---|---|---|"
                )
            }
        }
    );
    for name in NAMES {
        let status = Command::new(std::env::current_exe().unwrap()).args([case, name]).status().unwrap();
        assert!(status.success(), "{case} {name}");
    }
    println!();
}

fn run(case: &str, name: &str) {
    match case {
        "cost" => cost(name),
        "flat" => flat(name),
        "slow" => paced(name, Manner { delay: 100, ..Manner::default() }, 20_000, 10),
        fault => {
            let (status, sick_for) = outage(fault);
            let manner = Manner { sick_after: 3_000, sick_for, status, ..Manner::default() };
            paced(name, manner, 1_000, sick_for / 1_000 + 8);
        }
    }
}

/// What the far end answers while it is sick, and for how many milliseconds.
fn outage(fault: &str) -> (u64, u64) {
    match fault {
        "reset" => (0, 5_000),
        "503" => (503, 20_000),
        status => (status.parse().expect("a case or a status"), 5_000),
    }
}

/// Median of bursts with a flush between them, so that no queue is ever full.
fn cost(name: &str) {
    const BURST: u64 = 1_000;
    let sink = Sink::start(Manner::default());
    let peer = Peer::start(name, &sink.url());
    let mut times: Vec<f64> = (0..101)
        .map(|burst| {
            let start = Instant::now();
            for n in 0..BURST {
                peer.record(burst * BURST + n);
            }
            let time = start.elapsed().as_nanos() as f64 / BURST as f64;
            peer.flush();
            time
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let counted = allocation_counter::measure(|| {
        for n in 0..BURST {
            peer.record(n);
        }
    });
    println!("| {name} | {:.0} | {:.1} |", times[times.len() / 2], counted.count_total as f64 / BURST as f64);
    peer.end();
}

fn flat(name: &str) {
    let sink = Sink::start(Manner::default());
    let peer = Peer::start(name, &sink.url());
    let start = Instant::now();
    let mut n = 0;
    while start.elapsed() < Duration::from_secs(5) {
        for _ in 0..1_000 {
            peer.record(n);
            n += 1;
        }
    }
    peer.flush();
    let seconds = start.elapsed().as_secs_f64();
    peer.end();
    let arrived = sink.count();
    println!("| {name} | {:.0} | {} |", arrived as f64 / seconds, percent(n, arrived));
}

fn paced(name: &str, manner: Manner, rate: u64, seconds: u64) {
    let sink = Sink::start(manner);
    let peer = Peer::start(name, &sink.url());
    let start = Instant::now();
    let mut n = 0;
    while n < rate * seconds {
        let due = start.elapsed().as_micros() as u64 * rate / 1_000_000;
        while n < due.min(rate * seconds) {
            peer.record(n);
            n += 1;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let said = peer.flush();
    peer.end();
    let lost = percent(n, sink.count());
    if manner.sick_for == 0 {
        println!("| {name} | {lost} |");
    } else {
        println!("| {name} | {lost} | {said} |");
    }
}

fn percent(sent: u64, arrived: u64) -> String {
    match sent.saturating_sub(arrived) {
        0 => format!("0 of {sent}"),
        lost => format!("{:.1} % of {sent}", 100.0 * lost as f64 / sent as f64),
    }
}
