//! Dates, zones, ranges and buckets.

pub(crate) mod bucket;
pub(crate) mod range;
mod text;
pub(crate) mod zone;

pub use range::TimeRange;
pub(crate) use text::clock_time;
pub use text::{DateTimeText, ZoneText};
