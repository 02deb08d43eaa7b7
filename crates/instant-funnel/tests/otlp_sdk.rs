//! The stock exporter as a backend: retried, cut by bytes, counted.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc;
use std::time::Duration;

use instant_funnel::{Actor, ConfigError, DropReason, Funnel, Landing, OtlpSdk};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use prost::Message;

/// A receiver that answers with these status codes, then with 200, and passes on the bodies that it accepted.
fn receiver(answers: &'static [u16]) -> (SocketAddr, mpsc::Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, bodies) = mpsc::channel();
    std::thread::spawn(move || {
        let mut answers = answers.iter();
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
            let status = answers.next().copied().unwrap_or(200);
            // Passed on before it is answered: whoever has the answer finds the body.
            if status == 200 && sender.send(zstd::decode_all(body.as_slice()).unwrap()).is_err() {
                return;
            }
            let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
        }
    });
    (address, bodies)
}

fn funnel(address: SocketAddr, max_bytes: usize) -> Funnel {
    let backend =
        OtlpSdk::new(format!("http://{address}/v1/logs")).max_bytes(max_bytes).build("test").unwrap();
    Funnel::builder().service_name("test").backend(backend).build().unwrap()
}

fn records(body: &[u8]) -> usize {
    let request = ExportLogsServiceRequest::decode(body).unwrap();
    request.resource_logs.iter().flat_map(|r| &r.scope_logs).map(|s| s.log_records.len()).sum()
}

#[test]
fn an_outage_is_waited_out_and_what_is_reported_is_what_arrived() {
    let (address, bodies) = receiver(&[500, 500]);
    let funnel = funnel(address, 1 << 20);
    (0..100).for_each(|_| funnel.record(Landing::new()));
    let report = funnel.flush(Duration::from_secs(60));
    assert_eq!((report.recorded, report.delivered, report.pending), (100, 100, 0));
    assert_eq!(bodies.try_iter().map(|body| records(&body)).sum::<usize>(), 100);
}

#[test]
fn batches_are_cut_by_bytes_under_the_far_ends_limit() {
    let (address, bodies) = receiver(&[]);
    let funnel = funnel(address, 64 << 20);
    (0..8_000).for_each(|_| {
        funnel.record(Landing::new().actor(Actor::HumanDashboard).reason_code("a-long-reason"));
    });
    assert!(funnel.flush(Duration::from_secs(60)).is_complete());
    let bodies: Vec<_> = bodies.try_iter().collect();
    assert!(bodies.len() > 1 && bodies.iter().all(|body| body.len() < 1_000_000));
    assert_eq!(bodies.iter().map(|body| records(body)).sum::<usize>(), 8_000);
}

#[test]
fn what_finds_no_room_and_what_is_left_at_the_end_is_counted() {
    let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let funnel = funnel(dead, 2_000);
    (0..100).for_each(|_| funnel.record(Landing::new()));
    let stats = funnel.stats();
    assert!(stats.dropped[DropReason::QueueFull] > 0 && stats.pending > 0, "{stats:?}");
    let report = funnel.shutdown(Duration::ZERO);
    assert_eq!((report.recorded, report.delivered, report.pending), (100, 0, 0));
    assert_eq!(report.dropped.total(), 100);
}

#[test]
fn a_key_with_a_line_break_is_refused_and_not_shown() {
    let error =
        OtlpSdk::new("http://127.0.0.1/v1/logs").header("api-key", "SECRET\n").build("test").unwrap_err();
    assert!(matches!(error, ConfigError::Backend(_)));
    assert!(error.to_string().contains("OtlpSdk::header") && !error.to_string().contains("SECRET"));
}

#[tokio::test(flavor = "current_thread")]
async fn it_works_on_a_runtime_of_one_thread() {
    let (address, bodies) = receiver(&[]);
    let funnel = funnel(address, 1 << 20);
    funnel.record(Landing::new());
    assert_eq!(funnel.shutdown(Duration::from_secs(60)).delivered, 1);
    assert_eq!(records(&bodies.try_iter().next().unwrap()), 1);
}
