//! The figures of `docs/delivery.md`: cost at the caller, flat out, and against a slow far end.
//!
//! ```text
//! cargo bench -p otlp-journal --bench delivery                 # all
//! cargo bench -p otlp-journal --bench delivery -- caller       # or flat, slow
//! ```
//! The far end is another process on the loopback interface that decompresses and counts what arrives.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench stops at what it cannot do, and prints"
)]

mod caller;
mod event;
mod load;
mod sink;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    match args.first().map(String::as_str) {
        Some("sink") => sink::serve(&args[1..]),
        Some("caller") => caller::run(),
        Some("flat") => load::flat(),
        Some("slow") => load::slow(),
        _ => {
            caller::run();
            load::flat();
            load::slow();
        }
    }
}
