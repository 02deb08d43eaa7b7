//! The token that owns a segment.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that no other token of this process has. Neither `Clone` nor `Copy`: who has it has it alone.
#[derive(Debug)]
pub(crate) struct Token(u64);

impl Token {
    pub(super) fn new() -> Self {
        // The standard atomic under loom too: the number is not a part of the protocol.
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    pub(super) fn id(&self) -> u64 {
        self.0
    }
}
