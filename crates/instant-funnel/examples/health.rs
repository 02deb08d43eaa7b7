//! Records a step a second with the configuration of the environment, and prints what `health`, `stats` and
//! `advisories` say: `ANALYTICS_BACKEND=otlp cargo run -p instant-funnel --example health`
#![allow(clippy::print_stdout, reason = "a program prints")]

use std::time::Duration;

use instant_funnel::{Actor, Cohort, Funnel, Landing};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seconds = std::env::args().nth(1).map_or(Ok(5), |seconds| seconds.parse())?;
    tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::INFO).init();
    let funnel = Funnel::from_env();
    for _ in 0..seconds {
        let journey = funnel.begin_journey(Actor::Unknown);
        funnel.record(Landing::new().journey(journey).cohort(Cohort::Synthetic));
        std::thread::sleep(Duration::from_secs(1));
        println!("{}", funnel.health());
    }
    let report = funnel.shutdown(Duration::from_secs(5));
    println!(
        "{} delivered, {} dropped, {} pending",
        report.delivered,
        report.dropped.total(),
        report.pending
    );
    funnel.advisories().iter().for_each(|advisory| println!("{advisory}"));
    Ok(())
}
