//! As in the crate, without the fork hook.

#[path = "../../src/store/raw/consumer.rs"]
pub(crate) mod consumer;
#[path = "../../src/store/raw/memory.rs"]
pub(crate) mod memory;
#[path = "../../src/store/raw/segment.rs"]
pub(crate) mod segment;
#[path = "../../src/store/raw/sync.rs"]
pub(crate) mod sync;
