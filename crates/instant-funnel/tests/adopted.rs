//! What an earlier process left in the journal's directory is judged by the contract before it is sent.

#![cfg(feature = "otlp")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

#[path = "support/receiver.rs"]
mod receiver;

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use instant_funnel::{Backend, DropReason, Funnel, OtlpConfig};
use instant_funnel_core::contract::CONTRACT;
use instant_funnel_core::{Checker, Landing, Stamp, encode_resource, encode_scope};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::resource::v1::Resource;
use otlp_journal::{Delivery, Priority};
use prost::Message;

const SECRET: &str = "jane@example.com";
const LONG: Duration = Duration::from_secs(60);

fn attribute(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

fn landing() -> LogRecord {
    let checker = Checker::builder(&CONTRACT).default_value("serviceName", "api").build().unwrap();
    let draft = Landing::new().into();
    let bytes = checker.check(&draft, Stamp::now(), |_, _| ()).unwrap().encode_to_vec();
    LogRecord::decode(&bytes[..]).unwrap()
}

/// Leaves records in a directory as a process does that ended before it could send them.
fn left_behind(directory: &Path, owner: Option<&str>, resource: Vec<u8>, records: &[LogRecord]) {
    let mut builder = Delivery::builder("http://127.0.0.1:9/v1/logs")
        .directory(directory)
        .max_bytes(1 << 20)
        .backoff(Duration::from_secs(3_600), Duration::from_secs(3_600))
        .resource(resource)
        .scope(encode_scope("instant-funnel", "0.1.0"));
    if let Some(owner) = owner {
        builder = builder.owner(owner);
    }
    let delivery = builder.build().unwrap();
    let now = u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()).unwrap();
    for record in records {
        let bytes = record.encode_to_vec();
        let room = |buffer: &mut [u8]| buffer.copy_from_slice(&bytes);
        delivery.append(Priority::Bulk, now, bytes.len(), room).unwrap();
    }
    // Nothing is tried again, so its threads are gone when this returns, and the lock with them. A writer that still lives
    // and sends elsewhere would keep the next delivery out of the directory.
    let _ = delivery.shutdown(LONG);
}

#[test]
fn an_adopted_record_goes_on_without_what_the_contract_refuses_and_a_stranger_does_not_go_at_all() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("adopted-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let dirty_resource = Resource {
        attributes: vec![attribute("service.name", "api"), attribute("host.name", SECRET)],
        ..Resource::default()
    };
    let mail = LogRecord { body: attribute("", SECRET).value, ..LogRecord::default() };
    let mut dirty = landing();
    dirty.attributes.push(attribute("email", SECRET));
    dirty.attributes.push(attribute("env", SECRET));
    left_behind(&directory, None, dirty_resource.encode_to_vec(), &[mail, dirty]);
    let clean = encode_resource([("service.name", "api")]);
    left_behind(&directory, Some("InstantFunnel/api"), clean, &[landing()]);

    let (url, requests) = receiver::start();
    let config = OtlpConfig::new(url).journal_directory(&directory).journal_max_bytes(1 << 20);
    let funnel = Funnel::builder().service_name("api").backend(Backend::Otlp(config)).build().unwrap();
    // A flush looks for what others left.
    let report = funnel.flush(LONG);
    assert_eq!((report.pending, report.delivered), (0, 2), "{report:?}");
    assert_eq!(report.dropped.iter().collect::<Vec<_>>(), [(DropReason::Rejected, 1)]);

    let arrived = requests.until_records(2);
    assert!(!format!("{arrived:?}").contains("jane"), "{arrived:?}");
    for record in arrived.iter().flat_map(|request| &request.resource_logs).flat_map(|r| &r.scope_logs) {
        for record in &record.log_records {
            assert_eq!(record.event_name, "InstantFunnel");
            let mut left = record.attributes.iter().map(|attribute| attribute.key.as_str());
            assert!(left.all(|key| key != "env" && key != "email"));
        }
    }
    let _ = funnel.shutdown(LONG);
    std::fs::remove_dir_all(&directory).unwrap();
}
