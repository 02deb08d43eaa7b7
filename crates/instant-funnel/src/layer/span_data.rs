//! The span that `tracing-opentelemetry` keeps for a `tracing` span, whether or not its context is activated.

use std::sync::OnceLock;

use instant_funnel_core::TraceContext;
use tracing::Dispatch;
use tracing::dispatcher::{WeakDispatch, get_default};
use tracing::span::Id;

use crate::net::caught;

/// Where the layer finds what its sibling keeps.
#[derive(Debug, Default)]
pub(super) struct SpanData {
    /// The subscriber that the layer is part of. A layer that came by `reload::Handle` was not told.
    own: OnceLock<WeakDispatch>,
}

impl SpanData {
    /// Whether there is a sibling that can be asked.
    pub(super) const IS_READ: bool = cfg!(feature = "tracing-opentelemetry");

    pub(super) fn set_subscriber(&self, subscriber: &Dispatch) {
        if Self::IS_READ {
            // A layer belongs to one subscriber.
            let _ = self.own.set(subscriber.downgrade());
        }
    }

    /// The OpenTelemetry span of `span`, which is started if it was not.
    pub(super) fn of(&self, span: &Id) -> Option<TraceContext> {
        if !Self::IS_READ {
            return None;
        }
        // The tracer and its sampler are the service's.
        caught(|| match self.own.get() {
            Some(own) => read(span, &own.upgrade()?),
            None => get_default(|subscriber| read(span, subscriber)),
        })
        .flatten()
    }
}

#[cfg(feature = "tracing-opentelemetry")]
fn read(span: &Id, subscriber: &Dispatch) -> Option<TraceContext> {
    crate::trace::span_of(&tracing_opentelemetry::get_otel_context(span, subscriber)?)
}

#[cfg(not(feature = "tracing-opentelemetry"))]
fn read(_: &Id, _: &Dispatch) -> Option<TraceContext> {
    None
}
