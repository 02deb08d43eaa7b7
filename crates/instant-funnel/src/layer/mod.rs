//! The second entrance: `tracing` events named `InstantFunnel`.
//!
//! ```
//! use tracing_subscriber::layer::{Identity, SubscriberExt};
//!
//! # fn wire(funnel: &instant_funnel::Funnel) {
//! let logs = Identity::new(); // `fmt::layer()`, the OpenTelemetry appender, …
//! let subscriber = tracing_subscriber::registry()
//!     .with(instant_funnel::hidden(logs)) // never shown a funnel event
//!     .with(funnel.layer());
//! # let _ = subscriber;
//! # }
//! # fn record(journey: &str) {
//! tracing::info!(name: "InstantFunnel", funnelStep = "provision", service = "db", journeyId = journey);
//! # }
//! ```
//!
//! # What it does with fields
//!
//! | field of the event | in the record |
//! |---|---|
//! | a key of the contract that callers may set | checked by its rule, like a setter's text; on a step where it may not occur, dropped and counted |
//! | `email`, in any letter case | its keyed hash as `emailHash`; omitted and counted without a key |
//! | `eventFact`, in any letter case, text of up to 512 bytes or an integer | `eventId = EventId::of(step, fact)`, wherever the step stands among the fields; give it opaque ids, since the hash has no key |
//! | `journey`, in any letter case: a [`Journey`](crate::Journey)'s text, or its sealed form under the funnel's [signing key](crate::FunnelBuilder::signing_key) for any purpose | `journeyId`, and where its beginning is known `journeyStart` and `entryActor`; a synthetic journey makes the event synthetic. What cannot be read or has expired is counted as `derivation` |
//! | `eventId`, `fingerprint`, `fingerprintKeyId`, `emailHash`, `commitId`, `journeyStart`, `entryActor`, and the keys that only the process or the active span supplies | dropped, counted as `reserved`: formatted text cannot prove that one of our types made it |
//! | any other, `message` too | dropped, counted as `unknown_key`; its value is not even formatted |
//! | a second field for the same attribute | the last counts; the first is dropped and counted as `duplicate` |
//!
//! | field of an enclosing span | for an event inside |
//! |---|---|
//! | a key that callers may set, `email` or `journey` | fills the attribute where the event is silent; the nearest span wins |
//! | the same, on a step where it may not occur | passed over without a count: a span is not about one step |
//! | a value that its rule refuses, a pseudonym as text | counted for each event that would have taken it |
//! | `funnelStep`, `eventId`, `eventFact`, and all others | the service's own affair |
//!
//! A value whose `Debug` or `Display` panics costs an event that has it (counted as `panic`), and of a span only the
//! field. What is refused is counted under its rule, listed by [`Funnel::advisories`] with key and rule, and logged
//! once a minute: never the value, never an unknown key, and never while a subscriber is asking its layers. It is
//! logged at the next call outside the layer: `record`, `flush`, `shutdown`, `advisories`.
//!
//! Two funnels may have a layer each on one registry: what a span offers is checked and kept for each of them. An
//! event that is emitted by what the layer calls, such as a sink, is not recorded again: it is counted as `reentrant`.
//!
//! # What can silence it
//! - A filter for the *whole* subscriber (`registry().with(EnvFilter::new("warn"))`) drops INFO events before any layer
//!   sees them, and nothing can count what never arrives. Give filters to the layers they are for
//!   (`.with_filter(…)`), or wrap the global one: `.with(hidden(EnvFilter::new("warn")))`.
//! - A build with `release_max_level_warn` has no INFO events.
//! - The layer asks for events and spans down to DEBUG. At TRACE it gets them only while another layer asks for TRACE;
//!   asking for it would slow down every `trace!` of every library, those of the `log` crate too.
//! - A filter on the layer itself, `funnel.layer().with_filter(…)`, does as it says, for events and for spans.
//!
//! The typed API is reached by no filter.
//!
//! # What siblings see
//! A layer cannot edit an event for its siblings: a `fmt` layer, the OpenTelemetry appender or `tracing-opentelemetry`
//! beside this one would write out the raw fields. Two things keep funnel events from them:
//!
//! | | how | holds |
//! |---|---|---|
//! | [`hidden(layer)`](crate::hidden) | looks at the name of each event itself | always |
//! | `layer.with_filter(`[`hide_funnel_events()`](crate::hide_funnel_events)`)` | leans on the state that per-layer filters keep in the thread | unless a *sibling* emits an event while it is given one |
//!
//! The layer does its part for the second: whatever its own sink, or the `Debug` of a field, emits meanwhile, the
//! state is put back afterwards. What a sink emits reaches the other layers as an event of its own.
//!
//! Neither hides *spans*. `info_span!("request", email = %address)` is the service's own, and a sibling writes it out.
//!
//! # Trace ids
//! `trace.id` and `span.id` are those of the active OpenTelemetry context. With the feature `tracing-opentelemetry` an
//! event first gets those of the nearest `tracing` span that the layer `tracing-opentelemetry` has seen, so that it
//! works with `with_context_activation(false)`, and for an event with a `parent` of its own. Such a span is started at
//! its first funnel event, after which `set_parent` is too late for it. The service's `tracing-opentelemetry` and
//! `opentelemetry` must be the versions that this crate is built with; [`FunnelBuilder::expect_traces`] tells whether
//! that is so.
//!
//! [`FunnelBuilder::expect_traces`]: crate::FunnelBuilder::expect_traces
//!
//! # Order
//! None is needed: with [`hidden`](crate::hidden) or [`hide_funnel_events`] siblings may
//! stand before or after this layer. Where a sibling logs while it is given an event (an appender whose queue is full
//! does), wrap the layers after it with `hidden`, or put them before it.
//!
//! # Reload
//! The layer works inside `tracing_subscriber::reload::Layer`, from the start or put in later, such as when the
//! configuration is read after logging is set up:
//!
//! ```
//! use instant_funnel::Funnel;
//! use tracing_subscriber::{layer::SubscriberExt, reload};
//!
//! let (layer, handle) = reload::Layer::new(Funnel::noop().layer());
//! let subscriber = tracing_subscriber::registry().with(layer);
//! let funnel = Funnel::from_env();
//! handle.reload(funnel.layer())?;
//! # let _ = subscriber;
//! # Ok::<(), reload::Error>(())
//! ```
//!
//! Add the layer with `.with(funnel.layer())`. Joined to another layer with `Layer::and_then` directly on the registry, its
//! level hint stands for both, so that the other layer sees nothing below it: `tracing-subscriber` asks the outer of
//! the two alone, for any layer with a per-layer filter.
//!
//! A `reload::Layer` does not tell the subscriber which callsites its layer wants, so each callsite down to DEBUG asks
//! it. That is a property of `reload::Layer`, with any per-layer filter in it.
//!
//! # The `log` crate
//! `tracing` itself hands events to the logger of the `log` crate, raw fields and all, before any layer is asked:
//! always, when any crate of the build turns on its feature `log-always`; with its feature `log`, as long as no
//! subscriber has been set. No layer can prevent either. Set the subscriber first thing in `main`, and do not turn
//! `log-always` on; `cargo tree -e features -i tracing` shows who does. With a subscriber set, the layer finds
//! `log-always` at its first event and [`Funnel::advisories`] says so, unless another layer asks for TRACE or `log` is
//! built without it. The opposite direction, `tracing-log`, is harmless.

mod fields;
mod filter;
mod filter_state;
mod funnel_layer;
mod hidden;
mod log_bridge;
mod span;
mod span_data;
mod visit;

use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

pub use self::filter::{HideFunnelEvents, hide_funnel_events};
use self::funnel_layer::FunnelLayer;
pub use self::hidden::{Hidden, hidden};
use crate::funnel::Funnel;

impl Funnel {
    /// A `tracing` layer that records events named `InstantFunnel`. See [`layer`](crate::layer) for what it does
    /// with fields, what can silence it, and what its siblings see.
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        FunnelLayer::new(self.clone())
    }
}
