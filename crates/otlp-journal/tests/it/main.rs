//! One binary for all integration tests, so that the inner loop links once.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "helpers of tests are tests")]

mod answers;
mod directory;
mod fixture;
#[cfg(all(feature = "http", feature = "zstd"))]
mod http;
mod kill;
mod lifecycle;
#[cfg(feature = "prometheus")]
mod metrics;
mod outage;
#[cfg(feature = "processor")]
mod processor;
mod support;
