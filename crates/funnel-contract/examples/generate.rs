//! Prints what a target makes of a contract file:
//! `cargo run -p funnel-contract --example generate -- contracts/shop.toml markdown`
#![allow(clippy::print_stdout, reason = "a program prints")]

use funnel_contract::{ContractFile, OutputSpec, Target};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [path, target] = [1, 2].map(|at| std::env::args().nth(at).ok_or("usage: generate FILE TARGET"));
    let contract = ContractFile::parse(&std::fs::read_to_string(path?)?)?;
    let target = target?;
    let known =
        Target::ALL.into_iter().find(|known| known.as_str() == target).ok_or("there is no such target")?;
    let output = OutputSpec { target: known, path: known.file_name(&contract) };
    for made in contract.generate_one(&output) {
        println!("{}:\n{}", made.path, made.text);
    }
    Ok(())
}
