//! OTLP over gRPC, and a Collector between the service and the store. What a healthy run asks for is counted.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use funnel_ops::doctor::{Check, CheckState, Doctor, Findings, examine, send};
use funnel_ops::reconcile::EventStore;

fn doctor(endpoint: &str, more: &[(&str, &str)]) -> Doctor {
    let given = [("ANALYTICS_BACKEND", "otlp"), ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)];
    let all = given.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Doctor::with_variables(all)
}

const GRPC: (&str, &str) = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");

fn found<'f>(findings: &'f Findings, name: &str) -> &'f Check {
    let check = findings.checks.iter().find(|check| check.name == name);
    check.unwrap_or_else(|| panic!("{name} in {findings:#?}"))
}

fn assert_broken(findings: &Findings, name: &str, part: &str, remedy: &str) {
    let check = findings.broken().unwrap_or_else(|| panic!("nothing is broken: {findings:#?}"));
    assert_eq!(check.name, name, "{findings:#?}");
    assert!(check.detail.contains(part), "{check:#?}");
    assert!(check.remedy.as_deref().unwrap_or_default().contains(remedy), "{check:#?}");
}

/// Runs `check` beside a lab.
fn with_lab(check: impl FnOnce(Ports) + Send + 'static) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let lab = funnel_lab::Lab::builder().start().await.unwrap();
        let page = format!("http://{}", lab.http_addr());
        let ports = Ports { otlp: lab.otlp_addr(), grpc: lab.grpc_addr(), page };
        tokio::task::spawn_blocking(move || check(ports)).await.unwrap();
        lab.shutdown().await;
    });
}

struct Ports {
    otlp: SocketAddr,
    grpc: SocketAddr,
    page: String,
}

/// What stands for a Collector: answers as its receiver, its health check and its metrics do.
#[derive(Clone, Default)]
struct Collector {
    /// Where it sends what it takes.
    to: Option<SocketAddr>,
    metrics: &'static str,
    unwell: bool,
    /// `POST /v1/logs`, …: what it was asked for.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Collector {
    fn start(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let collector = self.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let collector = collector.clone();
                std::thread::spawn(move || collector.serve(stream));
            }
        });
        format!("http://{address}")
    }

    fn serve(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream);
        while let Some((request, head, body)) = read(&mut reader) {
            self.asked.lock().unwrap().push(request.clone());
            let (status, text) = match request.as_str() {
                "POST /v1/logs" => {
                    self.send_on(&head, &body);
                    (200, "")
                }
                "GET /v1/logs" => (405, "405 method not allowed, supported: [POST]"),
                "GET /metrics" => (200, self.metrics),
                "GET /health" if self.unwell => (503, "{\"status\":\"Server not available\"}"),
                "GET /health" => (200, "{\"status\":\"Server available\",\"uptime\":\"1s\"}"),
                _ => (404, "404 page not found"),
            };
            let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n\r\n{text}", text.len());
            if reader.get_mut().write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    }

    fn send_on(&self, head: &str, body: &[u8]) {
        let Some(to) = self.to.filter(|_| !body.is_empty()) else { return };
        let mut stream = TcpStream::connect(to).unwrap();
        let kept = head.lines().filter(|line| line.to_ascii_lowercase().starts_with("content-"));
        let kept: String = kept.map(|line| format!("{line}\r\n")).collect();
        write!(stream, "POST /v1/logs HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\n{kept}\r\n").unwrap();
        stream.write_all(body).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
    }
}

/// A request: its first two words, its headers, its body.
fn read(reader: &mut BufReader<TcpStream>) -> Option<(String, String, Vec<u8>)> {
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
    let request = first.rsplit_once(' ')?.0.to_owned();
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((request, head, body))
}

#[test]
fn an_event_goes_over_grpc_and_is_seen() {
    with_lab(|lab| {
        let doctor = doctor(&format!("http://{}", lab.grpc), &[GRPC]).store(EventStore::Lab(lab.page));
        let findings = examine(&doctor);
        assert!(findings.is_healthy(), "{findings:#?}");
        let answer = found(&findings, "answer");
        assert!(answer.detail.contains("HTTP/2") && answer.detail.contains("feature `grpc`"), "{answer:#?}");
        let sent = send(&doctor, Duration::from_secs(60));
        assert!(sent.len() == 2 && sent.iter().all(|check| check.state == CheckState::Fine), "{sent:#?}");
    });
}

