//! The hook that looks at records which another process left.

use std::fmt;
use std::sync::Arc;

/// A record of another process, before it is sent in its name.
///
/// Privacy: it holds everything that was recorded; `Debug` shows sizes only.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct AdoptedRecord<'a> {
    /// An encoded OTLP `LogRecord`.
    pub record: &'a [u8],
    /// The encoded `Resource` of the process that recorded it.
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

/// Says whether an adopted record may be sent.
#[derive(Clone)]
pub(crate) struct Judge(Arc<dyn Fn(&AdoptedRecord<'_>) -> bool + Send + Sync>);

impl Judge {
    pub(crate) fn new(judge: impl Fn(&AdoptedRecord<'_>) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(judge))
    }

    /// A judge that panics has not said yes.
    pub(crate) fn allows(&self, record: &AdoptedRecord<'_>) -> bool {
        let judge = std::panic::AssertUnwindSafe(|| (self.0)(record));
        std::panic::catch_unwind(judge).unwrap_or(false)
    }
}

impl fmt::Debug for Judge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Judge")
    }
}
