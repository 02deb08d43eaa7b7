//! The layer itself.

use std::any::TypeId;
use std::sync::atomic::{AtomicBool, Ordering};

use instant_funnel_core::Draft;
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Dispatch, Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Filtered;
use tracing_subscriber::layer::{Context, Identity};
use tracing_subscriber::registry::LookupSpan;

use super::fields::EventFields;
use super::filter::{FunnelCallsites, is_funnel_event, is_offering_span};
use super::span_data::SpanData;
use super::{filter_state, log_bridge, span};
use crate::busy::{Busy, Call};
use crate::funnel::Funnel;
use crate::net::caught;
use crate::notice::Fault;
use crate::quiet::Quiet;
use crate::stats::DropReason;

/// Records funnel events.
///
/// The per-layer filter inside only tells the subscriber which callsites are wanted, so that all others cost nothing.
/// What is recorded is decided by the metadata of each event: the filter's own state can be overwritten by any event
/// that is emitted meanwhile, and a filtered layer that is put into a `reload::Layer` later has none.
pub(super) struct FunnelLayer<S> {
    funnel: Funnel,
    callsites: Filtered<Identity, FunnelCallsites, S>,
    /// A subscriber knows the filter. Not so when the layer came by `reload::Handle`.
    registered: bool,
    /// A subscriber has seen that there is a per-layer filter. It does not see it inside a `reload::Layer`.
    seen_as_filtered: AtomicBool,
    bridge_checked: AtomicBool,
    span_data: SpanData,
}

impl<S> FunnelLayer<S> {
    pub(super) fn new(funnel: Funnel) -> Self {
        let inner = funnel.inner();
        let others = inner.others.iter().map(|other| other.checker.contract()).collect();
        let filter = FunnelCallsites::new(inner.checker.contract(), others, funnel.is_inert());
        if SpanData::IS_READ {
            inner.traces.expect();
        }
        let callsites = Filtered::new(Identity::new(), filter);
        Self {
            funnel,
            callsites,
            registered: false,
            seen_as_filtered: AtomicBool::new(false),
            bridge_checked: AtomicBool::new(false),
            span_data: SpanData::default(),
        }
    }

    /// Runs a callback's work. Nothing that it says is logged before it ends, what it emits disturbs no sibling, and
    /// it is not entered a second time by what it calls.
    ///
    /// # Errors
    /// Why the work gave nothing: a panic, or it was called by itself.
    fn inside<T>(&self, work: impl FnOnce() -> T) -> Result<T, DropReason> {
        let busy = Busy::enter(self.funnel.inner().as_ref(), Call::Layer);
        let _busy = busy.ok_or(DropReason::Reentrant)?;
        let _quiet = Quiet::enter();
        filter_state::kept(|| caught(work)).ok_or(DropReason::Panic)
    }

    fn remember(&self, metadata: &Metadata<'_>, remember: impl FnOnce()) {
        let inner = self.funnel.inner();
        if inner.sink.is_some() && is_offering_span(metadata, inner.checker.contract()) {
            // A panic of one field is caught and counted where it happens.
            let _ = self.inside(remember);
        }
    }

    /// Records an event. False if it names no step.
    fn record<C>(&self, event: &Event<'_>, context: &Context<'_, C>) -> bool
    where
        C: Subscriber + for<'span> LookupSpan<'span>,
    {
        let inner = self.funnel.inner();
        let name = event.metadata().name();
        let other = (1..).zip(&inner.others).find(|(_, other)| other.checker.contract().event_name == name);
        let (number, checker) = other.map_or((0, &inner.checker), |(number, other)| (number, &other.checker));
        let mut fields = EventFields::read(checker, event);
        // What a span offers has been judged by the first contract.
        if number == 0
            && fields.step().is_some()
            && let Some(scope) = context.event_scope(event)
        {
            for span in scope {
                span::inherit(inner, &span, &mut fields);
            }
        }
        if inner.sink.is_some() {
            fields.count_refused(inner, number);
        }
        let Some(step) = fields.step() else { return false };
        let mut draft = Draft::new(checker.contract(), step);
        fields.fill(&mut draft);
        let mut spans = context.event_scope(event).filter(|_| SpanData::IS_READ).into_iter().flatten();
        inner.record_in(&draft, spans.find_map(|span| self.span_data.of(&span.id())));
        true
    }

    fn check_bridge(&self) {
        if !self.bridge_checked.swap(true, Ordering::Relaxed) && log_bridge::gets_everything() {
            self.funnel.inner().fault(Fault::LogBridge);
        }
    }
}

impl<S> Layer<S> for FunnelLayer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        self.span_data.set_subscriber(subscriber);
    }

    fn on_layer(&mut self, subscriber: &mut S) {
        self.callsites.on_layer(subscriber);
        self.registered = true;
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.registered { self.callsites.register_callsite(metadata) } else { Interest::always() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, context: Context<'_, S>) -> bool {
        !self.registered || self.callsites.enabled(metadata, context)
    }

    fn event_enabled(&self, event: &Event<'_>, context: Context<'_, S>) -> bool {
        !self.registered || self.callsites.event_enabled(event, context)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        // Taken for a limit to all layers where the filter is not seen.
        if self.seen_as_filtered.load(Ordering::Relaxed) { self.callsites.max_level_hint() } else { None }
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if self.registered {
            self.callsites.on_new_span(attributes, id, context.clone());
        }
        self.remember(attributes.metadata(), || {
            if let Some(span) = context.span(id) {
                span::remember(self.funnel.inner(), &span, |visit| attributes.record(visit));
            }
        });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        self.remember(span.metadata(), || {
            span::remember(self.funnel.inner(), &span, |visit| values.record(visit));
        });
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if self.registered {
            // Takes back what the filter has noted in the thread.
            self.callsites.on_event(event, context.clone());
        }
        let inner = self.funnel.inner();
        let metadata = event.metadata();
        let is_ours = is_funnel_event(metadata, inner.checker.contract())
            || inner.others.iter().any(|other| is_funnel_event(metadata, other.checker.contract()));
        if self.funnel.is_inert() || !is_ours {
            return;
        }
        self.check_bridge();
        match self.inside(|| self.record(event, &context)) {
            Ok(true) => {}
            Ok(false) => inner.refused_event(DropReason::InvalidEvent),
            // `record` catches the sink's panics, so one here came from formatting a field.
            Err(reason) => inner.refused_event(reason),
        }
    }

    // How `tracing-subscriber` finds out that there is a per-layer filter.
    #[expect(unsafe_code, reason = "forwards a method that the trait declares unsafe")]
    unsafe fn downcast_raw(&self, id: TypeId) -> Option<*const ()> {
        if id == TypeId::of::<Self>() {
            return Some(std::ptr::from_ref(self).cast());
        }
        // SAFETY: the caller keeps to the contract of this method, which is the same one, and the filter lives as long
        // as `self`.
        let found = unsafe { self.callsites.downcast_raw(id) };
        if found.is_some() {
            self.seen_as_filtered.store(true, Ordering::Relaxed);
        }
        found
    }
}
