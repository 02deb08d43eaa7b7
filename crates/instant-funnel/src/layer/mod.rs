//! The second entrance: `tracing` events named `InstantFunnel`.
//!
//! ```
//! use tracing_subscriber::{Layer, layer::SubscriberExt};
//!
//! # fn wire(funnel: &instant_funnel::Funnel) {
//! let subscriber = tracing_subscriber::registry()
//!     .with(funnel.layer())
//!     .with(tracing_subscriber::layer::Identity::new().with_filter(instant_funnel::hide_funnel_events()));
//! # let _ = subscriber;
//! # }
//! # fn record(journey: &str) {
//! tracing::info!(name: "InstantFunnel", funnelStep = "provision", service = "db", journeyId = journey);
//! # }
//! ```
//!
//! | field of the event | in the record |
//! |---|---|
//! | a key of the contract | checked by its rule, like a setter's text |
//! | `email`, in any letter case | its keyed hash as `emailHash`; omitted without a key |
//! | a key that only the process or the span supplies | dropped, counted as `reserved` |
//! | any other, `message` too | dropped, counted as `unknown_key` |
//! | a field of an enclosing span, if its name is a key of the contract that callers may set | fills the attribute where the event is silent; the nearest span wins |
//!
//! # What can silence it
//! A *global* `EnvFilter` (`registry().with(EnvFilter::new("warn"))`) or a build with `release_max_level_warn` drops
//! INFO events before any layer sees them, and nothing can count what never arrives. Give filters to the layers they
//! are for (`.with_filter(…)`), or use the typed API, which no log filter reaches.
//!
//! # What siblings see
//! A layer cannot edit an event for its siblings: a `fmt` layer or `tracing-opentelemetry` beside this one would write
//! out the raw fields. [`hide_funnel_events`] keeps funnel events from them.

mod fields;
mod filter;
mod span;

pub use filter::{HideFunnelEvents, hide_funnel_events};

use crate::funnel::Funnel;
use crate::stats::DropReason;
use fields::EventFields;
use filter::FunnelCallsites;
use instant_funnel_core::Draft;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tracing::span::{Attributes, Id, Record as SpanRecord};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

impl Funnel {
    /// A `tracing` layer that records events named `InstantFunnel`. See [`layer`](crate::layer) for what it does
    /// with fields, what can silence it, and what its siblings see.
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        FunnelLayer { funnel: self.clone() }
            .with_filter(FunnelCallsites::new(self.inner().checker.contract()))
    }
}

struct FunnelLayer {
    funnel: Funnel,
}

impl<S> Layer<S> for FunnelLayer
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        self.guarded(|| {
            span::remember(&self.funnel.inner().checker, &span, |visit| attributes.record(visit));
        });
    }

    fn on_record(&self, id: &Id, values: &SpanRecord<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        self.guarded(|| {
            span::remember(&self.funnel.inner().checker, &span, |visit| values.record(visit));
        });
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let inner = self.funnel.inner();
        if inner.sink.is_none() {
            return;
        }
        let recorded = catch_unwind(AssertUnwindSafe(|| {
            let mut fields = EventFields::new(&inner.checker);
            event.record(&mut fields);
            if let Some(scope) = context.event_scope(event) {
                for span in scope {
                    span::inherit(&span, &mut fields);
                }
            }
            for violation in fields.violations() {
                inner.counters.blocked(violation);
            }
            let Some(step) = fields.step() else { return false };
            let mut draft = Draft::new(inner.checker.contract(), step);
            fields.fill(&mut draft);
            inner.record(&draft);
            true
        }));
        match recorded {
            Ok(true) => {}
            Ok(false) => inner.refused_event(DropReason::InvalidEvent),
            // `record` catches its own panics, so this one came from formatting a field.
            Err(_) => inner.refused_event(DropReason::Panic),
        }
    }
}

impl FunnelLayer {
    /// A span's fields run foreign formatting code; a panic there costs the fields and not the request.
    fn guarded(&self, remember: impl FnOnce()) {
        if self.funnel.inner().sink.is_some() {
            let _ = catch_unwind(AssertUnwindSafe(remember));
        }
    }
}
