//! What one record costs the thread that records it: clock, encoding, reservation and commit.

use std::path::PathBuf;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use otlp_journal::transport::{Request, Response, Transport, TransportError};
use otlp_journal::{Delivery, Priority};

use crate::event::{Event, now};

const BURST: u64 = 2_048;
const BURSTS: usize = 301;

/// Takes everything at once: the sender is not what is measured here.
#[derive(Debug)]
struct Nowhere;

impl Transport for Nowhere {
    fn send(&self, _: &Request<'_>) -> Result<Response, TransportError> {
        Ok(Response::new(200))
    }
}

fn delivery(directory: Option<PathBuf>) -> Delivery {
    let builder = Delivery::builder("http://nowhere.test/v1/logs")
        .transport(Arc::new(Nowhere))
        .compression(otlp_journal::Compression::None)
        .adopt_every(Duration::from_secs(3_600))
        .linger(Duration::from_secs(3_600));
    let builder = match directory {
        Some(path) => builder.directory(path),
        None => builder,
    };
    let delivery = builder.build().unwrap();
    assert!(delivery.advisories().is_empty(), "{:?}", delivery.advisories());
    delivery
}

/// What a service does at a step: read the clock, encode, record. The values are there already.
fn one(delivery: &Delivery, event: &mut Event) {
    event.time = now();
    delivery.append(Priority::Bulk, event.time, event.len(), |buf| event.write(buf)).unwrap();
}

/// Median nanoseconds a record, over bursts of each of `threads` threads at once.
fn bursts(delivery: &Delivery, threads: usize) -> f64 {
    let barrier = Arc::new(Barrier::new(threads + 1));
    let mut all: Vec<f64> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|thread| {
                let (delivery, barrier) = (delivery.clone(), Arc::clone(&barrier));
                scope.spawn(move || {
                    let mut times = Vec::with_capacity(BURSTS);
                    for burst in 0..BURSTS {
                        let mut events = events((thread * BURSTS + burst) as u64);
                        barrier.wait();
                        let start = Instant::now();
                        for event in &mut events {
                            one(&delivery, event);
                        }
                        times.push(start.elapsed().as_nanos() as f64 / BURST as f64);
                        barrier.wait();
                    }
                    times
                })
            })
            .collect();
        for _ in 0..BURSTS {
            barrier.wait();
            barrier.wait();
            assert!(delivery.flush(Duration::from_secs(60)).complete);
        }
        workers.into_iter().flat_map(|w| w.join().unwrap()).collect()
    });
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

fn events(burst: u64) -> Vec<Event> {
    (0..BURST).map(|n| Event::new(burst * BURST + n)).collect()
}

/// The clock and the encoding into a buffer, without the journal.
fn bare() -> f64 {
    let mut buf = [0; 512];
    let mut all: Vec<f64> = (0..BURSTS as u64)
        .map(|burst| {
            let mut events = events(burst);
            let start = Instant::now();
            for event in &mut events {
                event.time = now();
                let len = event.len();
                event.write(&mut buf[..len]);
                std::hint::black_box(&buf);
            }
            start.elapsed().as_nanos() as f64 / BURST as f64
        })
        .collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

pub(crate) fn run() {
    let directory = std::env::temp_dir().join(format!("otlp-journal-bench-{}", std::process::id()));
    println!(
        "cost at the caller, ns a record ({} bytes, 8 attributes; median of {BURSTS} bursts of {BURST})",
        Event::new(1).len()
    );
    println!("  clock and encoding alone        {:6.1}", bare());
    for (name, directory) in [("memory", None), ("mapped files", Some(directory.clone()))] {
        let delivery = delivery(directory);
        let alone = bursts(&delivery, 1);
        let both = bursts(&delivery, 2);
        let mut events = events(0);
        let counted = allocation_counter::measure(|| {
            for event in &mut events {
                one(&delivery, event);
            }
        });
        println!(
            "  {name:<13} one thread {alone:6.1}   two at once {both:6.1} ({:.2} x)   allocations {}",
            both / alone,
            counted.count_total
        );
        assert_eq!(delivery.stats().dropped.total(), 0);
    }
    let _ = std::fs::remove_dir_all(directory);
}
