//! The bundled client against real sockets.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use otlp_journal::{Builder, Compression, Delivery, Priority};

use crate::support::{LONG, Scratch, append, eventually, read};

/// What a request said, as far as these tests ask.
#[derive(Debug)]
pub(crate) struct Heard {
    line: String,
    headers: Vec<String>,
    body: Vec<u8>,
}

impl Heard {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|h| {
            let (key, value) = h.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }
}

fn hear(stream: &mut impl Read) -> Option<Heard> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let line = lines.remove(0);
    let mut heard = Heard { line, headers: lines, body: Vec::new() };
    let length = heard.header("content-length").map_or(0, |n| n.parse().unwrap());
    heard.body.resize(length, 0);
    reader.read_exact(&mut heard.body).ok()?;
    Some(heard)
}

/// A server that hands every connection to `serve`; stops with the test's process.
fn server(serve: impl FnMut(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = Arc::new(Mutex::new(serve));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = Arc::clone(&serve);
            std::thread::spawn(move || (serve.lock().unwrap())(stream));
        }
    });
    format!("http://{address}/v1/logs")
}

/// A server that answers each request with the next of `answers`, and the last for ever.
fn answers(answers: Vec<&'static str>) -> (String, Receiver<Heard>) {
    let (sender, receiver) = channel();
    let mut next = 0;
    let url = server(move |mut stream| {
        while let Some(heard) = hear(&mut stream) {
            stream.write_all(answers[next.min(answers.len() - 1)].as_bytes()).unwrap();
            next += 1;
            let _ = sender.send(heard);
        }
    });
    (url, receiver)
}

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

fn to(url: &str) -> Builder {
    Delivery::builder(url)
        .linger(Duration::from_millis(5))
        .backoff(Duration::from_millis(1), Duration::from_millis(5))
        .hold(Duration::from_millis(5))
        .drop_timeout(Duration::ZERO)
}

#[test]
fn a_request_is_what_the_specification_says() {
    let (url, heard) = answers(vec![OK]);
    let delivery = to(&url).header("api-key", "secret").build().unwrap();
    for id in 0..10 {
        append(&delivery, Priority::Bulk, id).unwrap();
    }
    assert!(delivery.flush(LONG).complete);
    let first = heard.recv_timeout(LONG).unwrap();
    assert_eq!(first.line, "POST /v1/logs HTTP/1.1");
    assert_eq!(first.header("content-type"), Some("application/x-protobuf"));
    assert_eq!(first.header("content-encoding"), Some("zstd"));
    assert_eq!(first.header("api-key"), Some("secret"));
    assert!(first.header("user-agent").unwrap().starts_with("otlp-journal/"));
    let plain = zstd::bulk::decompress(&first.body, 1 << 20).unwrap();
    assert!(!read(&plain).ids.is_empty());
}

#[cfg(feature = "gzip")]
#[test]
fn gzip_and_none_by_configuration() {
    let (url, heard) = answers(vec![OK]);
    let delivery = to(&url).compression(Compression::Gzip).build().unwrap();
    append(&delivery, Priority::Bulk, 7).unwrap();
    assert!(delivery.flush(LONG).complete);
    let request = heard.recv_timeout(LONG).unwrap();
    assert_eq!(request.header("content-encoding"), Some("gzip"));
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(request.body.as_slice()).read_to_end(&mut plain).unwrap();
    assert_eq!(read(&plain).ids, [7]);
}

#[test]
fn without_compression_the_body_is_as_it_is() {
    let (url, heard) = answers(vec![OK]);
    let delivery = to(&url).compression(Compression::None).build().unwrap();
    append(&delivery, Priority::Bulk, 7).unwrap();
    assert!(delivery.flush(LONG).complete);
    let request = heard.recv_timeout(LONG).unwrap();
    assert_eq!((request.header("content-encoding"), read(&request.body).ids), (None, vec![7]));
}

