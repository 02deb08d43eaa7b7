//! Checks a query: `cargo run -p nrql --example check_query -- "SELECT uniqueCount(journeyID) FROM InstantFunnel"`
#![allow(clippy::print_stdout, reason = "a program prints")]

use nrql::{AttributeSchema, EventSchema, Schema, ValueType};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let query = std::env::args().nth(1).ok_or("usage: check_query QUERY")?;
    let event = EventSchema::new("InstantFunnel")
        .attribute(AttributeSchema::new("journeyId", ValueType::Text))
        .attribute(AttributeSchema::new("funnelStep", ValueType::Text).values(["landing", "claim"]));
    let schema = Schema::default().event(event);
    let problems = nrql::check(&nrql::parse(&query)?, &schema);
    problems.iter().for_each(|problem| println!("{}", problem.in_text(&query)));
    if problems.is_empty() {
        println!("no problems");
    }
    Ok(())
}
