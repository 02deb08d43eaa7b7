//! `hidden` composes with whatever a layer may be wrapped in, and holds where filter state does not.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

mod layer_support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use instant_funnel::layer::Hidden;
use instant_funnel::testing::Recorder;
use instant_funnel::{Backend, Funnel, hidden, hide_funnel_events};
use opentelemetry::trace::{TraceContextExt, TracerProvider};
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber, debug, info, info_span, warn};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, Filter, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, reload};

use self::layer_support::{Captured, Collect, alone};

fn recording() -> (Funnel, Recorder) {
    let recorder = Recorder::new();
    let funnel = Funnel::builder().backend(Backend::Custom(Arc::new(recorder.clone()))).build().unwrap();
    (funnel, recorder)
}

fn emit() {
    info!(name: "InstantFunnel", funnelStep = "claim", email = "jane@example.com");
    info!("an ordinary line");
    debug!("a detail");
}

/// Emits with `layer` of a registry, and gives what was collected.
fn seen(build: impl FnOnce(Collect) -> tracing::Dispatch) -> String {
    let captured = Captured::default();
    let dispatch = build(captured.collect());
    tracing::dispatcher::with_default(&dispatch, emit);
    captured.text()
}

#[track_caller]
fn assert_hidden(text: &str, details: usize) {
    assert!(!text.contains("jane") && !text.contains("InstantFunnel"), "{text}");
    assert_eq!(text.matches("an ordinary line").count(), 1, "{text}");
    assert_eq!(text.matches("a detail").count(), details, "{text}");
}

#[test]
fn it_hides_funnel_events_from_a_layer_however_the_layer_is_wrapped() {
    type Boxed = Box<dyn Layer<Registry> + Send + Sync>;
    assert_hidden(&seen(|layer| tracing_subscriber::registry().with(hidden(layer)).into()), 1);
    assert_hidden(
        &seen(|layer| {
            tracing_subscriber::registry().with(hidden(layer).with_filter(LevelFilter::INFO)).into()
        }),
        0,
    );
    assert_hidden(
        &seen(|layer| {
            tracing_subscriber::registry().with(hidden(layer.with_filter(LevelFilter::INFO))).into()
        }),
        0,
    );
    let boxed = |layer: Collect| tracing_subscriber::registry().with(hidden::<Boxed>(layer.boxed())).into();
    assert_hidden(&seen(boxed), 1);
    assert_hidden(&seen(|layer| tracing_subscriber::registry().with(hidden(layer).boxed()).into()), 1);
    assert_hidden(&seen(|layer| tracing_subscriber::registry().with(hidden(Some(layer))).into()), 1);
    assert_hidden(&seen(|layer| tracing_subscriber::registry().with(Some(hidden(layer))).into()), 1);
    let list = |layer: Collect| tracing_subscriber::registry().with(hidden(vec![layer.boxed()])).into();
    assert_hidden(&seen(list), 1);
    let list = |layer: Collect| tracing_subscriber::registry().with(vec![hidden(layer).boxed()]).into();
    assert_hidden(&seen(list), 1);
    let tree = |layer: Collect| {
        let other = Captured::default().collect();
        tracing_subscriber::registry()
            .with(hidden(layer.and_then(other.with_filter(LevelFilter::WARN))))
            .into()
    };
    assert_hidden(&seen(tree), 1);
}

#[test]
fn it_hides_funnel_events_inside_a_reload_layer_and_round_one() {
    let captured = Captured::default();
    let (layer, handle) = reload::Layer::new(None::<Hidden<Collect>>);
    let (other, other_handle) = reload::Layer::new(None::<Collect>);
    let subscriber = tracing_subscriber::registry().with(layer).with(hidden(other));
    tracing::subscriber::with_default(subscriber, || {
        emit();
        assert_eq!(captured.text(), "");
        handle.reload(Some(hidden(captured.collect()))).unwrap();
        emit();
        assert_hidden(&captured.text(), 1);
        handle.reload(None).unwrap();
        captured.clear();
        other_handle.reload(Some(captured.collect())).unwrap();
        emit();
        assert_hidden(&captured.text(), 1);
    });
}

#[test]
fn the_layer_inside_can_be_changed() {
    let captured = Captured::default();
    let (layer, handle) = reload::Layer::new(hidden(captured.collect().with_filter(LevelFilter::INFO)));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        handle.modify(|layer| *layer.inner_mut().filter_mut() = LevelFilter::DEBUG).unwrap();
        assert_eq!(handle.with_current(|layer| *layer.inner().filter()).unwrap(), LevelFilter::DEBUG);
        emit();
    });
    assert_hidden(&captured.text(), 1);
}

#[test]
fn the_layer_inside_is_found_by_downcasting() {
    let tracer = SdkTracerProvider::builder().build().tracer("test");
    let layer = hidden(tracing_opentelemetry::layer().with_tracer(tracer));
    let subscriber = tracing_subscriber::registry().with(hidden(Captured::default().collect())).with(layer);
    assert!(subscriber.downcast_ref::<Collect>().is_some());
    assert!(subscriber.downcast_ref::<Hidden<Collect>>().is_some());
    tracing::subscriber::with_default(subscriber, || {
        let span = info_span!("request");
        assert!(span.context().span().span_context().is_valid(), "tracing-opentelemetry finds its layer");
    });
}

