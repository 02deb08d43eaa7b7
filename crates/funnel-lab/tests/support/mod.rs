//! What the tests of the lab share: requests by hand, so that a malformed one can be sent too, and records.
#![allow(dead_code, reason = "each test uses a part")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use funnel_lab::Lab;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");
pub(crate) const JSON: (&str, &str) = ("content-type", "application/json");

pub(crate) async fn lab() -> Lab {
    Lab::builder().start().await.unwrap()
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .find_map(|line| line.split_once(": ").filter(|(key, _)| key.eq_ignore_ascii_case(name)))
            .map(|(_, value)| value)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// One request on a connection of its own.
pub(crate) async fn send(
    to: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut request =
        format!("{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        request.push_str(&format!("host: {to}\r\n"));
    }
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    let mut bytes = request.into_bytes();
    bytes.extend_from_slice(body);
    raw(to, &bytes).await
}

/// Any bytes, and what comes back until the lab closes the connection.
pub(crate) async fn raw(to: SocketAddr, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(to).await.unwrap();
    // A lab that has refused a request need not read the rest of it.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let split = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(answer.len());
    let head = String::from_utf8_lossy(&answer[..split]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Answer { status, head, body: answer.get(split + 4..).unwrap_or_default().to_vec() }
}

pub(crate) async fn get(lab: &Lab, path: &str) -> Answer {
    send(lab.http_addr(), "GET", path, &[], b"").await
}

pub(crate) async fn post(lab: &Lab, path: &str, body: &Value) -> Answer {
    send(lab.http_addr(), "POST", path, &[JSON], body.to_string().as_bytes()).await
}

/// Sends records as OTLP protobuf.
pub(crate) async fn export(lab: &Lab, records: Vec<LogRecord>) -> Answer {
    send(lab.otlp_addr(), "POST", "/v1/logs", &[PROTOBUF], &request(records)).await
}

pub(crate) fn request(records: Vec<LogRecord>) -> Vec<u8> {
    message(records).encode_to_vec()
}

pub(crate) fn message(records: Vec<LogRecord>) -> ExportLogsServiceRequest {
    ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            resource: Some(Resource {
                attributes: vec![pair("service.name", text("tests"))],
                ..Default::default()
            }),
            scope_logs: vec![ScopeLogs {
                scope: Some(InstrumentationScope { name: "scope".to_owned(), ..Default::default() }),
                log_records: records,
                ..Default::default()
            }],
            ..Default::default()
        }],
    }
}

pub(crate) fn now_nanos() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()).unwrap()
}

pub(crate) fn text(text: &str) -> any_value::Value {
    any_value::Value::StringValue(text.to_owned())
}

pub(crate) fn pair(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..Default::default() }
}

/// A record with text attributes.
pub(crate) fn record(attributes: &[(&str, &str)]) -> LogRecord {
    LogRecord {
        time_unix_nano: now_nanos(),
        attributes: attributes.iter().map(|(key, value)| pair(key, text(value))).collect(),
        ..Default::default()
    }
}

/// A good record of a step, with an id made from `number`.
pub(crate) fn step(step: &str, number: u64, more: &[(&str, &str)]) -> LogRecord {
    let id = format!("{number:031x}f");
    let mut attributes = vec![
        ("newrelic.event.type", "InstantFunnel"),
        ("funnelStep", step),
        ("serviceName", "api"),
        ("cohort", "real"),
        ("eventId", id.as_str()),
    ];
    attributes.extend_from_slice(more);
    record(&attributes)
}

/// A journey's id made from a number.
pub(crate) fn journey(number: u64) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
}

/// A folder that goes with the value.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("funnel-lab-test-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn db(&self) -> PathBuf {
        self.0.join("lab.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
