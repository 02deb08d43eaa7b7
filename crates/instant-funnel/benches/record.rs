//! What one event costs the caller, beside the stock paths, in one run.
//!
//! `cargo bench -p instant-funnel --features otel --bench record`

#![allow(missing_docs, clippy::expect_used, reason = "a bench stops at the first surprise")]

use std::hint::black_box;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use instant_funnel::{Actor, Backend, Funnel, JourneyId, Provision, PseudonymKey, Record, Sink, Verdict};
use opentelemetry::logs::{AnyValue, LogRecord, Logger, LoggerProvider, Severity};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{
    BatchConfigBuilder, BatchLogProcessor, LogBatch, LogExporter, SdkLoggerProvider,
};
use tracing_subscriber::layer::SubscriberExt;

const RING_BYTES: usize = 8 << 20;

/// A bounded ring in memory, behind a lock as any ring with a reader is; the oldest bytes are overwritten.
struct Ring(Mutex<(Vec<u8>, usize)>);

impl Sink for Ring {
    fn accept(&self, record: &Record<'_>) -> Verdict {
        let length = record.encoded_len();
        let mut ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (bytes, at) = &mut *ring;
        if *at + length > bytes.len() {
            *at = 0;
        }
        match record.encode_into(&mut bytes[*at..]) {
            Ok(written) => *at += written,
            Err(_) => return Verdict::Dropped(instant_funnel::DropReason::TooLarge),
        }
        Verdict::Delivered
    }
}

#[derive(Debug)]
struct NoExport;

impl LogExporter for NoExport {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        black_box(batch.iter().count());
        Ok(())
    }
}

fn stock_provider() -> SdkLoggerProvider {
    let config =
        BatchConfigBuilder::default().with_max_queue_size(1 << 20).with_max_export_batch_size(4_096).build();
    let processor = BatchLogProcessor::builder(NoExport).with_batch_config(config).build();
    SdkLoggerProvider::builder().with_log_processor(processor).build()
}

/// Eight attributes on the wire: three of the caller's, the five that every event has beside them.
fn plain<'a>(journey: JourneyId) -> Provision<'a> {
    Provision::new("db").journey(journey).tier("anonymous")
}

/// Thirteen: eight of the caller's and the same five.
fn full<'a>(journey: JourneyId, funnel_key: instant_funnel::Fingerprint) -> Provision<'a> {
    Provision::new("db")
        .journey(journey)
        .tier("anonymous")
        .env("production")
        .fingerprint(funnel_key)
        .actor(Actor::AgentClaude)
        .reason_code("quota")
}

fn record(criterion: &mut Criterion) {
    let journey = JourneyId::new();
    let ring = Ring(Mutex::new((vec![0; RING_BYTES], 0)));
    let funnel = Funnel::builder()
        .service_name("api")
        .pseudonym_key(PseudonymKey::new(&[7; 32]).expect("key"))
        .backend(Backend::Custom(Arc::new(ring)))
        .build()
        .expect("funnel");
    let bucket = funnel.pseudonymize_network("192.0.2.7".parse().expect("address"), 64_500).expect("key");
    let noop = Funnel::noop();

    let mut group = criterion.benchmark_group("record");
    group.warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3));
    group.bench_function("inert", |b| {
        b.iter(|| black_box(&noop).record(full(*black_box(&journey), bucket)));
    });
    group.bench_function("inert, global", |b| {
        b.iter(|| instant_funnel::record(full(*black_box(&journey), bucket)));
    });
    group.bench_function("typed API into a ring, 8 attributes", |b| {
        b.iter(|| black_box(&funnel).record(plain(*black_box(&journey))));
    });
    group.bench_function("typed API into a ring, 13 attributes", |b| {
        b.iter(|| black_box(&funnel).record(full(*black_box(&journey), bucket)));
    });

    let layer = tracing::Dispatch::new(tracing_subscriber::registry().with(funnel.layer()));
    let journey_text = journey.to_string();
    macro_rules! event {
        () => {
            tracing::info!(
                name: "InstantFunnel",
                funnelStep = "provision",
                service = "db",
                journeyId = black_box(journey_text.as_str()),
                tier = "anonymous",
                env = "production",
                actor = "agent_claude",
                reasonCode = "quota",
            )
        };
    }
    tracing::dispatcher::with_default(&layer, || {
        group.bench_function("tracing layer into a ring", |b| b.iter(|| event!()));
    });

    let provider = stock_provider();
    let appender = tracing::Dispatch::new(
        tracing_subscriber::registry().with(OpenTelemetryTracingBridge::new(&provider)),
    );
    tracing::dispatcher::with_default(&appender, || {
        group.bench_function("tracing, appender, BatchLogProcessor", |b| b.iter(|| event!()));
    });
    stock_logger(&mut group, &provider, &journey_text, bucket);
    group.finish();
}

/// The stock SDK given the same attributes by hand.
fn stock_logger(
    group: &mut BenchmarkGroup<'_, WallTime>,
    provider: &SdkLoggerProvider,
    journey_text: &str,
    bucket: instant_funnel::Fingerprint,
) {
    let (bucket_text, key_id) = (bucket.to_string(), bucket.key_id().unwrap_or_default());
    let logger = provider.logger("bench");
    let event_id = instant_funnel::EventId::generate(std::time::SystemTime::now()).to_string();
    let attributes = [
        ("newrelic.event.type", "InstantFunnel"),
        ("funnelStep", "provision"),
        ("serviceName", "api"),
        ("cohort", "real"),
        ("eventId", event_id.as_str()),
        ("journeyId", journey_text),
        ("tier", "anonymous"),
        ("service", "db"),
        ("env", "production"),
        ("fingerprint", bucket_text.as_str()),
        ("fingerprintKeyId", key_id.as_str()),
        ("actor", "agent_claude"),
        ("reasonCode", "quota"),
    ];
    for count in [8, 13] {
        group.bench_function(format!("Logger::emit, BatchLogProcessor, {count} attributes"), |b| {
            b.iter(|| {
                let mut record = logger.create_log_record();
                record.set_event_name("InstantFunnel");
                record.set_timestamp(std::time::SystemTime::now());
                record.set_severity_number(Severity::Info);
                record.set_severity_text("INFO");
                record.set_body(AnyValue::String("InstantFunnel".into()));
                for (key, value) in attributes.iter().take(count) {
                    record.add_attribute(*key, (*value).to_owned());
                }
                logger.emit(record);
            });
        });
    }
}

criterion_group!(benches, record);
criterion_main!(benches);
