//! The hook that checks records which another process left.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// A record of another process, before it is sent in its name.
///
/// Privacy: it holds everything that was recorded; `Debug` shows sizes only.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct AdoptedRecord<'a> {
    /// An encoded OTLP `LogRecord`.
    pub record: &'a [u8],
    /// The encoded `Resource` of the process that recorded it, as [`AdoptedJudge::resource`] left it.
    pub resource: &'a [u8],
    /// The encoded `InstrumentationScope`; may be empty.
    pub scope: &'a [u8],
    /// When the event happened, Unix nanoseconds.
    pub time_unix_nanos: u64,
}

impl fmt::Debug for AdoptedRecord<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdoptedRecord").field("bytes", &self.record.len()).finish_non_exhaustive()
    }
}

/// What happens to an adopted record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// It is sent as it is.
    Send,
    /// It is sent as [`AdoptedJudge::edit`] returns it.
    Edit,
    /// It becomes a dead letter and counts as rejected.
    Refuse,
}

/// Decides about records that another process left, by rules that this crate does not know.
///
/// Called on the sender's threads, several at a time. A closure that returns a boolean is one: true sends, false
/// refuses.
///
/// # Panics
/// An implementation may panic: a record is then refused, and what was to be edited is left out.
pub trait AdoptedJudge: Send + Sync + 'static {
    /// What happens to this record.
    fn judge(&self, record: &AdoptedRecord<'_>) -> Judgement;

    /// The record without what must not be sent. Called before each attempt to send it, so it must return the same
    /// every time, and never more bytes than it was given.
    fn edit(&self, record: &[u8]) -> Vec<u8> {
        record.to_vec()
    }

    /// The encoded `Resource` of the process that recorded it, without what must not be sent.
    fn resource(&self, resource: &[u8]) -> Vec<u8> {
        resource.to_vec()
    }
}

impl<F: Fn(&AdoptedRecord<'_>) -> bool + Send + Sync + 'static> AdoptedJudge for F {
    fn judge(&self, record: &AdoptedRecord<'_>) -> Judgement {
        if self(record) { Judgement::Send } else { Judgement::Refuse }
    }
}

/// A judge whose panics harm nobody.
#[derive(Clone)]
pub(crate) struct Judge(Arc<dyn AdoptedJudge>);

impl Judge {
    pub(crate) fn new(judge: impl AdoptedJudge) -> Self {
        Self(Arc::new(judge))
    }

    /// A judge that panics has not said yes.
    pub(crate) fn judge(&self, record: &AdoptedRecord<'_>) -> Judgement {
        catch_unwind(AssertUnwindSafe(|| self.0.judge(record))).unwrap_or(Judgement::Refuse)
    }

    /// No record is longer than before: room for it was counted already.
    pub(crate) fn edit(&self, record: &[u8]) -> Option<Vec<u8>> {
        let edited = catch_unwind(AssertUnwindSafe(|| self.0.edit(record))).ok()?;
        (edited.len() <= record.len()).then_some(edited)
    }

    pub(crate) fn resource(&self, resource: &[u8]) -> Vec<u8> {
        catch_unwind(AssertUnwindSafe(|| self.0.resource(resource))).unwrap_or_default()
    }
}

impl PartialEq for Judge {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Judge {}

impl fmt::Debug for Judge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Judge")
    }
}
