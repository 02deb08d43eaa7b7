//! Recognises the callsites of funnel events.

use instant_funnel_core::contract::Contract;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Event, Metadata};
use tracing_subscriber::layer::{Context, Filter};

use crate::contracts::is_event_name;

/// What the layer asks for: funnel events and spans down to DEBUG. TRACE is the level at which libraries say most, and
/// to ask for it has every one of their callsites, and those of the `log` crate, ask the subscriber.
pub(super) const MAX_LEVEL: LevelFilter = LevelFilter::DEBUG;

/// Keeps funnel events from the layer it is given to. See [`hide_funnel_events`].
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct HideFunnelEvents;

/// A per-layer filter that hides every funnel event, with its raw fields, from a sibling layer.
///
/// Privacy: what a per-layer filter has said of an event is kept in the thread until the layer's turn comes, and
/// another event that is emitted in between overwrites it. This crate's own layer takes care of that; a sibling that
/// logs while it is given an event does not, and then a layer after it is shown the funnel event all the same.
/// [`hidden`](crate::hidden) does not lean on that state: prefer it. This filter is for combinations:
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

/// Whether a callsite is one of funnel events. Spans never are.
pub(super) fn is_funnel_event(metadata: &Metadata<'_>, contract: &Contract) -> bool {
    metadata.is_event() && metadata.name() == contract.event_name
}

/// Whether a callsite is one of events of any contract that a funnel of this process has.
pub(super) fn is_of_any_contract(metadata: &Metadata<'_>) -> bool {
    metadata.is_event() && is_event_name(metadata.name())
}

/// Whether a span of this callsite may have something that an event inherits.
pub(super) fn is_offering_span(metadata: &Metadata<'_>, contract: &Contract) -> bool {
    metadata.is_span() && metadata.fields().iter().any(|field| contract.inherited(field.name()).is_some())
}

fn interest(wanted: bool) -> Interest {
    if wanted { Interest::always() } else { Interest::never() }
}

impl<S> Filter<S> for HideFunnelEvents {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        !is_of_any_contract(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        interest(!is_of_any_contract(metadata))
    }

    /// Asked once more when the values are there: computing them may have emitted another event.
    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        !is_of_any_contract(event.metadata())
    }
}

/// Funnel events, and the spans that have a field which an event may inherit. All other callsites cost nothing.
pub(super) struct FunnelCallsites {
    contract: &'static Contract,
    others: Vec<&'static Contract>,
    /// An inert funnel wants nothing at all.
    inert: bool,
}

impl FunnelCallsites {
    pub(super) fn new(contract: &'static Contract, others: Vec<&'static Contract>, inert: bool) -> Self {
        Self { contract, others, inert }
    }

    fn wanted(&self, metadata: &Metadata<'_>) -> bool {
        !self.inert
            && (is_funnel_event(metadata, self.contract)
                || self.others.iter().any(|other| is_funnel_event(metadata, other))
                || is_offering_span(metadata, self.contract))
    }
}

impl<S> Filter<S> for FunnelCallsites {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        self.wanted(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        interest(self.wanted(metadata))
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(if self.inert { LevelFilter::OFF } else { MAX_LEVEL })
    }
}
