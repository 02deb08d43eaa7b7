//! The contract written out for readers and tools.

pub mod collector;
mod markdown;

pub use collector::collector_allowlist;
pub use markdown::{markdown, markdown_rules};
