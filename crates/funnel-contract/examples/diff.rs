//! Says what changed between two versions of a contract file, and for whom it breaks:
//! `cargo run -p funnel-contract --example diff -- old.toml new.toml`
#![allow(clippy::print_stdout, reason = "a program prints")]

use funnel_contract::{ContractDiff, ContractFile};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [old, new] = [1, 2].map(|at| std::env::args().nth(at).ok_or("usage: diff OLD NEW"));
    let [old, new] = [old?, new?].map(std::fs::read_to_string);
    let diff = ContractDiff::between(&ContractFile::parse(&old?)?, &ContractFile::parse(&new?)?);
    println!("{diff}");
    Ok(())
}
