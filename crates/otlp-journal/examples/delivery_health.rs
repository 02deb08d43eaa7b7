//! Sends a record a second and prints the delivery's health, to see what a fault looks like:
//! `cargo run -p otlp-journal --example delivery_health -- http://127.0.0.1:4318/v1/logs`
#![allow(clippy::print_stdout, reason = "a program prints")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use otlp_journal::{Delivery, Priority};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).ok_or("usage: delivery_health URL [SECONDS]")?;
    let seconds = std::env::args().nth(2).map_or(Ok(10), |seconds| seconds.parse())?;
    let delivery = Delivery::builder(url).build()?;
    // An encoded `LogRecord` whose body is the string "hello".
    let record = [0x2a, 0x07, 0x0a, 0x05, b'h', b'e', b'l', b'l', b'o'];
    for _ in 0..seconds {
        let now = u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos())?;
        delivery.append(Priority::Bulk, now, record.len(), |buffer| buffer.copy_from_slice(&record))?;
        std::thread::sleep(Duration::from_secs(1));
        println!("{}", delivery.health());
    }
    let report = delivery.shutdown(Duration::from_secs(5));
    println!("{} delivered, {} pending", report.stats.delivered, report.stats.pending);
    delivery.advisories().iter().for_each(|advisory| println!("{advisory}"));
    Ok(())
}
