//! Judges each record against the contract and says what New Relic would do with it.
//!
//! A record is *of the funnel* when it asks to be: by `newrelic.event.type`, by its event name or by carrying a step;
//! also when it says so with a slip that New Relic does not forgive. Of such a record only attributes that pass their
//! rule are kept; what breaks a rule leaves a masked sample. Records of anything else are kept as they came, pruned as
//! New Relic prunes them.

mod attributes;
mod batch;
mod claim;
mod context;
mod fate;
mod funnel;
mod mask;
mod other;
mod verdict;
mod visit;

pub(crate) use self::batch::{Batch, Content, Rejected, Row, Slot};
pub(crate) use self::context::JudgeContext;
pub(crate) use self::fate::rule;
pub(crate) use self::funnel::hex16;
pub use self::verdict::EventVerdict;
pub(crate) use self::visit::{JUDGED_MAX, Judge, Unjudged};
