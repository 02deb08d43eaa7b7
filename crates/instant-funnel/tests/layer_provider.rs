//! A service's own OpenTelemetry pipeline that logs while it is given a record: full, shut down, or failing.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

mod layer_support;

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use instant_funnel::{Backend, Funnel, hidden, hide_funnel_events};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::logs::{
    BatchConfigBuilder, BatchLogProcessor, InMemoryLogExporter, LogBatch, LogExporter, SdkLoggerProvider,
};
use tracing::info;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use self::layer_support::{Captured, alone};

/// Holds each batch until it is let go, a minute at most.
#[derive(Debug, Clone, Default)]
struct Stuck(Arc<(Mutex<bool>, Condvar)>);

impl Stuck {
    fn let_go(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }
}

impl LogExporter for Stuck {
    async fn export(&self, _: LogBatch<'_>) -> OTelSdkResult {
        let waiting = self.0.0.lock().unwrap();
        let _free = self.0.1.wait_timeout_while(waiting, Duration::from_secs(60), |free| !*free).unwrap();
        Ok(())
    }
}

#[derive(Debug)]
struct Fails;

impl LogExporter for Fails {
    async fn export(&self, _: LogBatch<'_>) -> OTelSdkResult {
        Err(OTelSdkError::InternalFailure("no".to_owned()))
    }
}

/// The pipeline of the funnel and of the appender beside it, and what the siblings were shown.
fn check(provider: &SdkLoggerProvider, siblings_first: bool, before: impl FnOnce(), expected: &str) {
    let shown = Captured::default();
    let exported = InMemoryLogExporter::default();
    let watched = SdkLoggerProvider::builder().with_simple_exporter(exported.clone()).build();
    let funnel = Funnel::builder().backend(Backend::Provider(provider.clone())).build().unwrap();
    let appender = OpenTelemetryTracingBridge::new(provider);
    let last = OpenTelemetryTracingBridge::new(&watched);
    if siblings_first {
        tracing_subscriber::registry()
            .with(hidden(appender))
            .with(hidden(shown.collect()))
            .with(shown.fmt().with_filter(hide_funnel_events()))
            .with(last.with_filter(hide_funnel_events()))
            .with(funnel.layer())
            .init();
    } else {
        tracing_subscriber::registry()
            .with(funnel.layer())
            .with(shown.fmt().with_filter(hide_funnel_events()))
            .with(last.with_filter(hide_funnel_events()))
            .with(hidden(appender))
            .with(hidden(shown.collect()))
            .init();
    }
    before();
    for _ in 0..20 {
        info!(name: "InstantFunnel", funnelStep = "claim", email = "jane@example.com", cart = "jane");
    }
    let text = shown.text() + &format!("{:?}", exported.get_emitted_logs().unwrap());
    assert!(!text.contains("jane"), "{text}");
    assert!(text.contains(expected), "the pipeline has logged:\n{text}");
    assert_eq!(funnel.stats().recorded, 20);
}

fn full() -> (SdkLoggerProvider, Stuck) {
    let stuck = Stuck::default();
    let config = BatchConfigBuilder::default().with_max_queue_size(1).with_max_export_batch_size(1).build();
    let processor = BatchLogProcessor::builder(stuck.clone()).with_batch_config(config).build();
    (SdkLoggerProvider::builder().with_log_processor(processor).build(), stuck)
}

/// Its loggers must be there before it is shut down; later it gives idle ones.
fn check_shut_down(siblings_first: bool) {
    let processor = BatchLogProcessor::builder(InMemoryLogExporter::default()).build();
    let provider = SdkLoggerProvider::builder().with_log_processor(processor).build();
    check(&provider, siblings_first, || provider.shutdown().unwrap(), "Emit.AfterShutdown");
}

fn failing() -> SdkLoggerProvider {
    SdkLoggerProvider::builder().with_simple_exporter(Fails).build()
}

#[test]
fn a_full_queue_shows_nobody_after_it_a_funnel_event() {
    alone("a_full_queue_shows_nobody_after_it_a_funnel_event", || {
        let (provider, stuck) = full();
        check(&provider, false, || {}, "LogDroppingStarted");
        stuck.let_go();
    });
}

#[test]
fn a_full_queue_shows_nobody_before_it_a_funnel_event() {
    alone("a_full_queue_shows_nobody_before_it_a_funnel_event", || {
        let (provider, stuck) = full();
        check(&provider, true, || {}, "LogDroppingStarted");
        stuck.let_go();
    });
}

#[test]
fn a_pipeline_that_is_shut_down_shows_nobody_after_it_a_funnel_event() {
    alone("a_pipeline_that_is_shut_down_shows_nobody_after_it_a_funnel_event", || {
        check_shut_down(false);
    });
}

#[test]
fn a_pipeline_that_is_shut_down_shows_nobody_before_it_a_funnel_event() {
    alone("a_pipeline_that_is_shut_down_shows_nobody_before_it_a_funnel_event", || {
        check_shut_down(true);
    });
}

#[test]
fn an_export_that_fails_on_the_callers_thread_shows_nobody_after_it_a_funnel_event() {
    alone("an_export_that_fails_on_the_callers_thread_shows_nobody_after_it_a_funnel_event", || {
        check(&failing(), false, || {}, "SimpleLogProcessor");
    });
}

#[test]
fn an_export_that_fails_on_the_callers_thread_shows_nobody_before_it_a_funnel_event() {
    alone("an_export_that_fails_on_the_callers_thread_shows_nobody_before_it_a_funnel_event", || {
        check(&failing(), true, || {}, "SimpleLogProcessor");
    });
}
