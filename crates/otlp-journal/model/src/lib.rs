//! The sources of the ring, compiled for loom and for Miri.
#![allow(dead_code, reason = "only what the models use is used")]

#[path = "../../src/store/checksum.rs"]
mod checksum;
#[path = "../../src/store/entry.rs"]
mod entry;
mod raw;
#[cfg(not(loom))]
#[path = "../../src/store/ring.rs"]
mod ring;

#[cfg(all(test, loom))]
mod loom_model;
#[cfg(all(test, not(loom)))]
mod threads;