#[test]
fn a_filter_inside_still_makes_unwanted_callsites_cost_nothing() {
    alone("a_filter_inside_still_makes_unwanted_callsites_cost_nothing", || {
        struct Wanted(AtomicU64);
        impl Filter<Registry> for &'static Wanted {
            fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, Registry>) -> bool {
                self.0.fetch_add(1, Ordering::Relaxed);
                false
            }
            fn callsite_enabled(&self, _: &'static Metadata<'static>) -> Interest {
                Interest::never()
            }
            fn max_level_hint(&self) -> Option<LevelFilter> {
                Some(LevelFilter::WARN)
            }
        }
        static ASKED: Wanted = Wanted(AtomicU64::new(0));
        let subscriber =
            tracing_subscriber::registry().with(hidden(Captured::default().collect().with_filter(&ASKED)));
        assert_eq!(Subscriber::max_level_hint(&subscriber), Some(LevelFilter::DEBUG));
        subscriber.init();
        warn!("no layer wants it, so the subscriber is not asked");
        assert_eq!(ASKED.0.load(Ordering::Relaxed), 0);
    });
}

#[test]
fn spans_are_not_hidden_whatever_their_name() {
    let text = seen(|layer| tracing_subscriber::registry().with(hidden(layer)).into());
    assert_hidden(&text, 1);
    let captured = Captured::default();
    tracing::subscriber::with_default(
        tracing_subscriber::registry().with(hidden(captured.collect())),
        || {
            let span = info_span!("InstantFunnel", path = "/claim", id = tracing::field::Empty);
            span.record("id", 7);
        },
    );
    assert!(captured.text().contains("/claim") && captured.text().contains("id=7"), "{}", captured.text());
}

/// A filter of the whole subscriber is a layer too.
#[test]
fn a_hidden_global_filter_lets_funnel_events_pass() {
    let (funnel, recorder) = recording();
    let captured = Captured::default();
    for before in [true, false] {
        let subscriber: tracing::Dispatch = if before {
            let layers = tracing_subscriber::registry().with(hidden(EnvFilter::new("warn")));
            layers.with(funnel.layer()).with(hidden(captured.collect())).into()
        } else {
            let layers = tracing_subscriber::registry().with(funnel.layer());
            layers.with(hidden(captured.collect())).with(hidden(EnvFilter::new("warn"))).into()
        };
        tracing::dispatcher::with_default(&subscriber, || {
            emit();
            warn!("a warning");
        });
        assert_eq!(recorder.take().len(), 1, "before: {before}");
    }
    assert_eq!(captured.text().matches("a warning").count(), 2);
    assert!(
        !captured.text().contains("ordinary") && !captured.text().contains("jane"),
        "{}",
        captured.text()
    );
}

/// Emits an event while it is given one, as an appender with a full queue does.
struct Noisy;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Noisy {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != "noise" {
            warn!(target: "noise", "my queue is full");
        }
    }
}

fn with_a_noisy_sibling(build: impl FnOnce(Funnel, Collect) -> tracing::Dispatch) {
    let (funnel, recorder) = recording();
    let captured = Captured::default();
    tracing::dispatcher::set_global_default(build(funnel, captured.collect())).unwrap();
    emit();
    let text = captured.text();
    assert!(!text.contains("jane"), "{text}");
    assert!(text.contains("my queue is full") && text.contains("an ordinary line"), "{text}");
    assert_eq!(recorder.take().len(), 1);
}

#[test]
fn a_sibling_that_emits_while_it_is_given_an_event_opens_no_hidden_layer_after_it() {
    alone("a_sibling_that_emits_while_it_is_given_an_event_opens_no_hidden_layer_after_it", || {
        with_a_noisy_sibling(|funnel, collect| {
            let layers = tracing_subscriber::registry().with(Noisy).with(funnel.layer());
            layers.with(hidden(collect.with_filter(LevelFilter::INFO))).into()
        });
    });
}

#[test]
fn a_sibling_that_emits_while_it_is_given_an_event_opens_no_hidden_layer_before_it() {
    alone("a_sibling_that_emits_while_it_is_given_an_event_opens_no_hidden_layer_before_it", || {
        with_a_noisy_sibling(|funnel, collect| {
            let layers = tracing_subscriber::registry().with(hidden(collect.with_filter(LevelFilter::INFO)));
            layers.with(funnel.layer()).with(Noisy).into()
        });
    });
}

/// A noisy sibling resets the bits of the filter in the funnel's own layer too.
#[test]
fn a_sibling_that_emits_or_only_asks_costs_no_event() {
    alone("a_sibling_that_emits_or_only_asks_costs_no_event", || {
        struct Asks;
        impl<S: Subscriber> Layer<S> for Asks {
            fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
                assert!(tracing::enabled!(Level::ERROR));
            }
        }
        let (funnel, recorder) = recording();
        let captured = Captured::default();
        let logs = captured.collect().with_filter(hide_funnel_events());
        tracing_subscriber::registry().with(logs).with(Asks).with(Noisy).with(funnel.layer()).init();
        for _ in 0..5 {
            emit();
            let _asked = tracing::enabled!(Level::TRACE);
        }
        assert_eq!(recorder.take().len(), 5);
    });
}
