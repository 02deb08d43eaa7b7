//! The OpenTelemetry door: what the stock exporter would send is what arrives.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use opentelemetry::logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _, Severity};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::logs::tonic::group_logs_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogBatch, LogProcessor, SdkLogRecord, SdkLoggerProvider};
use otlp_journal::processor::{JournalLogProcessor, encode_resource};
use otlp_journal::transport::{Request, Response, Transport, TransportError};
use otlp_journal::{Compression, Delivery, Priority};
use prost::Message as _;

use crate::support::{LONG, Scratch, quick};

/// Keeps whole requests.
#[derive(Clone, Debug, Default)]
struct Bodies(Arc<Mutex<Vec<Vec<u8>>>>);

impl Transport for Bodies {
    fn send(&self, request: &Request<'_>) -> Result<Response, TransportError> {
        self.0.lock().unwrap().push(request.body.to_vec());
        Ok(Response::new(200))
    }
}

impl Bodies {
    fn requests(&self) -> Vec<ExportLogsServiceRequest> {
        let bodies = self.0.lock().unwrap();
        bodies.iter().map(|b| ExportLogsServiceRequest::decode(b.as_slice()).unwrap()).collect()
    }
}

/// What the stock exporter would make of each record.
#[derive(Clone, Debug, Default)]
struct Stock(Arc<Mutex<Vec<ExportLogsServiceRequest>>>, Arc<Mutex<Option<Resource>>>);

impl LogProcessor for Stock {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        let pair = [(&*record, scope)];
        let resource = ResourceAttributesWithSchema::from(self.1.lock().unwrap().as_ref().unwrap());
        let resource_logs = group_logs_by_resource_and_scope(&LogBatch::new(&pair), &resource);
        self.0.lock().unwrap().push(ExportLogsServiceRequest { resource_logs });
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }
}

fn delivery(bodies: &Bodies, resource: &Resource) -> Delivery {
    Delivery::builder("http://far.test/v1/logs")
        .transport(Arc::new(bodies.clone()))
        .compression(Compression::None)
        .resource(encode_resource(resource))
        .linger(LONG)
        .build()
        .unwrap()
}

#[test]
fn a_record_arrives_as_the_stock_exporter_would_send_it() {
    let resource = Resource::builder_empty().with_attributes([KeyValue::new("service.name", "api")]).build();
    let (bodies, stock) = (Bodies::default(), Stock::default());
    *stock.1.lock().unwrap() = Some(resource.clone());
    let delivery = delivery(&bodies, &resource);
    let provider = SdkLoggerProvider::builder()
        .with_resource(resource)
        .with_log_processor(stock.clone())
        .with_log_processor(JournalLogProcessor::new(delivery))
        .build();
    let scope = InstrumentationScope::builder("shop")
        .with_version("1.2")
        .with_attributes([KeyValue::new("n", 7), KeyValue::new("ok", true), KeyValue::new("f", 0.5)])
        .build();
    let logger = provider.logger_with_scope(scope);
    let long = "x".repeat(40_000);
    let mut record = logger.create_log_record();
    record.set_event_name("paid");
    record.set_timestamp(SystemTime::UNIX_EPOCH + Duration::from_nanos(1_800_000_000_123_456_789));
    record.set_severity_number(Severity::Warn2);
    record.set_severity_text("careful");
    record.set_body(AnyValue::ListAny(Box::new(vec![AnyValue::Int(-3), AnyValue::Double(2.5)])));
    record.set_trace_context(
        opentelemetry::TraceId::from(77_u128),
        opentelemetry::SpanId::from(88_u64),
        Some(opentelemetry::TraceFlags::SAMPLED),
    );
    record.add_attribute("text", "short");
    record.add_attribute("long", long);
    record.add_attribute("flag", false);
    record.add_attribute("bytes", AnyValue::Bytes(Box::new(vec![0, 255])));
    let map = [("k".into(), AnyValue::from("v"))].into_iter().collect();
    record.add_attribute("map", AnyValue::Map(Box::new(map)));
    logger.emit(record);
    assert!(provider.force_flush().is_ok());
    assert_eq!(bodies.requests(), *stock.0.lock().unwrap());
}

