//! Each of twenty broken set-ups is found, with the one thing to do; a healthy one is reported as healthy.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use funnel_ops::doctor::{Check, CheckState, Doctor, Findings, examine, send};
use funnel_ops::reconcile::{Counters, EventStore};
use serde_json::{Value, json};

const KEY: &str = "0123456789abcdef0123456789abcdefFFFFNRAL";

fn doctor(variables: &[(&str, &str)]) -> Doctor {
    Doctor::with_variables(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

fn found<'f>(findings: &'f Findings, name: &str) -> &'f Check {
    findings
        .checks
        .iter()
        .find(|check| check.name == name)
        .unwrap_or_else(|| panic!("{name} in {findings:#?}"))
}

/// The first broken link, which must be `name`, say `part` and be fixed by `remedy`.
fn broken(variables: &[(&str, &str)], name: &str, part: &str, remedy: &str) {
    let findings = examine(&doctor(variables));
    let check = findings.broken().unwrap_or_else(|| panic!("nothing is broken: {findings:#?}"));
    let told = check.remedy.clone().unwrap_or_default();
    assert_eq!(check.name, name, "{findings:#?}");
    assert!(check.detail.contains(part) && told.contains(remedy), "{check:#?}");
    let everything = format!("{findings:?}{}", findings.to_json());
    assert!(!everything.contains(KEY) && !everything.contains("secret"), "no key is shown");
}

/// An endpoint that answers each request with what `status` says of its length.
fn endpoint(status: fn(usize) -> u16) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || serve(stream, status));
        }
    });
    format!("http://{address}")
}

fn serve(stream: TcpStream, status: fn(usize) -> u16) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            let line = line.trim().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        if reader.read_exact(&mut vec![0; length]).is_err() {
            return;
        }
        let now = jiff::Timestamp::now();
        let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&now).unwrap();
        let answer = format!("HTTP/1.1 {} x\r\ndate: {date}\r\ncontent-length: 0\r\n\r\n", status(length));
        if reader.get_mut().write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

const NEW_RELIC: (&str, &str) = ("ANALYTICS_BACKEND", "newrelic");
const OTLP: (&str, &str) = ("ANALYTICS_BACKEND", "otlp");

