//! The layer can be put in, changed and taken out while the service runs, and asks for no more than it needs.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

mod layer_support;

use std::sync::Arc;

use instant_funnel::testing::Recorder;
use instant_funnel::{Backend, Funnel, hidden};
use tracing::{Level, Subscriber, debug, debug_span, info, info_span};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, reload};

use self::layer_support::{Captured, alone};

fn recording() -> (Funnel, Recorder) {
    let recorder = Recorder::new();
    let funnel = Funnel::builder().backend(Backend::Custom(Arc::new(recorder.clone()))).build().unwrap();
    (funnel, recorder)
}

fn emit() {
    info!(name: "InstantFunnel", funnelStep = "claim", tier = "pro");
    info!("an ordinary line");
}

#[test]
fn a_layer_that_is_put_in_later_records_from_then_on() {
    alone("a_layer_that_is_put_in_later_records_from_then_on", || {
        let (funnel, recorder) = recording();
        let logs = Captured::default();
        let (layer, handle) = reload::Layer::new(Some(Funnel::noop().layer()).filter(|_| false));
        let filtered = logs.collect().with_filter(LevelFilter::WARN);
        tracing_subscriber::registry().with(layer).with(filtered).init();
        emit();
        handle.reload(Some(funnel.layer())).unwrap();
        info_span!("request", env = "staging").in_scope(emit);
        let events = recorder.take();
        assert_eq!(events.len(), 1);
        events[0].assert_step("claim").assert_attribute("tier", "pro").assert_attribute("env", "staging");
        handle.reload(None).unwrap();
        emit();
        assert_eq!(recorder.take(), []);
        assert_eq!(logs.text(), "", "the sibling's own filter holds");
    });
}

#[test]
fn a_layer_is_replaced_by_another_funnels() {
    let ((first, seen_first), (second, seen_second)) = (recording(), recording());
    let (layer, handle) = reload::Layer::new(first.layer());
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::with_default(subscriber, || {
        let span = info_span!("request", env = "staging");
        span.in_scope(emit);
        handle.reload(second.layer()).unwrap();
        span.in_scope(emit);
        info_span!("request", env = "staging").in_scope(emit);
    });
    assert_eq!(seen_first.take()[0].text("env"), Some("staging"));
    let events = seen_second.take();
    assert_eq!(events.len(), 2);
    events[0].assert_absent("env");
    events[1].assert_attribute("env", "staging");
}

#[test]
fn a_layer_may_be_an_option_boxed_or_one_of_a_list() {
    let (funnel, recorder) = recording();
    let (unused, none) = recording();
    let absent = unused.layer();
    let subscriber = tracing_subscriber::registry()
        .with(Some(funnel.layer()))
        .with(funnel.layer().boxed())
        .with(vec![funnel.layer().boxed(), hidden(Captured::default().collect()).boxed()])
        .with(Some(absent).filter(|_| false))
        .with(funnel.layer().with_filter(LevelFilter::INFO))
        .with(funnel.layer().with_filter(LevelFilter::WARN));
    tracing::subscriber::with_default(subscriber, emit);
    assert_eq!((recorder.take().len(), none.take().len()), (4, 0));
}

#[test]
fn alone_it_asks_for_debug_and_for_no_callsite_but_its_own() {
    alone("alone_it_asks_for_debug_and_for_no_callsite_but_its_own", || {
        let (funnel, recorder) = recording();
        let subscriber = tracing_subscriber::registry().with(funnel.layer());
        assert_eq!(Subscriber::max_level_hint(&subscriber), Some(LevelFilter::DEBUG));
        subscriber.init();
        assert_eq!(LevelFilter::current(), LevelFilter::DEBUG);
        assert!(!tracing::enabled!(Level::ERROR), "an ordinary event");
        assert!(!tracing::span_enabled!(Level::ERROR, path), "a span without a key");
        assert!(tracing::span_enabled!(Level::DEBUG, tier), "a span that may be inherited from");
        debug_span!("request", env = "staging").in_scope(|| {
            debug!(name: "InstantFunnel", funnelStep = "claim");
            tracing::trace!(name: "InstantFunnel", funnelStep = "claim");
        });
        let events = recorder.take();
        assert_eq!(events.len(), 1, "TRACE is not asked for");
        events[0].assert_attribute("env", "staging");
    });
}

#[test]
fn beside_a_sibling_with_a_level_the_higher_of_both_is_asked_for() {
    let (funnel, _) = recording();
    let hint = |level: LevelFilter| {
        let logs = Captured::default().collect().with_filter(level);
        let others = tracing_subscriber::registry().with(logs).with(funnel.layer());
        Subscriber::max_level_hint(&others)
    };
    assert_eq!(hint(LevelFilter::WARN), Some(LevelFilter::DEBUG));
    assert_eq!(hint(LevelFilter::TRACE), Some(LevelFilter::TRACE));
    let unfiltered = tracing_subscriber::registry().with(Captured::default().collect()).with(funnel.layer());
    assert_eq!(Subscriber::max_level_hint(&unfiltered), None, "the sibling takes everything");
}

#[test]
fn inside_a_reload_layer_it_limits_no_sibling() {
    let (funnel, recorder) = recording();
    let logs = Captured::default();
    let (layer, _handle) = reload::Layer::new(funnel.layer());
    let subscriber = tracing_subscriber::registry().with(layer).with(hidden(logs.collect()));
    assert_eq!(Subscriber::max_level_hint(&subscriber), None);
    tracing::subscriber::with_default(subscriber, || {
        emit();
        tracing::trace!("a trace");
    });
    assert_eq!(recorder.take().len(), 1);
    assert!(logs.text().contains("a trace"), "{}", logs.text());
}

#[test]
fn an_inert_funnel_asks_for_nothing() {
    let subscriber = tracing_subscriber::registry().with(Funnel::noop().layer());
    assert_eq!(Subscriber::max_level_hint(&subscriber), Some(LevelFilter::OFF));
    tracing::subscriber::with_default(subscriber, || {
        assert!(!tracing::span_enabled!(Level::ERROR, tier));
        emit();
    });
}
