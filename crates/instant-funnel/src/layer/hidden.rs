//! A wrapper that hides funnel events from a sibling layer.

use std::any::TypeId;

use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Dispatch, Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::filter::{MAX_LEVEL, is_of_any_contract};

/// A layer from which funnel events are hidden. See [`hidden`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Hidden<L> {
    layer: L,
}

/// Hides every funnel event, with its raw fields, from `layer`.
///
/// Privacy: a sibling layer (`fmt`, the OpenTelemetry appender, `tracing-opentelemetry`, a log shipper) sees an
/// event's fields before any rule has looked at them. This wrapper looks at each event's name itself, so it holds
/// whatever happens to the state that [`hide_funnel_events`](crate::hide_funnel_events) and all other per-layer
/// filters keep in the thread, and wherever the layer stands.
///
/// Everything else reaches `layer`: other events, and all spans, those with a field like `email` too. What spans hold
/// is the service's own affair. `layer` may be any layer, filtered, boxed or an `Option`; filters go inside or
/// outside. It can still be found by downcasting, as `tracing-opentelemetry` wants.
///
/// A filter for the whole subscriber, such as an `EnvFilter` that is a layer, no longer drops funnel events when it is
/// wrapped.
///
/// ```
/// use tracing_subscriber::{Layer, filter::LevelFilter, layer::{Identity, SubscriberExt}};
/// # fn wire(funnel: &instant_funnel::Funnel) {
/// let logs = Identity::new().with_filter(LevelFilter::INFO);
/// let subscriber = tracing_subscriber::registry()
///     .with(instant_funnel::hidden(logs))
///     .with(funnel.layer());
/// # let _ = subscriber;
/// # }
/// ```
#[must_use = "a layer does nothing until a subscriber has it"]
pub const fn hidden<L>(layer: L) -> Hidden<L> {
    Hidden { layer }
}

impl<L> Hidden<L> {
    /// The layer.
    pub const fn inner(&self) -> &L {
        &self.layer
    }

    /// The layer, to change it, such as in `reload::Handle::modify`.
    pub const fn inner_mut(&mut self) -> &mut L {
        &mut self.layer
    }
}

fn is_hidden(metadata: &Metadata<'_>) -> bool {
    is_of_any_contract(metadata)
}

impl<S, L> Layer<S> for Hidden<L>
where
    S: Subscriber,
    L: Layer<S>,
{
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        self.layer.on_register_dispatch(subscriber);
    }

    fn on_layer(&mut self, subscriber: &mut S) {
        self.layer.on_layer(subscriber);
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if is_hidden(metadata) {
            // "Never" would be for the whole subscriber.
            return Interest::always();
        }
        self.layer.register_callsite(metadata)
    }

    fn enabled(&self, metadata: &Metadata<'_>, context: Context<'_, S>) -> bool {
        is_hidden(metadata) || self.layer.enabled(metadata, context)
    }

    fn event_enabled(&self, event: &Event<'_>, context: Context<'_, S>) -> bool {
        is_hidden(event.metadata()) || self.layer.event_enabled(event, context)
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if !is_hidden(event.metadata()) {
            self.layer.on_event(event, context);
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        // Not lower than what funnel events need, since a filter for the whole subscriber may be inside.
        self.layer.max_level_hint().map(|level| level.max(MAX_LEVEL))
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        self.layer.on_new_span(attributes, id, context);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        self.layer.on_record(id, values, context);
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, context: Context<'_, S>) {
        self.layer.on_follows_from(id, follows, context);
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        self.layer.on_enter(id, context);
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        self.layer.on_exit(id, context);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        self.layer.on_close(id, context);
    }

    fn on_id_change(&self, old: &Id, new: &Id, context: Context<'_, S>) {
        self.layer.on_id_change(old, new, context);
    }

    // The trait declares it unsafe, and there is no other way to let the layer be found.
    #[expect(unsafe_code, reason = "forwards a method that the trait declares unsafe")]
    unsafe fn downcast_raw(&self, id: TypeId) -> Option<*const ()> {
        if id == TypeId::of::<Self>() {
            return Some(std::ptr::from_ref(self).cast());
        }
        // SAFETY: the caller keeps to the contract of this method, which is the same one, and the layer lives as long
        // as `self`.
        unsafe { self.layer.downcast_raw(id) }
    }
}