#[test]
fn a_redirect_is_not_followed_with_a_key() {
    let (elsewhere, stolen) = answers(vec![OK]);
    let redirect: &'static str =
        Box::leak(format!("HTTP/1.1 307 Go\r\nlocation: {elsewhere}\r\ncontent-length: 0\r\n\r\n").into());
    let (url, heard) = answers(vec![redirect, redirect, OK]);
    let delivery = to(&url).header("api-key", "secret").build().unwrap();
    append(&delivery, Priority::Bulk, 1).unwrap();
    eventually("delivered where it was to go", || delivery.stats().delivered == 1);
    assert!(stolen.try_recv().is_err());
    assert_eq!(heard.iter().take(3).count(), 3);
}

#[test]
fn a_body_that_never_ends_or_never_comes_does_not_hold_the_sender() {
    // The first connection gets a status and an endless body, the second promises a body and sends none.
    let mut connections = 0;
    let url = server(move |mut stream| {
        connections += 1;
        let Some(_) = hear(&mut stream) else { return };
        if connections == 1 {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            // Ends when the client has seen enough.
            while stream.write_all(&[b'x'; 4096]).is_ok() {}
        } else {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n");
            let _ = stream.read(&mut [0]);
        }
    });
    let delivery = to(&url).timeout(Duration::from_millis(300)).build().unwrap();
    append(&delivery, Priority::Bulk, 1).unwrap();
    eventually("the status counts", || delivery.stats().delivered == 1);
    append(&delivery, Priority::Bulk, 2).unwrap();
    eventually("the status counts", || delivery.stats().delivered == 2);
}

#[test]
fn a_black_hole_and_a_closed_port_lose_nothing() {
    let (open, mut first) = (server_port(), true);
    // Accepts and never answers; after that it does.
    let hole = server(move |mut stream| {
        if std::mem::take(&mut first) {
            let _ = stream.read_to_end(&mut Vec::new());
            return;
        }
        while hear(&mut stream).is_some() {
            stream.write_all(OK.as_bytes()).unwrap();
        }
    });
    let delivery = to(&hole).timeout(Duration::from_millis(200)).build().unwrap();
    append(&delivery, Priority::Bulk, 1).unwrap();
    eventually("delivered", || delivery.stats().delivered == 1);

    let delivery = to(&format!("http://127.0.0.1:{open}/v1/logs")).build().unwrap();
    append(&delivery, Priority::Bulk, 1).unwrap();
    let report = delivery.flush(Duration::from_millis(50));
    assert_eq!((report.complete, report.pending), (false, 1));
    let listener = TcpListener::bind(("127.0.0.1", open)).unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            while hear(&mut stream).is_some() {
                stream.write_all(OK.as_bytes()).unwrap();
            }
        }
    });
    eventually("delivered once somebody listens", || delivery.stats().delivered == 1);
}

/// A port that nobody listens on.
fn server_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn one_connection_carries_many_requests() {
    let connections = Arc::new(Mutex::new(0));
    let count = Arc::clone(&connections);
    let url = server(move |mut stream| {
        *count.lock().unwrap() += 1;
        while hear(&mut stream).is_some() {
            stream.write_all(OK.as_bytes()).unwrap();
        }
    });
    let delivery = to(&url).build().unwrap();
    for id in 0..20 {
        append(&delivery, Priority::Bulk, id).unwrap();
        assert!(delivery.flush(LONG).complete);
    }
    assert_eq!(*connections.lock().unwrap(), 1);
}

#[test]
fn a_proxy_carries_the_request() {
    let (proxy, heard) = answers(vec![OK]);
    let proxy = proxy.trim_end_matches("/v1/logs").to_owned();
    let map = move |name: &str| (name == "http_proxy").then(|| proxy.clone());
    let delivery = to("http://otlp.example/v1/logs").environment(map).unwrap().build().unwrap();
    append(&delivery, Priority::Bulk, 1).unwrap();
    // Whether it tunnels or asks the proxy to fetch, the proxy hears the far end's name.
    let first = heard.recv_timeout(LONG).unwrap();
    assert!(first.line.contains("otlp.example"), "{}", first.line);
}

