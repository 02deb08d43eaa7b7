//! Values that are added at the time of recording.

use std::time::SystemTime;

/// Bytes of a W3C trace id.
pub(crate) const TRACE_ID_LEN: usize = 16;
/// Bytes of a W3C span id.
pub(crate) const SPAN_ID_LEN: usize = 8;

/// The active span, as OpenTelemetry knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    /// The trace id.
    pub trace_id: [u8; TRACE_ID_LEN],
    /// The span id.
    pub span_id: [u8; SPAN_ID_LEN],
    /// The W3C trace flags.
    pub flags: u8,
}

/// What the moment of recording adds to a draft.
#[derive(Debug, Clone, Copy)]
pub struct Stamp {
    /// When the record is made.
    pub observed: SystemTime,
    /// The active span, if any.
    pub trace: Option<TraceContext>,
}

impl Stamp {
    /// Now, outside any span.
    #[must_use]
    pub fn now() -> Self {
        Self { observed: SystemTime::now(), trace: None }
    }
}
