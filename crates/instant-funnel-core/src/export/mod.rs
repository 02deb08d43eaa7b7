//! The contract written out for readers and tools.

mod markdown;

pub use markdown::markdown;
