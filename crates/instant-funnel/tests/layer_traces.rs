//! The trace of an event that comes through the layer, with the span data of `tracing-opentelemetry`.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

mod layer_support;

use std::sync::Arc;

use instant_funnel::testing::{RecordedEvent, Recorder};
use instant_funnel::{Backend, Funnel, Landing, hidden};
use opentelemetry::trace::{SpanContext, TraceContextExt, TracerProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use tracing::{Dispatch, Span, dispatcher, info, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, filter::filter_fn, reload};

use self::layer_support::alone;

fn recording() -> (Funnel, Recorder) {
    let recorder = Recorder::new();
    let backend = Backend::Custom(Arc::new(recorder.clone()));
    (Funnel::builder().backend(backend).build().unwrap(), recorder)
}

fn provider() -> SdkTracerProvider {
    SdkTracerProvider::builder().with_simple_exporter(InMemorySpanExporter::default()).build()
}

/// A subscriber in which entering a span activates no OpenTelemetry context.
fn without_activation(funnel: &Funnel, provider: &SdkTracerProvider) -> Dispatch {
    let spans =
        tracing_opentelemetry::layer().with_tracer(provider.tracer("test")).with_context_activation(false);
    let shown = filter_fn(|metadata| metadata.name() != "not traced");
    tracing_subscriber::registry().with(funnel.layer()).with(hidden(spans.with_filter(shown))).into()
}

fn landing() {
    info!(name: "InstantFunnel", funnelStep = "landing");
}

fn context(span: &Span) -> SpanContext {
    span.context().span().span_context().clone()
}

fn assert_in(event: &RecordedEvent, span: &SpanContext) {
    assert!(span.is_valid());
    event.assert_attribute("trace.id", span.trace_id().to_string());
    event.assert_attribute("span.id", span.span_id().to_string());
}

fn assert_no_warning(funnel: &Funnel) {
    assert!(funnel.advisories().is_empty(), "{:?}", funnel.advisories());
}

#[test]
fn a_span_whose_context_is_not_activated_gives_its_trace() {
    let (funnel, recorder) = recording();
    let provider = provider();
    let (outer, inner) = dispatcher::with_default(&without_activation(&funnel, &provider), || {
        let outer = info_span!("request");
        let entered = outer.enter();
        assert!(!opentelemetry::Context::current().span().span_context().is_valid());
        landing();
        let inner = info_span!("handler");
        inner.in_scope(landing);
        info_span!("not traced").in_scope(landing);
        info!(name: "InstantFunnel", parent: &inner, funnelStep = "landing");
        drop(entered);
        landing();
        (context(&outer), context(&inner))
    });
    let events = recorder.take();
    assert_eq!(outer.trace_id(), inner.trace_id());
    assert_in(&events[0], &outer);
    assert_in(&events[1], &inner);
    assert_in(&events[2], &outer);
    assert_in(&events[3], &inner);
    events[4].assert_absent("trace.id").assert_absent("span.id");
    assert_no_warning(&funnel);
}

#[test]
fn the_remote_parent_that_was_set_before_the_event_is_kept() {
    let (funnel, recorder) = recording();
    let provider = provider();
    let remote = opentelemetry::Context::new().with_remote_span_context(SpanContext::new(
        0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.into(),
        7.into(),
        opentelemetry::TraceFlags::SAMPLED,
        true,
        opentelemetry::trace::TraceState::default(),
    ));
    dispatcher::with_default(&without_activation(&funnel, &provider), || {
        let span = info_span!("request");
        span.set_parent(remote).unwrap();
        span.in_scope(landing);
    });
    recorder.take()[0].assert_attribute("trace.id", "0af7651916cd43dd8448eb211c80319c");
}

#[test]
fn a_layer_that_was_put_in_later_finds_the_span_data_too() {
    alone("a_layer_that_was_put_in_later_finds_the_span_data_too", || {
        let (funnel, recorder) = recording();
        let provider = provider();
        let (layer, handle) = reload::Layer::new(Funnel::noop().layer());
        let spans = tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("test"))
            .with_context_activation(false);
        let subscriber = tracing_subscriber::registry().with(layer).with(spans);
        dispatcher::set_global_default(subscriber.into()).unwrap();
        handle.reload(funnel.layer()).unwrap();
        let span = info_span!("request");
        span.in_scope(landing);
        assert_in(&recorder.take()[0], &context(&span));
    });
}

#[test]
fn an_advisory_tells_that_no_event_of_many_had_a_trace_until_one_has() {
    let (funnel, _recorder) = recording();
    let nobody = tracing_subscriber::registry().with(funnel.layer());
    dispatcher::with_default(&nobody.into(), || (0..99).for_each(|_| landing()));
    assert_no_warning(&funnel);
    funnel.record(Landing::new());
    let advisories = funnel.advisories();
    assert_eq!(advisories.len(), 1, "{advisories:?}");
    assert_eq!(advisories[0].variable(), "FunnelBuilder::expect_traces");
    let provider = provider();
    dispatcher::with_default(&without_activation(&funnel, &provider), || {
        info_span!("request").in_scope(landing);
    });
    assert_no_warning(&funnel);
    (0..200).for_each(|_| funnel.record(Landing::new()));
    assert_no_warning(&funnel);
}
