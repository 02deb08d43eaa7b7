//! The only place with `unsafe`: memory that several threads fill at once, file mappings, and the fork hook.
//!
//! What leaves this module is safe to use in any order; a caller's mistake can lose an entry, never memory safety.
#![expect(
    unsafe_code,
    reason = "concurrent writes into one buffer and file mappings cannot be said in safe Rust"
)]

pub(crate) mod fork;
pub(crate) mod segment;
pub(crate) mod store;
pub(crate) mod sync;

#[cfg(all(test, unix, not(miri), not(loom)))]
mod fork_test;
