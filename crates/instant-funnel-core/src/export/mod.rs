//! The contract written out for readers and tools.

pub mod collector;
mod markdown;
mod portable;

pub use collector::{collector_allowlist, collector_allowlists};
pub use markdown::{markdown, markdown_rules};
pub use portable::{PortablePattern, listed_texts, portable_pattern};
