//! Reads the active span from OpenTelemetry's context.

use instant_funnel_core::TraceContext;

/// The span of the current OpenTelemetry context. With `tracing-opentelemetry` in the stack, that is the entered
/// `tracing` span.
#[cfg(feature = "trace-context")]
#[inline]
pub(crate) fn active() -> Option<TraceContext> {
    use opentelemetry::trace::TraceContextExt;

    thread::is_alive().then_some(())?;
    opentelemetry::Context::map_current(|context| {
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
    })
}

#[cfg(not(feature = "trace-context"))]
#[inline]
pub(crate) fn active() -> Option<TraceContext> {
    None
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
