//! Starts a lab in the program itself, records a step and asks for it, as a test would:
//! `cargo run -p funnel-lab --example embedded`
#![allow(clippy::print_stdout, reason = "a program prints")]

use std::time::Duration;

use instant_funnel::{Actor, Backend, Funnel, Landing, OtlpConfig};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let lab = funnel_lab::Lab::builder().start().await?;
    let config = OtlpConfig::new(format!("{}/v1/logs", lab.otlp_url()));
    let funnel = Funnel::builder().service_name("example").backend(Backend::Otlp(config)).build()?;
    let journey = funnel.begin_journey(Actor::Unknown);
    funnel.record(Landing::new().journey(journey));
    // `shutdown` blocks, so it gets a thread of its own.
    tokio::task::spawn_blocking(move || funnel.shutdown(Duration::from_secs(10))).await?;
    let counts = lab.counts();
    println!("{} good, {} bad", counts.good, counts.bad);
    lab.shutdown().await;
    Ok(())
}