#[test]
fn faults_of_the_configuration() {
    let key = ("NEW_RELIC_LICENSE_KEY", KEY);
    let at = |url| ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", url);
    broken(&[("ANALYTICS_BACKEND", "newrelik"), key], "backend", "does not name a backend", "newrelic");
    broken(&[], "backend", "unset", "ANALYTICS_BACKEND");
    broken(&[NEW_RELIC], "key", "no licence key", "NEW_RELIC_LICENSE_KEY");
    broken(
        &[NEW_RELIC, ("NEW_RELIC_API_KEY", "NRAK-secret")],
        "key",
        "no licence key",
        "another kind of key",
    );
    broken(&[NEW_RELIC, ("NEW_RELIC_LICENSE_KEY", "NRAK-secret")], "key", "user key", "licence key");
    let eu = ("NEW_RELIC_LICENSE_KEY", "eu01xx0123456789secretsecretsecretFFNRAL");
    broken(&[NEW_RELIC, eu, ("NEW_RELIC_REGION", "us")], "key", "region eu", "NEW_RELIC_REGION");
    broken(&[NEW_RELIC, key, at("http://otlp.nr-data.net/v1/logs")], "endpoint", "TLS", "https://");
    broken(&[NEW_RELIC, key, at("https://otlp.nr-data.net")], "endpoint", "no /v1/logs", "/v1/logs");
    let doubled = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:secret@127.0.0.1:4318/v1/logs");
    broken(&[OTLP, doubled], "endpoint", "twice", "remove /v1/logs");
    broken(&[OTLP, ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317")], "endpoint", "gRPC", "4318");
    let skipped = examine(&doctor(&[NEW_RELIC]));
    assert_eq!(found(&skipped, "dns").state, CheckState::Skipped);
}

#[test]
fn faults_of_the_way() {
    let at = |url| ("OTEL_EXPORTER_OTLP_ENDPOINT", url);
    broken(
        &[OTLP, at("http://no-such-host.invalid:4318")],
        "dns",
        "no-such-host.invalid",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
    );
    broken(&[OTLP, at("http://127.0.0.1:1")], "connection", "port 1", "firewall");
    broken(
        &[OTLP, at("http://127.0.0.1:4318"), ("HTTP_PROXY", "http://user:secret@127.0.0.1:1")],
        "proxy",
        "HTTP_PROXY",
        "NO_PROXY",
    );
    for (status, part, remedy) in [
        ((|_| 401) as fn(usize) -> u16, "401", "NEW_RELIC_LICENSE_KEY"),
        (|_| 403, "403", "region"),
        (|_| 404, "404", "path"),
        (|length| if length > 100_000 { 413 } else { 200 }, "413", "client_max_body_size"),
    ] {
        let url = endpoint(status);
        broken(
            &[
                OTLP,
                ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()),
                ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=secret"),
            ],
            "answer",
            part,
            remedy,
        );
    }
    let url = endpoint(|_| 200);
    let late = doctor(&[OTLP, at(&url)]).now(SystemTime::now() + Duration::from_secs(26 * 3_600));
    let findings = examine(&late);
    assert_eq!(findings.broken().map(|check| check.name), Some("clock"), "{findings:#?}");
}

#[test]
fn a_server_of_grpc_alone_and_one_with_a_certificate_of_its_own() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // An empty SETTINGS frame, then the end.
            let _ = stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]);
            let _ = stream.read(&mut [0; 256]);
        }
    });
    broken(&[OTLP, ("OTEL_EXPORTER_OTLP_ENDPOINT", &url)], "answer", "gRPC", "4318");

    let mut parameters = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    parameters.distinguished_name.push(rcgen::DnType::OrganizationName, "Corporate Proxy");
    let pair = rcgen::KeyPair::generate().unwrap();
    let certificate = parameters.self_signed(&pair).unwrap();
    let secret = rustls::pki_types::PrivateKeyDer::try_from(pair.serialize_der()).unwrap();
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], secret)
            .unwrap();
    let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:0").unwrap());
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut session = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            while session.is_handshaking() && session.complete_io(&mut stream).is_ok() {}
        }
    });
    broken(
        &[OTLP, ("OTEL_EXPORTER_OTLP_ENDPOINT", &url)],
        "tls",
        "Corporate Proxy",
        "OTEL_EXPORTER_OTLP_CERTIFICATE",
    );
}

#[test]
fn faults_of_the_journal_the_filters_and_the_queue() {
    let url = endpoint(|_| 200);
    let at = ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str());
    broken(
        &[OTLP, at, ("ANALYTICS_JOURNAL_DIR", "/proc/self/task")],
        "journal",
        "is not writable",
        "writable",
    );
    let folder = tempfile::tempdir().unwrap();
    let journal = ("ANALYTICS_JOURNAL_DIR", folder.path().to_str().unwrap());
    let hidden = examine(&doctor(&[OTLP, at, journal, ("RUST_LOG", "warn")]));
    let check = found(&hidden, "filters");
    assert!(
        check.state == CheckState::Warning && check.remedy.as_deref().unwrap().contains("typed API"),
        "{check:#?}"
    );
    for fine in ["info", "warn,instant_funnel=info", "debug"] {
        assert_eq!(
            found(&examine(&doctor(&[OTLP, at, journal, ("RUST_LOG", fine)])), "filters").state,
            CheckState::Fine
        );
    }
    let standing = "instant_analytics_events_total{state=\"recorded\"} 9\ninstant_analytics_events_pending 9\n\
        instant_analytics_delivery_oldest_pending_seconds 4000\n";
    let findings = examine(&doctor(&[OTLP, at, journal]).counters(Counters::parse(standing).unwrap()));
    assert_eq!(findings.broken().map(|check| check.name), Some("queue"), "{findings:#?}");
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none(), "nothing is left behind");
}

