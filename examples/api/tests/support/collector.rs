//! An OTLP/HTTP receiver that keeps what it is sent, byte for byte.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use prost::Message;
use tokio::runtime::Runtime;

#[derive(Clone, Default)]
struct Kept {
    logs: Arc<Mutex<Vec<Bytes>>>,
    traces: Arc<Mutex<Vec<Bytes>>>,
    delay: Duration,
    forward: Option<String>,
}

pub(crate) struct Collector {
    kept: Kept,
    pub(crate) url: String,
    _runtime: Runtime,
}

/// One event's attributes, as text.
pub(crate) type Event = BTreeMap<String, String>;

impl Collector {
    pub(crate) fn start() -> Self {
        Self::with(Duration::ZERO, None)
    }

    /// Answers only after `delay`, and passes logs on to `forward`, whose answer is then its own.
    pub(crate) fn with(delay: Duration, forward: Option<String>) -> Self {
        let kept = Kept { delay, forward, ..Kept::default() };
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/v1/logs", post(logs))
            .route(
                "/v1/traces",
                post(async |State(kept): State<Kept>, body: Bytes| kept.traces.lock().unwrap().push(body)),
            )
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state(kept.clone());
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { kept, url, _runtime: runtime }
    }

    /// What the service needs to know.
    pub(crate) fn variables(&self) -> [(&str, &str); 3] {
        [
            ("ANALYTICS_BACKEND", "otlp"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &self.url),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "none"),
        ]
    }

    /// Everything received, logs and spans, as it came over the wire.
    pub(crate) fn wire(&self) -> Vec<u8> {
        let (logs, traces) = (self.kept.logs.lock().unwrap(), self.kept.traces.lock().unwrap());
        logs.iter().chain(traces.iter()).flatten().copied().collect()
    }

    pub(crate) fn spans_arrived(&self) -> bool {
        !self.kept.traces.lock().unwrap().is_empty()
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        let logs = self.kept.logs.lock().unwrap();
        let requests = logs.iter().map(|body| ExportLogsServiceRequest::decode(body.clone()).unwrap());
        let records = requests.flat_map(|request| request.resource_logs).flat_map(|logs| logs.scope_logs);
        records
            .flat_map(|logs| logs.log_records)
            .map(|record| {
                let text = |value: Option<Value>| match value {
                    Some(Value::StringValue(text)) => text,
                    Some(Value::BoolValue(value)) => value.to_string(),
                    Some(Value::IntValue(value)) => value.to_string(),
                    other => panic!("{other:?} is in no contract"),
                };
                let attributes = record.attributes.into_iter();
                attributes.map(|one| (one.key, text(one.value.and_then(|value| value.value)))).collect()
            })
            .collect()
    }
}

async fn logs(State(kept): State<Kept>, headers: axum::http::HeaderMap, body: Bytes) -> StatusCode {
    kept.logs.lock().unwrap().push(body.clone());
    tokio::time::sleep(kept.delay).await;
    let Some(forward) = kept.forward else { return StatusCode::OK };
    let kind = headers["content-type"].to_str().unwrap().to_owned();
    let sent = tokio::task::spawn_blocking(move || {
        ureq::post(format!("{forward}/v1/logs")).header("content-type", kind).send(&body[..]).is_ok()
    });
    if sent.await.unwrap() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}
