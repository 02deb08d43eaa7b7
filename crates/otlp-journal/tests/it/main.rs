//! One binary for all integration tests, so that the inner loop links once.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "helpers of tests are tests")]

mod answers;
mod bounds;
mod directory;
mod doubt;
mod fixture;
#[cfg(feature = "grpc")]
mod grpc;
mod health;
mod hostile;
#[cfg(all(feature = "http", feature = "zstd"))]
mod http;
mod kill;
mod lifecycle;
mod limits;
mod living;
#[cfg(feature = "prometheus")]
mod metrics;
mod outage;
mod privacy;
#[cfg(feature = "processor")]
mod processor;
mod support;
