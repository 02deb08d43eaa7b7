//! What SINCE, UNTIL and TIMESERIES mean at a moment.

pub(crate) mod bucket;
pub(crate) mod range;

pub use self::range::TimeRange;
