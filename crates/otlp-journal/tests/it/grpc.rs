//! OTLP over gRPC against a real HTTP/2 server.

use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use h2::server::SendResponse;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsPartialSuccess, ExportLogsServiceResponse};
use otlp_journal::{Builder, Delivery, DeliveryState, LossReason, Priority, Protocol};
use prost::Message as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::support::{LONG, append, eventually, read};

/// What a call said.
#[derive(Debug)]
struct Call {
    path: String,
    headers: HeaderMap,
    /// The message, decompressed.
    ids: Vec<u64>,
}

/// What the server answers: the message, and the trailers.
#[derive(Clone, Default)]
struct Answer {
    message: Vec<u8>,
    trailers: Vec<(&'static str, String)>,
    /// The status stands in the head, as servers put it when there is no message.
    bare: bool,
}

fn status(code: u8) -> Answer {
    Answer { trailers: vec![("grpc-status", code.to_string())], ..Answer::default() }
}

type Script = Arc<Mutex<dyn FnMut(&[u64]) -> Answer + Send>>;

/// A server that answers each call as the script says.
fn server(
    tls: Option<TlsAcceptor>,
    script: impl FnMut(&[u64]) -> Answer + Send + 'static,
) -> (u16, Receiver<Call>) {
    let (heard, calls) = channel();
    let (listening, port) = channel();
    let script: Script = Arc::new(Mutex::new(script));
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            listening.send(listener.local_addr().unwrap().port()).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (script, heard, tls) = (Arc::clone(&script), heard.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, script, heard).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, script, heard).await;
                            }
                        }
                    }
                });
            }
        });
    });
    (port.recv().unwrap(), calls)
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    script: Script,
    heard: std::sync::mpsc::Sender<Call>,
) {
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    while let Some(Ok((request, respond))) = connection.accept().await {
        tokio::spawn(answer(request, respond, Arc::clone(&script), heard.clone()));
    }
}

async fn answer(
    request: http::Request<h2::RecvStream>,
    mut respond: SendResponse<Bytes>,
    script: Script,
    heard: std::sync::mpsc::Sender<Call>,
) {
    let (head, mut body) = request.into_parts();
    let mut message = BytesMut::new();
    while let Some(chunk) = body.data().await {
        let chunk = chunk.unwrap();
        body.flow_control().release_capacity(chunk.len()).unwrap();
        message.extend_from_slice(&chunk);
    }
    let mut plain = message[5..].to_vec();
    if message[0] == 1 {
        plain.clear();
        let mut reader = flate2::read::GzDecoder::new(&message[5..]);
        std::io::Read::read_to_end(&mut reader, &mut plain).unwrap();
    }
    assert_eq!(message[1..5], u32::try_from(message.len() - 5).unwrap().to_be_bytes());
    let ids = read(&plain).ids;
    let answer = (script.lock().unwrap())(&ids);
    let _ = heard.send(Call { path: head.uri.path().to_owned(), headers: head.headers, ids });
    let mut response = Response::builder().header("content-type", "application/grpc");
    if answer.bare {
        for (name, value) in &answer.trailers {
            response = response.header(*name, value);
        }
        respond.send_response(response.body(()).unwrap(), true).unwrap();
        return;
    }
    let mut stream = respond.send_response(response.body(()).unwrap(), false).unwrap();
    let length = u32::try_from(answer.message.len()).unwrap().to_be_bytes();
    stream.send_data([&[0][..], &length, &answer.message].concat().into(), false).unwrap();
    let trailers = answer.trailers.into_iter();
    let trailers = trailers.map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_str(&v).unwrap()));
    stream.send_trailers(trailers.collect()).unwrap();
}

fn to(port: u16) -> Builder {
    Delivery::builder(format!("http://127.0.0.1:{port}"))
        .protocol(Protocol::Grpc)
        .linger(Duration::from_millis(5))
        .backoff(Duration::from_millis(1), Duration::from_millis(5))
        .hold(Duration::from_millis(5))
        .drop_timeout(Duration::ZERO)
}

#[test]
fn a_call_is_what_the_specification_says_and_a_connection_carries_many() {
    let (port, calls) = server(None, |_| status(0));
    let delivery = to(port).in_flight(1).header("Api-Key", "secret").build().unwrap();
    for round in 0..20 {
        append(&delivery, Priority::Bulk, round).unwrap();
        assert!(delivery.flush(LONG).complete);
    }
    let first = calls.recv_timeout(LONG).unwrap();
    assert_eq!(first.path, "/opentelemetry.proto.collector.logs.v1.LogsService/Export");
    let header = |name: &str| first.headers.get(name).map(|value| value.to_str().unwrap());
    assert_eq!(header("content-type"), Some("application/grpc"));
    assert_eq!((header("te"), header("grpc-encoding")), (Some("trailers"), Some("gzip")));
    assert_eq!((header("api-key"), header("content-encoding")), (Some("secret"), None));
    assert!(header("user-agent").unwrap().starts_with("otlp-journal/"));
    assert_eq!(first.ids.len() + calls.try_iter().map(|call| call.ids.len()).sum::<usize>(), 20);
    assert_eq!((delivery.stats().delivered, delivery.health().state), (20, DeliveryState::Delivering));
}