/// Squid with the rules that it ships with: it tunnels to port 443 alone, so it has to be asked in absolute form.
#[test]
fn squid_carries_the_request() {
    let squid =
        ["/usr/sbin/squid", "/usr/local/squid/sbin/squid"].into_iter().find(|p| Path::new(p).exists());
    let Some(squid) = squid else {
        assert!(std::env::var_os("CI").is_none(), "Squid is missing: apt-get install squid");
        println!("left out: Squid is missing (apt-get install squid)");
        return;
    };
    let (far, heard) = answers(vec![OK]);
    let scratch = Scratch::new("squid");
    let port = server_port();
    let rules = "acl CONNECT method CONNECT\nacl tls port 443\nhttp_access deny CONNECT !tls\n\
                 http_access allow localhost\nhttp_access deny all\ncache deny all\naccess_log none\n\
                 pid_filename none\ncache_log /dev/null\nshutdown_lifetime 0 seconds\n";
    let conf = scratch.path().join("squid.conf");
    std::fs::write(&conf, format!("http_port 127.0.0.1:{port}\n{rules}")).unwrap();
    let mut squid = Command::new(squid).arg("-N").arg("-f").arg(&conf).spawn().unwrap();
    eventually("Squid listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
    let map = move |name: &str| (name == "http_proxy").then(|| format!("http://127.0.0.1:{port}"));
    let delivery = to(&far).environment(map).unwrap().build().unwrap();
    append(&delivery, Priority::Bulk, 1).unwrap();
    let report = delivery.flush(LONG);
    squid.kill().unwrap();
    squid.wait().unwrap();
    assert!(report.complete, "{report:?}");
    let first = heard.recv_timeout(LONG).unwrap();
    assert!(first.header("via").is_some_and(|via| via.contains("squid")), "it did not go through Squid");
}

mod tls {
    use rcgen::{CertificateParams, Issuer, KeyPair};
    use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
    use rustls::server::WebPkiClientVerifier;
    use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

    use super::{Arc, Duration, Priority, Scratch, Write, append, eventually, hear, server, to};

    struct Authority {
        issuer: Issuer<'static, KeyPair>,
        pem: String,
        der: rustls::pki_types::CertificateDer<'static>,
    }

    impl Authority {
        fn new() -> Self {
            let key = KeyPair::generate().unwrap();
            let mut params = CertificateParams::default();
            params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
            let certificate = params.self_signed(&key).unwrap();
            Self { pem: certificate.pem(), der: certificate.der().clone(), issuer: Issuer::new(params, key) }
        }

        fn sign(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
            let key = KeyPair::generate().unwrap();
            let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
            (params.signed_by(&key, &self.issuer).unwrap(), key)
        }
    }

    #[test]
    fn the_otel_variables_give_the_authority_and_the_client_certificate() {
        let authority = Authority::new();
        let (certificate, key) = authority.sign("localhost");
        let mut roots = RootCertStore::empty();
        roots.add(authority.der.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(clients.build().unwrap())
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )
            .unwrap();
        let config = Arc::new(config);
        let url = server(move |stream| {
            let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
            while hear(&mut stream).is_some() {
                stream.write_all(super::OK.as_bytes()).unwrap();
            }
        });
        let url = url.replace("http://127.0.0.1", "https://localhost");

        let scratch = Scratch::new("tls");
        let write = |name: &str, text: &str| {
            let path = scratch.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let (client, client_key) = authority.sign("client");
        let files = [
            ("OTEL_EXPORTER_OTLP_CERTIFICATE", write("ca.pem", &authority.pem)),
            ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", write("client.pem", &client.pem())),
            ("OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY", write("client.key", &client_key.serialize_pem())),
        ];
        let lookup = |name: &str| files.iter().find(|(n, _)| *n == name).map(|(_, path)| path.clone());
        let delivery = to(&url).environment(lookup).unwrap().build().unwrap();
        append(&delivery, Priority::Critical, 1).unwrap();
        eventually("delivered over TLS", || delivery.stats().delivered == 1);

        // Without the authority there is no session, and nothing is lost or sent.
        let stranger = to(&url).build().unwrap();
        append(&stranger, Priority::Critical, 2).unwrap();
        let report = stranger.flush(Duration::from_millis(200));
        assert_eq!((report.complete, report.pending), (false, 1));
        let half = to(&url).environment(|n| lookup(n).filter(|_| !n.ends_with("KEY"))).unwrap().build();
        assert!(half.unwrap_err().to_string().contains("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"));
    }
}
