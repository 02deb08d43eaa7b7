//! A service that expects trace ids is told when there are none.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::sync::Arc;

use instant_funnel::testing::Recorder;
use instant_funnel::{Backend, Draft, Funnel, FunnelBuilder, Landing, TraceContext};

fn funnel(adjust: fn(FunnelBuilder) -> FunnelBuilder) -> Funnel {
    adjust(Funnel::builder()).backend(Backend::Custom(Arc::new(Recorder::new()))).build().unwrap()
}

#[test]
fn it_is_told_where_it_was_asked_for_and_nowhere_else() {
    let (asked, unasked) = (funnel(FunnelBuilder::expect_traces), funnel(|builder| builder));
    for funnel in [&asked, &unasked] {
        (0..150).for_each(|_| funnel.record(Landing::new()));
    }
    let told: Vec<_> = asked.advisories().iter().map(ToString::to_string).collect();
    assert!(
        told.len() == 1 && told[0].contains("traceparent") && told[0].contains("opentelemetry"),
        "{told:?}"
    );
    assert!(unasked.advisories().is_empty(), "{:?}", unasked.advisories());
}

#[test]
fn a_traceparent_that_the_middleware_read_is_a_trace() {
    let funnel = funnel(FunnelBuilder::expect_traces);
    let mut draft = Draft::from(Landing::new());
    draft.set_trace(TraceContext { trace_id: [1; 16], span_id: [2; 8], flags: 1 });
    (0..150).for_each(|_| funnel.record(Landing::new()));
    assert_eq!(funnel.advisories().len(), 1);
    funnel.record(draft);
    assert!(funnel.advisories().is_empty(), "{:?}", funnel.advisories());
}