#[test]
fn a_large_message_fits_through_the_windows_of_http_2() {
    let (port, calls) = server(None, |_| status(0));
    let delivery = to(port).compression(otlp_journal::Compression::None).build().unwrap();
    for id in 0..40_000 {
        append(&delivery, Priority::Critical, id).unwrap();
    }
    assert!(delivery.flush(LONG).complete);
    let largest = calls.try_iter().map(|call| call.ids.len()).max().unwrap();
    assert!(largest > 2_000, "a window is 65,535 bytes: {largest}");
    assert_eq!(delivery.stats().delivered, 40_000);
}

#[test]
fn what_passes_is_sent_again_and_a_bad_record_is_found() {
    let mut calls = 0;
    let (port, _heard) = server(None, move |ids| {
        calls += 1;
        match calls {
            1 => Answer { bare: true, ..status(14) },
            2 => status(8),
            3 => status(13),
            _ if ids.contains(&7) => status(3),
            _ => status(0),
        }
    });
    let delivery = to(port).build().unwrap();
    append(&delivery, Priority::Bulk, 1_000).unwrap();
    assert!(delivery.flush(LONG).complete);
    for id in 0..100 {
        append(&delivery, Priority::Bulk, id).unwrap();
    }
    assert!(delivery.flush(LONG).complete);
    let stats = delivery.stats();
    assert_eq!((stats.delivered, stats.dropped.get(LossReason::Rejected)), (100, 1));
}

#[test]
fn a_refused_key_holds_everything_and_an_encoding_that_is_not_known_is_left_out() {
    let mut refusals = 3;
    let (port, heard) = server(None, move |_| {
        refusals -= 1;
        let why = "grpc: Decompressor is not installed for grpc-encoding \"gzip\"".to_owned();
        match refusals {
            2 => Answer {
                trailers: vec![("grpc-status", "12".to_owned()), ("grpc-message", why)],
                ..Answer::default()
            },
            1 => status(16),
            _ => status(0),
        }
    });
    let delivery = to(port).build().unwrap();
    append(&delivery, Priority::Bulk, 1).unwrap();
    eventually("delivered", || delivery.stats().delivered == 1);
    let encodings: Vec<_> = heard.try_iter().map(|call| call.headers.contains_key("grpc-encoding")).collect();
    assert_eq!(encodings, [true, false, false]);
    let held = delivery.advisories().iter().any(|advisory| advisory.to_string().contains("401"));
    assert!(held, "{:?}", delivery.advisories());
}

#[test]
fn a_partial_success_is_counted() {
    let partial = ExportLogsPartialSuccess { rejected_log_records: 2, error_message: "two".to_owned() };
    let message = ExportLogsServiceResponse { partial_success: Some(partial) }.encode_to_vec();
    let (port, _heard) = server(None, move |_| Answer { message: message.clone(), ..status(0) });
    let delivery = to(port).linger(LONG).build().unwrap();
    for id in 0..5 {
        append(&delivery, Priority::Bulk, id).unwrap();
    }
    assert!(delivery.flush(LONG).complete);
    let stats = delivery.stats();
    assert_eq!((stats.delivered, stats.dropped.get(LossReason::Rejected)), (3, 2));
}

#[test]
fn a_port_that_speaks_http_1_is_named_and_loses_nothing() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = std::io::Write::write_all(
                &mut stream,
                b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let delivery = to(port).build().unwrap();
    append(&delivery, Priority::Bulk, 1).unwrap();
    let report = delivery.flush(Duration::from_secs(2));
    assert_eq!((report.complete, report.pending), (false, 1));
    let told = delivery.advisories().iter().map(ToString::to_string).collect::<Vec<_>>();
    assert!(told.iter().any(|line| line.contains("HTTP/2") && line.contains("4318")), "{told:?}");
}

#[test]
fn tls_is_verified_and_h2_is_agreed_on() {
    use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let (port, _heard) = server(Some(TlsAcceptor::from(Arc::new(config))), |_| status(0));
    let scratch = crate::support::Scratch::new("grpc-tls");
    let authority = scratch.path().join("ca.pem");
    std::fs::write(&authority, certificate.pem()).unwrap();
    let authority = authority.to_str().unwrap().to_owned();
    let endpoint = format!("localhost:{port}");
    let lookup = |name: &str| match name {
        "OTEL_EXPORTER_OTLP_PROTOCOL" => Some("grpc".to_owned()),
        "OTEL_EXPORTER_OTLP_ENDPOINT" => Some(endpoint.clone()),
        _ => None,
    };
    let trusting = to(1)
        .environment(lookup)
        .unwrap()
        .environment(|name| (name == "OTEL_EXPORTER_OTLP_CERTIFICATE").then(|| authority.clone()));
    let trusting = trusting.unwrap().build().unwrap();
    append(&trusting, Priority::Critical, 1).unwrap();
    eventually("delivered over TLS", || trusting.stats().delivered == 1);

    let stranger = to(1).environment(lookup).unwrap().build().unwrap();
    append(&stranger, Priority::Critical, 2).unwrap();
    let report = stranger.flush(Duration::from_millis(500));
    assert_eq!((report.complete, report.pending), (false, 1));
}
