//! Which callsites are whose.

use instant_funnel_core::contract::{CONTRACT, Contract};
use tracing::Metadata;
use tracing::subscriber::Interest;
use tracing_subscriber::layer::{Context, Filter};

/// Keeps funnel events from the layer it is given to. See [`hide_funnel_events`].
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct HideFunnelEvents;

/// A per-layer filter that hides every funnel event, with its raw fields, from a sibling layer.
///
/// Privacy: a sibling layer (`fmt`, `tracing-opentelemetry`, a log shipper) sees an event's fields before any rule
/// has looked at them. Give it this filter, alone or combined:
///
/// ```
/// use tracing_subscriber::{Layer, filter::LevelFilter, layer::{Identity, SubscriberExt}};
/// use tracing_subscriber::filter::FilterExt;
///
/// let logs = Identity::new().with_filter(LevelFilter::INFO.and(instant_funnel::hide_funnel_events()));
/// let subscriber = tracing_subscriber::registry().with(logs);
/// # let _ = subscriber;
/// ```
#[must_use]
pub fn hide_funnel_events() -> HideFunnelEvents {
    HideFunnelEvents
}

fn is_funnel_event(metadata: &Metadata<'_>, contract: &Contract) -> bool {
    metadata.is_event() && metadata.name() == contract.event_name
}

fn interest(wanted: bool) -> Interest {
    if wanted { Interest::always() } else { Interest::never() }
}

impl<S> Filter<S> for HideFunnelEvents {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        !is_funnel_event(metadata, &CONTRACT)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        interest(!is_funnel_event(metadata, &CONTRACT))
    }
}

/// Funnel events, and the spans that have a field which an event may inherit. All other callsites cost nothing.
pub(super) struct FunnelCallsites {
    contract: &'static Contract,
}

impl FunnelCallsites {
    pub(super) fn new(contract: &'static Contract) -> Self {
        Self { contract }
    }

    fn wanted(&self, metadata: &Metadata<'_>) -> bool {
        is_funnel_event(metadata, self.contract)
            || metadata.is_span()
                && metadata
                    .fields()
                    .iter()
                    .any(|field| super::span::is_inherited(self.contract, field.name()))
    }
}

impl<S> Filter<S> for FunnelCallsites {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        self.wanted(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        interest(self.wanted(metadata))
    }
}
