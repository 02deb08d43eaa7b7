//! The sources of the ring, compiled for loom and for Miri.
#![allow(dead_code, reason = "only what the models use is used")]

#[path = "../../src/checksum.rs"]
mod checksum;
#[path = "../../src/entry.rs"]
mod entry;
mod raw;
#[cfg(not(loom))]
#[path = "../../src/ring.rs"]
mod ring;

/// As in the crate.
#[derive(Clone, Copy, Debug)]
enum Class {
    Bulk,
    Value,
}

#[cfg(all(test, loom))]
mod loom_model;
#[cfg(all(test, not(loom)))]
mod threads;
