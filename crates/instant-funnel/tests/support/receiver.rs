//! An OTLP receiver on loopback that takes everything.

#![allow(dead_code, reason = "each test uses its part")]
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use prost::Message;

/// For a wait that ends at once unless something is broken.
const LONG: Duration = Duration::from_secs(60);

pub(crate) struct Requests(Receiver<ExportLogsServiceRequest>);

/// The URL to send to, and what was sent.
pub(crate) fn start() -> (String, Requests) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1/logs", listener.local_addr().unwrap());
    let (sender, requests) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut length = 0;
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).unwrap() <= 2 {
                    break;
                }
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
            let body = zstd::decode_all(body.as_slice()).unwrap();
            if sender.send(ExportLogsServiceRequest::decode(body.as_slice()).unwrap()).is_err() {
                return;
            }
        }
    });
    (url, Requests(requests))
}

impl Requests {
    /// Requests until this many records have come.
    pub(crate) fn until_records(&self, count: usize) -> Vec<ExportLogsServiceRequest> {
        let mut requests: Vec<ExportLogsServiceRequest> = Vec::new();
        let records = |requests: &[ExportLogsServiceRequest]| {
            let scopes = requests.iter().flat_map(|r| &r.resource_logs).flat_map(|r| &r.scope_logs);
            scopes.map(|scope| scope.log_records.len()).sum::<usize>()
        };
        while records(&requests) < count {
            requests.push(self.0.recv_timeout(LONG).unwrap());
        }
        requests
    }

    /// The resource of the next request, as text.
    pub(crate) fn resource(&self) -> BTreeMap<String, String> {
        let request = self.0.recv_timeout(LONG).unwrap();
        let resource = request.resource_logs[0].resource.clone().unwrap();
        let text = |value: Option<Value>| match value {
            Some(Value::StringValue(text)) => text,
            other => format!("{other:?}"),
        };
        resource
            .attributes
            .into_iter()
            .map(|pair| (pair.key, text(pair.value.and_then(|value| value.value))))
            .collect()
    }
}
