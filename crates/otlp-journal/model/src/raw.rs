//! As in the crate, without the fork hook.

#[path = "../../src/raw/segment.rs"]
pub(crate) mod segment;
#[path = "../../src/raw/store.rs"]
pub(crate) mod store;
#[path = "../../src/raw/sync.rs"]
pub(crate) mod sync;
