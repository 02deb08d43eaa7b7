//! The contract written out for readers and tools.

pub mod collector;
mod markdown;
mod portable;

pub use self::collector::{collector_allowlist, collector_allowlists};
pub use self::markdown::{markdown, markdown_rules};
pub use self::portable::{PortablePattern, listed_texts, portable_pattern};
