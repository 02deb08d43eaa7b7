//! What the tests of the operator's files stand on: the real collector as a process, a raw HTTP sink that plays New
//! Relic, a raw HTTP sender, and records good and hostile.
//!
//! Nothing here shares code with the collector, and nothing but the contract with the crates under test: requests go
//! out as bytes and are judged as bytes.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a fault of the kit is a failed test"
)]
#![allow(clippy::missing_panics_doc, reason = "as above")]

pub mod binaries;
pub mod client;
pub mod collector;
pub mod dns;
pub mod grpc;
pub mod hostile;
pub mod http;
pub mod kafka;
pub mod killer;
pub mod near;
pub mod nginx;
pub mod otlp;
pub mod process;
pub mod random;
pub mod remainder;
pub mod sink;
pub mod wait;
