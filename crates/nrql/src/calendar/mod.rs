//! Zones, and dates and times as texts. Nothing here knows of queries.

pub(crate) mod names;
pub(crate) mod pattern;
mod text;
pub(crate) mod zone;

pub(crate) use self::text::clock_time;
pub use self::text::{ClockTime, DateTimeText, ZoneText};
