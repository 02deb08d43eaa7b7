//! Which span an event belongs to, and whether any event belongs to one.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use instant_funnel_core::TraceContext;

/// Events that a service may record before its first span, such as those of its start.
const GRACE: u64 = 100;

/// The span of the current OpenTelemetry context. With `tracing-opentelemetry` in the stack, that is the entered
/// `tracing` span.
#[cfg(feature = "trace-context")]
#[inline]
pub(crate) fn active() -> Option<TraceContext> {
    thread::is_alive().then_some(())?;
    opentelemetry::Context::map_current(span_of)
}

#[cfg(not(feature = "trace-context"))]
#[inline]
pub(crate) fn active() -> Option<TraceContext> {
    None
}

/// The span of an OpenTelemetry context.
#[cfg(feature = "trace-context")]
#[inline]
pub(crate) fn span_of(context: &opentelemetry::Context) -> Option<TraceContext> {
    use opentelemetry::trace::TraceContextExt;

    if !context.has_active_span() {
        return None;
    }
    let span = context.span();
    let span = span.span_context();
    span.is_valid().then(|| TraceContext {
        trace_id: span.trace_id().to_bytes(),
        span_id: span.span_id().to_bytes(),
        flags: span.trace_flags().to_u8(),
    })
}

/// Whether this thread still has an OpenTelemetry context. Asking for one in the destructor of a thread-local, when it
/// is gone, would panic.
#[cfg(feature = "trace-context")]
mod thread {
    struct UntilItsEnd;

    impl Drop for UntilItsEnd {
        fn drop(&mut self) {}
    }

    thread_local! {
        // Set up after the context's, so it is gone before the context is.
        static ALIVE: UntilItsEnd = {
            opentelemetry::Context::map_current(|_| ());
            UntilItsEnd
        };
    }

    #[inline]
    pub(super) fn is_alive() -> bool {
        ALIVE.try_with(|_| ()).is_ok()
    }
}

/// Whether any event of a funnel has belonged to a trace, where somebody expects it.
#[derive(Debug, Default)]
pub(crate) struct TraceWatch {
    expected: AtomicBool,
    seen: AtomicBool,
    without: AtomicU64,
}

/// What one more event tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Traces {
    /// Nothing new.
    Unknown,
    /// The first event that belongs to a trace.
    First,
    /// There have been many events, and none belonged to a trace.
    Missing,
}

impl TraceWatch {
    /// From now on a trace is expected.
    pub(crate) fn expect(&self) {
        self.expected.store(true, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn note(&self, trace: Option<TraceContext>) -> Traces {
        if !self.expected.load(Ordering::Relaxed) || self.seen.load(Ordering::Relaxed) {
            return Traces::Unknown;
        }
        if trace.is_some() {
            self.seen.store(true, Ordering::Relaxed);
            return Traces::First;
        }
        let so_far = self.without.fetch_add(1, Ordering::Relaxed) + 1;
        if so_far >= GRACE { Traces::Missing } else { Traces::Unknown }
    }
}
