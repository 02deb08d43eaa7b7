//! A record through the service's own `SdkLoggerProvider` is the record that the encoder writes.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use instant_funnel::contract::{CONTRACT, Rule};
use instant_funnel::testing::Recorder;
use instant_funnel::{Backend, Draft, Funnel};
use opentelemetry::InstrumentationScope;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::logs::tonic::group_logs_by_resource_and_scope;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{InMemoryLogExporter, LogBatch, LogProcessor, SdkLogRecord, SdkLoggerProvider};
use proptest::prelude::*;
use prost::Message;

fn legal_value(position: usize) -> BoxedStrategy<String> {
    match CONTRACT.attributes[position].rule {
        Rule::Slug => "[a-z][a-z_-]{0,31}".boxed(),
        Rule::Uuid { .. } => "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}".boxed(),
        Rule::Hex { min, max, .. } => {
            proptest::string::string_regex(&format!("[0-9a-f]{{{},{}}}a", min - 1, max - 1)).unwrap().boxed()
        }
        Rule::OneOf(texts) => proptest::sample::select(texts).prop_map(str::to_owned).boxed(),
        _ => "[a-z]{1,3}".boxed(),
    }
}

fn values() -> impl Strategy<Value = Vec<(usize, String)>> {
    let one = (0..CONTRACT.attributes.len()).prop_flat_map(|at| (Just(at), legal_value(at)));
    proptest::collection::vec(one, 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn encoder_and_provider_give_equal_records(
        step in 0_usize..4,
        values in values(),
        renewal in any::<Option<bool>>(),
        nanos in 1_u64..4_000_000_000_000_000_000,
        trace in any::<Option<(u128, u64, bool)>>(),
    ) {
        let exporter = InMemoryLogExporter::default();
        let provider = SdkLoggerProvider::builder().with_simple_exporter(exporter.clone()).build();
        let recorder = Recorder::new();
        let build = |backend| {
            let now = UNIX_EPOCH + Duration::from_nanos(1_764_000_000_123_456_789);
            Funnel::builder().service_name("test").clock(move || now).backend(backend).build().unwrap()
        };
        let funnels = [build(Backend::Custom(Arc::new(recorder.clone()))), build(Backend::Provider(provider))];

        let id = instant_funnel::EventId::of("test", nanos.to_be_bytes());
        let mut draft = Draft::new(&CONTRACT, step);
        for (position, text) in &values {
            draft.set(*position, text);
        }
        if let Some(renewal) = renewal {
            draft.set(CONTRACT.index("renewal"), renewal);
        }
        draft.set(CONTRACT.index("journeyStart"), (nanos / 1_000_000) as i64 - 5);
        draft.set(CONTRACT.index("eventId"), id);
        draft.set_time(UNIX_EPOCH + Duration::from_nanos(nanos));
        {
            let _active = trace.map(|(trace, span, sampled)| {
                let flags = if sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
                let span = SpanContext::new(
                    TraceId::from_bytes((trace | 1).to_be_bytes()),
                    SpanId::from_bytes((span | 1).to_be_bytes()),
                    flags, false, TraceState::default());
                opentelemetry::Context::new().with_remote_span_context(span).attach()
            });
            for funnel in &funnels {
                funnel.record(draft);
            }
        }

        let encoded = LogRecord::decode(recorder.take()[0].otlp.as_slice()).unwrap();
        let emitted = exporter.get_emitted_logs().unwrap();
        prop_assert_eq!(emitted.len(), 1);
        let pairs = [(&emitted[0].record, &emitted[0].instrumentation)];
        let batch = LogBatch::new(&pairs);
        let grouped = group_logs_by_resource_and_scope(&batch, &ResourceAttributesWithSchema::default());
        let provided = &grouped[0].scope_logs[0].log_records[0];
        prop_assert_eq!(provided, &encoded);
    }
}

#[test]
fn what_a_provider_takes_is_handed_over_and_never_delivered() {
    /// Throws away all but the first four records, and says nothing of it, as a full queue does.
    #[derive(Debug, Default)]
    struct QueueOfFour(AtomicU64);

    impl LogProcessor for QueueOfFour {
        fn emit(&self, _: &mut SdkLogRecord, _: &InstrumentationScope) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }

        fn force_flush(&self) -> OTelSdkResult {
            Ok(())
        }
    }

    let provider = SdkLoggerProvider::builder().with_log_processor(QueueOfFour::default()).build();
    let funnel = Funnel::builder().backend(Backend::Provider(provider)).build().unwrap();
    (0..40).for_each(|_| funnel.record(instant_funnel::Landing::new()));
    let report = funnel.flush(Duration::ZERO);
    assert_eq!((report.recorded, report.handed_over, report.delivered, report.pending), (40, 40, 0, 0));
}
