//! The context of a judgement besides the record.

use std::sync::Arc;

use crate::contracts::Contracts;

/// What a judge knows besides the record.
#[derive(Debug, Clone)]
pub(crate) struct JudgeContext {
    /// Nanoseconds since 1970.
    pub(crate) now: i64,
    /// Older or newer events are dropped by New Relic, in nanoseconds.
    pub(crate) window: i64,
    /// The contracts by which it judges.
    pub(crate) contracts: Arc<Contracts>,
}
