//! Checks one event against the contract and prints what would leave the process:
//! `cargo run -p instant-funnel-core --example check_event -- jane@example.com`
#![allow(clippy::print_stdout, reason = "a program prints")]

use instant_funnel_core::contract::CONTRACT;
use instant_funnel_core::{Checker, JourneyId, Provision, Stamp};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let tier = std::env::args().nth(1).unwrap_or_else(|| "anonymous".to_owned());
    let checker = Checker::builder(&CONTRACT).default_value("serviceName", "api").build()?;
    let draft = Provision::new("db").journey(JourneyId::new()).tier(tier.as_str()).into();
    let record = checker.check(&draft, Stamp::now(), |position, violation| {
        println!("left out: {} breaks the rule {}", CONTRACT.attributes[position].key, violation.as_str());
    })?;
    record.attributes().for_each(|(key, value)| println!("{key} = {value:?}"));
    println!("{} bytes as an OTLP log record", record.encoded_len());
    Ok(())
}
