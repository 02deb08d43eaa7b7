//! Storage: a ring of segments in memory or in mapped files, and the files that other processes left.

pub(crate) mod checksum;
pub(crate) mod entry;
pub(crate) mod files;
pub(crate) mod identity;
pub(crate) mod opening;
pub(crate) mod plan;
pub(crate) mod raw;
pub(crate) mod ring;
