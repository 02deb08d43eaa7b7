//! What the layer costs: an event through it, beside the same event through `fmt`; and what it costs others.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    missing_docs,
    reason = "a bench stops at the first surprise"
)]

use std::io;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use instant_funnel::{Backend, Funnel, Record, Sink, Verdict, hidden};
use tracing::{Dispatch, debug, debug_span, info, trace};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;

struct Taken;

impl Sink for Taken {
    fn accept(&self, record: &Record<'_>) -> Verdict {
        std::hint::black_box(record.encoded_len());
        Verdict::Delivered
    }
}

fn funnel() -> Funnel {
    Funnel::builder().service_name("bench").backend(Backend::Custom(Arc::new(Taken))).build().expect("funnel")
}

fn funnel_event(journey: &str) {
    info!(
        name: "InstantFunnel", funnelStep = "provision", service = "db", tier = "anonymous", actor = "agent_mcp",
        journeyId = %journey, env = "production"
    );
}

fn fmt<S>() -> impl Layer<S>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    tracing_subscriber::fmt::layer().with_writer(io::sink).with_filter(LevelFilter::INFO)
}

fn bench(criterion: &mut Criterion, name: &str, subscriber: &Dispatch, routine: impl Fn()) {
    tracing::dispatcher::with_default(subscriber, || {
        criterion.bench_function(name, |bencher| bencher.iter(&routine));
    });
}

fn layer(criterion: &mut Criterion) {
    let journey = "0191d2a0-5c1e-4e57-9d0b-1f6f3a8f0c11";
    let registry = tracing_subscriber::registry;
    bench(criterion, "event/fmt", &registry().with(fmt()).into(), || funnel_event(journey));
    bench(criterion, "event/layer", &registry().with(funnel().layer()).into(), || funnel_event(journey));
    let beside: Dispatch = registry().with(hidden(fmt())).with(funnel().layer()).into();
    bench(criterion, "event/layer beside a hidden fmt", &beside, || funnel_event(journey));
    bench(criterion, "line/fmt", &registry().with(fmt()).into(), || info!(route = "/v1/db", "a line"));
    bench(criterion, "line/fmt beside the layer", &beside, || info!(route = "/v1/db", "a line"));
    for (name, subscriber) in [("fmt", registry().with(fmt()).into()), ("fmt beside the layer", beside)] {
        let subscriber: Dispatch = subscriber;
        bench(criterion, &format!("refused trace/{name}"), &subscriber, || trace!(route = "/v1/db"));
        bench(criterion, &format!("refused debug/{name}"), &subscriber, || debug!(route = "/v1/db"));
        bench(criterion, &format!("refused span/{name}"), &subscriber, || {
            drop(debug_span!("inner", route = 1));
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = layer
}
criterion_main!(benches);
