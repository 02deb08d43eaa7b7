//! Throughput into a sink that counts.

use std::time::{Duration, Instant};

use otlp_journal::{Delivery, Priority};

use crate::event::{Event, now};
use crate::sink::{Manner, Sink};

const LONG: Duration = Duration::from_secs(60);

/// CPU seconds of this process, all threads.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: f64 = after.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<f64>().ok()).sum();
    ticks / 100.0
}

/// As fast as there is room. The bench waits; `append` itself never does.
pub(crate) fn flat() {
    println!("flat out, zstd, sender on one process and sink on another");
    let directory = std::env::temp_dir().join(format!("otlp-journal-flat-{}", std::process::id()));
    for (name, files) in [("memory", false), ("mapped files", true)] {
        let sink = Sink::start(Manner::default());
        let mut builder = Delivery::builder(sink.url());
        if files {
            builder = builder.directory(&directory);
        }
        let delivery = builder.build().unwrap();
        // Ids are made before; they come again only after many requests, so that none compresses better for it.
        let mut events: Vec<Event> = (0..65_536).map(Event::new).collect();
        let (start, before) = (Instant::now(), cpu());
        let mut n = 0;
        while start.elapsed() < Duration::from_secs(8) {
            for _ in 0..1_000 {
                let place = n as usize % events.len();
                let event = &mut events[place];
                event.time = now();
                let len = event.len();
                while delivery.append(Priority::Bulk, event.time, len, |buf| event.write(buf)).is_err() {
                    assert!(delivery.wait_for_room(Priority::Bulk, len, LONG));
                }
                n += 1;
            }
        }
        let report = delivery.flush(LONG);
        let (seconds, used) = (start.elapsed().as_secs_f64(), cpu() - before);
        let arrived = sink.count();
        println!(
            "  {name:<13} {:.2} M/s arrived   lost {}   {:.2} µs CPU a record   pending {}",
            arrived as f64 / seconds / 1e6,
            n - arrived,
            used * 1e6 / arrived as f64,
            report.pending
        );
    }
    let _ = std::fs::remove_dir_all(directory);
}

/// Paced, against a far end that answers late.
pub(crate) fn slow() {
    println!("slow far end, paced");
    for (delay, rate) in [(100, 100_000), (100, 150_000), (1_000, 10_000), (1_000, 20_000)] {
        let sink = Sink::start(Manner { delay, ..Manner::default() });
        let delivery = Delivery::builder(sink.url()).build().unwrap();
        let start = Instant::now();
        let seconds = 10;
        let mut n = 0;
        while n < rate * seconds {
            let due = start.elapsed().as_micros() as u64 * rate / 1_000_000;
            while n < due.min(rate * seconds) {
                let event = Event::new(n);
                let _ = delivery.append(Priority::Bulk, event.time, event.len(), |buf| event.write(buf));
                n += 1;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let at_end = delivery.stats().pending;
        let report = delivery.flush(LONG);
        println!(
            "  answers after {delay:>4} ms, {rate:>7}/s for {seconds} s: lost {}   pending when the load ended {at_end}   \
             drained in {:.1} s   {}",
            n - sink.count(),
            start.elapsed().as_secs_f64() - seconds as f64,
            if report.complete { "complete" } else { "INCOMPLETE" }
        );
    }
}