#[test]
fn a_record_without_a_time_has_the_time_at_which_it_was_seen() {
    // As the bridge of `tracing` makes them.
    let bodies = Bodies::default();
    let delivery = delivery(&bodies, &Resource::builder_empty().build());
    let provider =
        SdkLoggerProvider::builder().with_log_processor(JournalLogProcessor::new(delivery)).build();
    let logger = provider.logger("bridge");
    let seen = SystemTime::now();
    let mut untimed = logger.create_log_record();
    untimed.set_observed_timestamp(seen);
    logger.emit(untimed);
    let mut timed = logger.create_log_record();
    timed.set_timestamp(seen - Duration::from_secs(9));
    timed.set_observed_timestamp(seen);
    logger.emit(timed);
    assert!(provider.force_flush().is_ok());
    let nanos = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos() as u64;
    let requests = bodies.requests();
    let records: Vec<_> =
        requests.iter().flat_map(|r| &r.resource_logs[0].scope_logs[0].log_records).collect();
    assert_eq!(records[0].time_unix_nano, nanos(seen));
    assert_eq!(records[0].observed_time_unix_nano, nanos(seen));
    assert_eq!(records[1].time_unix_nano, nanos(seen - Duration::from_secs(9)));
}

#[test]
fn schema_urls_and_every_kind_of_value_arrive_as_the_stock_exporter_would_send_them() {
    let pairs = [
        KeyValue::new("s", "text"),
        KeyValue::new("i", -7),
        KeyValue::new("f", f64::MIN_POSITIVE),
        KeyValue::new("b", false),
        KeyValue::new("a", opentelemetry::Value::Array(vec![1_i64, -2].into())),
    ];
    let resource =
        Resource::builder_empty().with_schema_url(pairs.clone(), "https://example.com/r/1").build();
    let (bodies, stock) = (Bodies::default(), Stock::default());
    *stock.1.lock().unwrap() = Some(resource.clone());
    let delivery = delivery(&bodies, &resource);
    let provider = SdkLoggerProvider::builder()
        .with_resource(resource)
        .with_log_processor(stock.clone())
        .with_log_processor(JournalLogProcessor::new(delivery))
        .build();
    let some = AnyValue::Map(Box::new([("k".into(), AnyValue::Int(1))].into_iter().collect()));
    let values = [
        AnyValue::from(""),
        AnyValue::from("é\u{0}\u{10ffff}"),
        AnyValue::Boolean(true),
        AnyValue::Int(i64::MIN),
        AnyValue::Double(f64::INFINITY),
        AnyValue::Double(-0.0),
        AnyValue::Bytes(Box::default()),
        AnyValue::Bytes(Box::new(vec![0; 300])),
        AnyValue::ListAny(Box::default()),
        AnyValue::ListAny(Box::new(vec![some.clone(), AnyValue::ListAny(Box::new(vec![some.clone()]))])),
        AnyValue::Map(Box::default()),
        some,
    ];
    for (n, value) in values.into_iter().enumerate() {
        let scope = InstrumentationScope::builder("shop")
            .with_schema_url(format!("https://example.com/s/{}", n % 2))
            .with_attributes(pairs.clone())
            .build();
        let logger = provider.logger_with_scope(scope);
        let mut record = logger.create_log_record();
        record.set_timestamp(SystemTime::UNIX_EPOCH + Duration::from_nanos(1_800_000_000_123_456_789));
        record.set_body(value.clone());
        record.add_attribute("value", value);
        logger.emit(record);
        assert!(provider.force_flush().is_ok());
    }
    assert_eq!(bodies.requests(), *stock.0.lock().unwrap());
}

