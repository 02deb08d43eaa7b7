//! The backend that records through a service's own `SdkLoggerProvider`.

use std::time::{Duration, UNIX_EPOCH};

use instant_funnel_core::{Record, Value};
use opentelemetry::logs::{AnyValue, LogRecord, Logger, LoggerProvider, Severity};
use opentelemetry::{Key, SpanId, TraceFlags, TraceId};
use opentelemetry_sdk::logs::{SdkLogger, SdkLoggerProvider};

use crate::quiet::is_quiet;
use crate::sink::{Sink, Verdict};

/// The instrumentation scope of records that go through a provider.
const SCOPE: &str = "instant-funnel";

pub(crate) struct ProviderSink {
    provider: SdkLoggerProvider,
    logger: SdkLogger,
}

impl ProviderSink {
    pub(crate) fn new(provider: SdkLoggerProvider) -> Self {
        let logger = provider.logger(SCOPE);
        Self { provider, logger }
    }
}

impl Sink for ProviderSink {
    fn accept(&self, record: &Record<'_>) -> Verdict {
        let mut out = self.logger.create_log_record();
        out.set_event_name(record.event_name());
        out.set_timestamp(UNIX_EPOCH + Duration::from_nanos(record.time_unix_nano()));
        out.set_observed_timestamp(UNIX_EPOCH + Duration::from_nanos(record.observed_time_unix_nano()));
        out.set_severity_number(Severity::Info);
        out.set_severity_text("INFO");
        out.set_body(AnyValue::String(record.event_name().into()));
        for (key, value) in record.attributes() {
            let value = match value {
                Value::Bool(value) => AnyValue::Boolean(value),
                Value::Integer(value) => AnyValue::Int(value),
                Value::Number(value) => AnyValue::Double(value),
                Value::Text(text) => AnyValue::String(text.as_str().to_owned().into()),
                Value::Uuid(_) | Value::Hex(_) => AnyValue::String(value.to_string().into()),
            };
            out.add_attribute(Key::from_static_str(key), value);
        }
        if let Some(trace) = record.trace() {
            out.set_trace_context(
                TraceId::from_bytes(trace.trace_id),
                SpanId::from_bytes(trace.span_id),
                Some(TraceFlags::new(trace.flags)),
            );
        }
        self.logger.emit(out);
        // Its processors may queue, drop or filter, and say nothing of it.
        Verdict::HandedOver
    }

    /// The provider's own deadline rules: its API takes none.
    fn flush(&self, _: Duration) {
        if self.provider.force_flush().is_err() && !is_quiet() {
            tracing::warn!(target: "instant_funnel::delivery", "the provider could not flush everything");
        }
    }

    /// Only flushes: the provider is the service's, and so is its end.
    fn shutdown(&self, timeout: Duration) {
        self.flush(timeout);
    }
}
