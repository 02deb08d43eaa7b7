//! Records steps that are written as `tracing` events: `cargo run -p instant-funnel --example layer`
#![allow(clippy::print_stdout, reason = "a program prints")]

use instant_funnel::Funnel;
use tracing_subscriber::layer::SubscriberExt;

fn main() {
    // A funnel that keeps what it would send; a service calls `Funnel::from_env`.
    let (funnel, recorder) = Funnel::recording();
    let subscriber = tracing_subscriber::registry().with(funnel.layer());
    tracing::subscriber::with_default(subscriber, || {
        tracing::info!(name: "InstantFunnel", funnelStep = "landing");
        // There is no rule for an e-mail address, so `tier` is left out and counted.
        tracing::info!(name: "InstantFunnel", funnelStep = "provision", service = "db", tier = "jane@example.com");
    });
    recorder.events().iter().for_each(|event| println!("{event}"));
    funnel.advisories().iter().for_each(|advisory| println!("{advisory}"));
}