#[test]
fn scopes_and_targets_stay_apart_and_a_flush_tells_the_truth() {
    let resource = Resource::builder_empty().build();
    let bodies = Bodies::default();
    let delivery = delivery(&bodies, &resource);
    let processor = JournalLogProcessor::new(delivery).with_priority(|_| Priority::Critical);
    let provider = SdkLoggerProvider::builder().with_log_processor(processor).build();
    for (name, target) in
        [("a", None), ("b", None), ("a", None), ("a", Some("t")), ("a", Some("otlp_journal"))]
    {
        let logger = provider.logger(name);
        let mut record = logger.create_log_record();
        if let Some(target) = target {
            record.set_target(target);
        }
        logger.emit(record);
    }
    assert!(provider.force_flush().is_ok());
    let request = bodies.requests().remove(0);
    let scopes: Vec<_> = request.resource_logs[0]
        .scope_logs
        .iter()
        .map(|s| (s.scope.as_ref().unwrap().name.clone(), s.log_records.len()))
        .collect();
    // The journal's own diagnostics are not among them.
    assert_eq!(scopes, [("a".to_owned(), 2), ("b".to_owned(), 1), ("t".to_owned(), 1)]);

    let far = crate::support::Far::always(503);
    let sick = quick(&far).backoff(LONG * 60, LONG * 60).build().unwrap();
    let provider = SdkLoggerProvider::builder().with_log_processor(JournalLogProcessor::new(sick)).build();
    let logger = provider.logger("a");
    logger.emit(logger.create_log_record());
    assert!(provider.force_flush().is_err(), "a record is still pending");
}

#[test]
fn records_that_the_sender_makes_of_itself_are_suppressed() {
    // A transport that logs through the very pipeline that it serves.
    #[derive(Debug)]
    struct Chatty(Arc<Mutex<Option<SdkLoggerProvider>>>, Bodies);
    impl Transport for Chatty {
        fn send(&self, request: &Request<'_>) -> Result<Response, TransportError> {
            if let Some(provider) = &*self.0.lock().unwrap() {
                let logger = provider.logger("chatty");
                logger.emit(logger.create_log_record());
            }
            self.1.send(request)
        }
    }
    let (slot, bodies) = (Arc::new(Mutex::new(None)), Bodies::default());
    let delivery = Delivery::builder("http://far.test/v1/logs")
        .transport(Arc::new(Chatty(Arc::clone(&slot), bodies)))
        .compression(Compression::None)
        .build()
        .unwrap();
    let provider =
        SdkLoggerProvider::builder().with_log_processor(JournalLogProcessor::new(delivery.clone())).build();
    *slot.lock().unwrap() = Some(provider.clone());
    let logger = provider.logger("user");
    logger.emit(logger.create_log_record());
    assert!(delivery.flush(LONG).complete);
    assert_eq!(delivery.stats().recorded, 1);
    *slot.lock().unwrap() = None;
}

#[test]
fn what_a_process_left_keeps_its_scopes() {
    let scratch = Scratch::new("scoped");
    let sick = quick(&crate::support::Far::always(503))
        .directory(scratch.path())
        .backoff(LONG * 60, LONG * 60)
        .build()
        .unwrap();
    let provider =
        SdkLoggerProvider::builder().with_log_processor(JournalLogProcessor::new(sick.clone())).build();
    let logger = provider.logger("kept");
    logger.emit(logger.create_log_record());
    let _ = sick.shutdown(LONG);
    drop((logger, provider, sick));
    let bodies = Bodies::default();
    let next = Delivery::builder("http://far.test/v1/logs")
        .transport(Arc::new(bodies.clone()))
        .compression(Compression::None)
        .directory(scratch.path())
        .build()
        .unwrap();
    assert!(next.flush(LONG).complete);
    let request = bodies.requests().remove(0);
    assert_eq!(request.resource_logs[0].scope_logs[0].scope.as_ref().unwrap().name, "kept");
}