#[test]
fn the_port_of_the_other_protocol_is_told() {
    with_lab(|lab| {
        let findings = examine(&doctor(&format!("http://{}", lab.otlp), &[GRPC]));
        assert_broken(&findings, "answer", "does not speak HTTP/2", "4317");
        let findings = examine(&doctor(&format!("http://{}", lab.grpc), &[]));
        assert_broken(&findings, "answer", "only HTTP/2", "4318");
    });
    let findings = examine(&doctor("http://127.0.0.1:4318", &[GRPC]));
    assert_broken(&findings, "endpoint", "is the HTTP port", "4317");
}

#[test]
fn a_collector_is_told_from_other_receivers() {
    let collector = Collector::default();
    let findings = examine(&doctor(&collector.start(), &[]));
    assert!(findings.is_healthy(), "{findings:#?}");
    assert!(found(&findings, "answer").detail.contains("Collector"), "{findings:#?}");
    assert!(found(&findings, "collector").detail.contains("--collector"), "{findings:#?}");
    with_lab(|lab| {
        let findings = examine(&doctor(&format!("http://{}", lab.otlp), &[]));
        assert!(findings.is_healthy() && !findings.checks.iter().any(|check| check.name == "collector"));
    });
}

#[test]
fn its_health_check_and_its_metrics_are_read() {
    const FINE: &str = "otelcol_receiver_accepted_log_records{receiver=\"otlp\"} 7\n";
    const GIVEN_UP: &str = "otelcol_exporter_send_failed_log_records{exporter=\"otlp_http/newrelic\"} 3\n";
    let state = |collector: &Collector, path: &str| {
        let url = collector.start();
        let findings = examine(&doctor(&url, &[]).collector(format!("{url}{path}")));
        let check = found(&findings, "collector").clone();
        (check.state, check.detail)
    };
    let with = |metrics, unwell| Collector { metrics, unwell, ..Collector::default() };
    for (collector, path, expected, part) in [
        (with(FINE, false), "/health", CheckState::Fine, "runs"),
        (with(FINE, true), "/health", CheckState::Broken, "503"),
        (with(FINE, false), "/metrics", CheckState::Fine, "7 received, 0 forwarded"),
        (with(GIVEN_UP, false), "/metrics", CheckState::Warning, "dropped 3"),
        (with(FINE, false), "/elsewhere", CheckState::Broken, "404"),
        (with("up 1\n", false), "/metrics", CheckState::Warning, "neither"),
    ] {
        let (state, detail) = state(&collector, path);
        assert!(state == expected && detail.contains(part), "{path}: {state} {detail}");
    }
    let findings = examine(&doctor(&with(FINE, false).start(), &[]).collector("http://127.0.0.1:1/metrics"));
    assert_broken(&findings, "collector", "nothing answers", "start the Collector");
}

#[test]
fn an_event_is_followed_through_a_collector() {
    const GIVEN_UP: &str = "otelcol_exporter_send_failed_log_records{exporter=\"otlp_http/newrelic\"} 3\n";
    with_lab(|lab| {
        let through = Collector { to: Some(lab.otlp), ..Collector::default() };
        let sent = send(
            &doctor(&through.start(), &[]).store(EventStore::Lab(lab.page.clone())),
            Duration::from_secs(60),
        );
        assert!(sent.iter().all(|check| check.state == CheckState::Fine) && sent.len() == 2, "{sent:#?}");
        let swallows = Collector { metrics: GIVEN_UP, ..Collector::default() };
        let url = swallows.start();
        let doctor = doctor(&url, &[]).store(EventStore::Lab(lab.page)).collector(format!("{url}/metrics"));
        let sent = send(&doctor, Duration::from_secs(3));
        // Under load the acknowledgement itself may come too late, and then nothing is looked for.
        let last = sent.last().unwrap();
        assert_eq!(last.state, CheckState::Broken, "{sent:#?}");
        assert!(sent.len() == 1 || last.detail.contains("dropped 3"), "{sent:#?}");
    });
}

#[test]
fn a_healthy_run_asks_for_a_few_things_once() {
    let collector = Collector::default();
    let url = collector.start();
    let findings = examine(&doctor(&url, &[]).collector(format!("{url}/health")));
    assert!(findings.is_healthy(), "{findings:#?}");
    let asked = collector.asked.lock().unwrap();
    assert_eq!(*asked, ["GET /", "POST /v1/logs", "POST /v1/logs", "GET /v1/logs", "GET /health"]);
}
