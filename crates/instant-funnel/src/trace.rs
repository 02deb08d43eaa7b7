//! The active span, where OpenTelemetry keeps it.

use instant_funnel_core::TraceContext;

/// The span of the current OpenTelemetry context. With `tracing-opentelemetry` in the stack, that is the entered
/// `tracing` span.
#[cfg(feature = "trace-context")]
#[inline]
pub(crate) fn active() -> Option<TraceContext> {
    use opentelemetry::trace::TraceContextExt;

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
