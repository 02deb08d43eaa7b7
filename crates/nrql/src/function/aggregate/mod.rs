//! Functions over many rows, one file a family.

pub(super) mod attributes;
pub(super) mod distinct;
pub(super) mod funnel;
pub(super) mod moment;
mod number_sets;
mod percentile;
pub(super) mod range;
pub(super) mod spread;
pub(super) mod tally;
pub(super) mod trend;
pub(super) mod wrap;
