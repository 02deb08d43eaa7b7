//! The context of a judgement besides the record.

/// What a judge knows besides the record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JudgeContext {
    /// Nanoseconds since 1970.
    pub(crate) now: i64,
    /// Older or newer events are dropped by New Relic, in nanoseconds.
    pub(crate) window: i64,
}
