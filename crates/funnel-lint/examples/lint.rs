//! Checks the queries of one file: `cargo run -p funnel-lint --example lint -- dashboards/nrql/funnel.nrql`
#![allow(clippy::print_stdout, reason = "a program prints")]

use funnel_lint::Linter;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: lint FILE")?;
    let text = std::fs::read_to_string(&path)?;
    for query in Linter::default().lint_text(&path, &text) {
        println!("line {}: {}", query.start.line, if query.is_ok() { "no errors" } else { "errors" });
        for finding in &query.findings {
            println!("  {}: {}", finding.rule, finding.message);
        }
    }
    Ok(())
}
