//! Lists what ended processes left in a journal directory:
//! `cargo run -p otlp-journal --example abandoned -- /var/lib/api/journal`
#![allow(clippy::print_stdout, reason = "a program prints")]

use std::path::Path;

use otlp_journal::archive::AbandonedJournal;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = std::env::args().nth(1).ok_or("usage: abandoned DIRECTORY")?;
    let journals = AbandonedJournal::open_all(Path::new(&directory))?;
    for journal in &journals {
        println!("{} records", journal.records()?.len());
    }
    println!("{} journals that no living process holds", journals.len());
    Ok(())
}
