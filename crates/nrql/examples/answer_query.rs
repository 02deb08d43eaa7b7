//! Answers a query over events in memory: `cargo run -p nrql --example answer_query`
#![allow(clippy::print_stdout, reason = "a program prints")]

use nrql::{Datum, Store};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut store = Store::default();
    for (minute, journey, step) in [(1, "a", "landing"), (2, "b", "landing"), (3, "a", "claim")] {
        let attributes = [("journeyId", Datum::from(journey)), ("funnelStep", Datum::from(step))];
        store.append("InstantFunnel", minute * 60_000, attributes);
    }
    let query = std::env::args().nth(1);
    let query =
        query.as_deref().unwrap_or("SELECT uniqueCount(journeyId) FROM InstantFunnel FACET funnelStep");
    // The last argument is the time that counts as now, in milliseconds since 1970.
    println!("{}", nrql::evaluate(&nrql::parse(query)?, &store, 600_000)?.to_table());
    Ok(())
}
