//! The operator's files, on the real programs.
//!
//! One binary, so that the tests that mostly wait do so side by side.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "helpers of tests are tests")]

mod agreement;
mod alerts;
mod allowlist;
mod batches;
mod faults;
mod fidelity;
mod full;
mod hold;
mod inputs;
mod kafka;
mod killers;
mod license_key;
mod loads;
mod near_misses;
mod newcomer;
mod privacy;
mod queue_files;
mod rest;
mod rules;
mod tls;
mod vocabulary;