fn event(step: &str, event_id: usize, journey: Option<usize>) -> Value {
    let mut attributes = vec![
        ("newrelic.event.type", "InstantFunnel".to_owned()),
        ("funnelStep", step.to_owned()),
        ("serviceName", "shop".to_owned()),
        ("cohort", "real".to_owned()),
        ("eventId", format!("{:032x}", 0xa000 + event_id)),
    ];
    attributes
        .extend(journey.map(|journey| ("journeyId", format!("7d9f2c1e-0b3a-4c5d-8e6f-{journey:012x}"))));
    record(&attributes)
}

fn record(attributes: &[(&str, String)]) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos().to_string();
    let attributes: Vec<Value> =
        attributes.iter().map(|(key, value)| json!({"key": key, "value": {"stringValue": value}})).collect();
    json!({"timeUnixNano": now, "attributes": attributes})
}

fn post(to: SocketAddr, records: &[Value]) {
    let body = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}).to_string();
    let mut stream = TcpStream::connect(to).unwrap();
    write!(stream, "POST /v1/logs HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// Runs `check` beside a lab, with the addresses of its OTLP and of its page.
fn with_lab(check: impl FnOnce(SocketAddr, String) + Send + 'static) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let lab = funnel_lab::Lab::builder().start().await.unwrap();
        let (otlp, page) = (lab.otlp_addr(), format!("http://{}", lab.http_addr()));
        tokio::task::spawn_blocking(move || check(otlp, page)).await.unwrap();
        lab.shutdown().await;
    });
}

#[test]
fn a_healthy_path_is_told_so_and_an_event_goes_through_it() {
    with_lab(|otlp, page| {
        let folder = tempfile::tempdir().unwrap();
        let (url, journal) = (format!("http://{otlp}"), folder.path().to_str().unwrap().to_owned());
        let variables = [OTLP, ("OTEL_EXPORTER_OTLP_ENDPOINT", &url), ("ANALYTICS_JOURNAL_DIR", &journal)];
        let doctor = doctor(&variables).store(EventStore::Lab(page));
        let findings = examine(&doctor);
        assert!(findings.is_healthy(), "{findings:#?}");
        assert!(
            found(&findings, "clock").detail.contains("apart")
                || !found(&findings, "clock").detail.is_empty()
        );
        let sent = send(&doctor, Duration::from_secs(30));
        assert!(sent.len() == 2 && sent.iter().all(|check| check.state == CheckState::Fine), "{sent:#?}");
        assert!(sent[1].detail.contains("stored"), "{sent:#?}");
    });
}

#[test]
fn the_data_tells_of_raw_copies_duplicates_and_journeys_that_are_not_carried() {
    with_lab(|otlp, page| {
        let url = format!("http://{otlp}");
        let variables = [OTLP, ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str())];
        let doctor = doctor(&variables).store(EventStore::Lab(page));
        post(otlp, &[record(&[("funnelStep", "claim".to_owned()), ("email", "someone".to_owned())])]);
        let landings: Vec<Value> = (0..100).map(|at| event("landing", at, Some(at))).collect();
        post(otlp, &landings);
        post(otlp, &landings);
        let claims: Vec<Value> =
            (0..60).map(|at| event("claim", 1_000 + at, (at < 30).then_some(at))).collect();
        post(otlp, &claims);
        let findings = examine(&doctor);
        for (name, part, remedy) in [
            ("raw copies", "sibling", "hide_funnel_events"),
            ("duplicates", "duplicates", "times out"),
            ("journeys", "30 of 60", "Journey"),
            ("claims without a provision", "30 of 30", "seal"),
        ] {
            let check = found(&findings, name);
            assert_eq!(check.state, CheckState::Warning, "{check:#?}");
            assert!(
                check.detail.contains(part) && check.remedy.as_deref().unwrap().contains(remedy),
                "{check:#?}"
            );
        }
    });
}
