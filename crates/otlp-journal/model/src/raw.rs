//! As in the crate, without the fork hook.

#[path = "../../src/store/raw/consumer.rs"]
pub(crate) mod consumer;
#[cfg(not(loom))]
#[path = "../../src/store/raw/guard.rs"]
pub(crate) mod guard;
#[path = "../../src/store/raw/memory.rs"]
pub(crate) mod memory;
#[path = "../../src/store/raw/segment.rs"]
pub(crate) mod segment;
#[path = "../../src/store/raw/sync.rs"]
pub(crate) mod sync;
#[path = "../../src/store/raw/token.rs"]
pub(crate) mod token;
