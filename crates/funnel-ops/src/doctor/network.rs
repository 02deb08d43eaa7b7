//! The way to the endpoint, and what it answers.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, SystemTime};

use super::configuration::{host, shown};
use super::types::{Check, Doctor, Findings, Target};
use super::{collector, tls};

const TIMEOUT: Duration = Duration::from_secs(5);
/// A request a little under New Relic's limit: nothing but a field that no receiver knows.
const LARGE: usize = 990_000;

/// Whether all of it is well.
pub(super) fn examine(doctor: &Doctor, target: &Target, findings: &mut Findings) -> bool {
    let (through, proxy) = proxy(doctor, target);
    if !findings.add(proxy) {
        return false;
    }
    let secure = target.url.starts_with("https://");
    let name = host(&target.url);
    if !through {
        let port = port(&target.url);
        let addresses: Vec<SocketAddr> = match (name.trim_matches(['[', ']']), port).to_socket_addrs() {
            Ok(addresses) => addresses.collect(),
            Err(error) => {
                let remedy = format!("correct the name in {}, or the machine's name servers", target.source);
                findings.add(Check::broken("dns", format!("{name} has no address: {error}"), remedy));
                return false;
            }
        };
        let shown: Vec<String> = addresses.iter().take(3).map(|address| address.ip().to_string()).collect();
        findings.add(Check::fine("dns", format!("{name} is {}", shown.join(", "))));
        let stream = addresses.iter().find_map(|address| TcpStream::connect_timeout(address, TIMEOUT).ok());
        let Some(stream) = stream else {
            let remedy = format!("start the server on port {port} of {name}, or open the firewall");
            findings.add(Check::broken(
                "connection",
                format!("nothing answers on port {port} of {name}"),
                remedy,
            ));
            return false;
        };
        findings.add(Check::fine("connection", format!("port {port} of {name} answers")));
        let _ = stream.set_read_timeout(Some(TIMEOUT));
        let _ = stream.set_write_timeout(Some(TIMEOUT));
        if secure {
            let (signed, done) = tls::shake(stream, &name);
            let signed = signed.unwrap_or_else(|| "an unknown authority".to_owned());
            let own_roots = doctor
                .variable("OTEL_EXPORTER_OTLP_CERTIFICATE")
                .or_else(|| doctor.variable("OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE"));
            match done {
                Ok(()) => findings.add(Check::fine("tls", format!("the certificate is signed by {signed}"))),
                Err(error) if own_roots.is_some() && error.contains("certificate") => {
                    findings.add(Check::warning(
                        "tls",
                        format!("signed by {signed}, which is trusted only if your own root certificates include it"),
                        "check that OTEL_EXPORTER_OTLP_CERTIFICATE contains this authority's certificate",
                    ))
                }
                Err(error) => {
                    let remedy = "if your own proxy signs certificates, give its authority's certificate in OTEL_EXPORTER_OTLP_CERTIFICATE; otherwise correct the address";
                    findings.add(Check::broken("tls", format!("signed by {signed}: {error}"), remedy));
                    return false;
                }
            };
        } else if target.grpc {
            return findings.add(grpc(stream, target.source)) && findings.add(no_time());
        } else if speaks_http2(stream, HTTP1) {
            let remedy = format!(
                "give the port of OTLP over HTTP (4318) in {}, or set the protocol to `grpc`",
                target.source
            );
            let detail = "the endpoint speaks only HTTP/2, as gRPC does, but the protocol is HTTP/1";
            return findings.add(Check::broken("answer", detail, remedy));
        }
    }
    if target.grpc {
        let detail = "not checked: gRPC through TLS or a proxy; `--send` tests it";
        return findings.add(Check::fine("answer", detail)) && findings.add(no_time());
    }
    answer(doctor, target, findings)
}

fn grpc(stream: TcpStream, source: &str) -> Check {
    if speaks_http2(stream, HTTP2) {
        return Check::fine(
            "answer",
            "it speaks HTTP/2, as gRPC does; the service must have the feature `grpc` of instant-funnel",
        );
    }
    let remedy = format!(
        "give the port of OTLP over gRPC (4317) in {source}, or set OTEL_EXPORTER_OTLP_PROTOCOL to `http/protobuf`"
    );
    Check::broken("answer", "the endpoint does not speak HTTP/2, but the protocol is gRPC", remedy)
}

fn no_time() -> Check {
    Check::fine("clock", "gRPC does not report the endpoint's time")
}

fn port(url: &str) -> u16 {
    let authority = crate::client::host(url);
    let given = authority.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    given.unwrap_or(if url.starts_with("https://") { 443 } else { 80 })
}

/// Whether requests go through a proxy, and whether it is there.
fn proxy(doctor: &Doctor, target: &Target) -> (bool, Check) {
    let names: &[&str] = if target.url.starts_with("https://") {
        &["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
    } else {
        &["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"]
    };
    let Some((source, url)) = doctor.first(names) else {
        return (false, Check::fine("proxy", "none is set"));
    };
    let name = host(&target.url);
    let direct = doctor.first(&["NO_PROXY", "no_proxy"]).is_some_and(|(_, list)| {
        list.split(',')
            .map(str::trim)
            .any(|entry| entry == "*" || !entry.is_empty() && name.ends_with(entry.trim_start_matches('.')))
    });
    if direct {
        return (false, Check::fine("proxy", format!("{source} is set, but NO_PROXY excludes {name}")));
    }
    let (at, with_scheme) = (shown(url), url.contains("://"));
    let place = if with_scheme { url.to_owned() } else { format!("http://{url}") };
    let reached = (host(&place).as_str(), port(&place)).to_socket_addrs().ok().and_then(|mut addresses| {
        addresses.find_map(|address| TcpStream::connect_timeout(&address, TIMEOUT).ok())
    });
    let check = if reached.is_some() {
        Check::fine("proxy", format!("{at}, from {source}, answers"))
    } else {
        Check::broken(
            "proxy",
            format!("{source} names {at}, where nothing answers"),
            format!("correct or unset {source}, or put {name} into NO_PROXY"),
        )
    };
    (true, check)
}

const HTTP1: &[u8] = b"GET / HTTP/1.1\r\nhost: doctor\r\nconnection: close\r\n\r\n";
/// How a connection of HTTP/2 begins: the preface, and a SETTINGS frame without settings.
const HTTP2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// Whether what listens answers `greeting` with a frame of HTTP/2.
fn speaks_http2(mut stream: TcpStream, greeting: &[u8]) -> bool {
    let mut start = Vec::new();
    let read = stream.write_all(greeting).and_then(|()| stream.take(9).read_to_end(&mut start));
    // A SETTINGS frame: three bytes of length, then type 4. What came before an error counts.
    let _ = read;
    start.len() >= 4 && !start.starts_with(b"HTTP") && start[3] == 4
}

fn answer(doctor: &Doctor, target: &Target, findings: &mut Findings) -> bool {
    let client = crate::client::Client::new(Duration::from_secs(10));
    let mut headers = target.headers.clone();
    headers.push(("content-type".to_owned(), "application/x-protobuf".to_owned()));
    let name = "answer";
    let empty = match client.post(&target.url, &headers, b"") {
        Ok(answer) => answer,
        Err(error) => {
            let remedy = format!("check what listens at {}", shown(&target.url));
            return findings.add(Check::broken(name, format!("no answer: {}", error.reason), remedy));
        }
    };
    if let Some((detail, remedy)) = refused(empty.status, target.source) {
        return findings.add(Check::broken(name, detail, remedy));
    }
    // Field 1000 of a request, which has none: read over by every receiver, and nothing is stored.
    let mut large = vec![0xc2, 0x3e];
    let content = LARGE - 8;
    let mut length = content;
    while length >= 0x80 {
        large.push(length as u8 | 0x80);
        length >>= 7;
    }
    large.push(length as u8);
    large.resize(large.len() + content, 0);
    if let Ok(answer) = client.post(&target.url, &headers, &large)
        && answer.status == 413
        && let Some((detail, remedy)) = refused(413, target.source)
    {
        return findings.add(Check::broken(name, detail, remedy));
    }
    let is_collector = !target.new_relic && collector::is_one(&client, &target.url);
    let whose = match (target.new_relic, is_collector) {
        (true, _) => "New Relic",
        (false, true) => "an OpenTelemetry Collector",
        (false, false) => "a lab or another receiver",
    };
    findings.add(Check::fine(name, format!("{}: {whose} accepts requests of up to 1 MB", empty.status)));
    let on_time = findings.add(clock(doctor, empty.date));
    if is_collector && doctor.collector.is_none() {
        findings.add(collector::unseen());
    }
    on_time
}

/// What a status other than success says, and what to do.
fn refused(status: u16, source: &str) -> Option<(String, String)> {
    Some(match status {
        200..=299 | 400 => return None,
        401 => (
            "401: the endpoint requires a key".to_owned(),
            "set NEW_RELIC_LICENSE_KEY, or the header that the endpoint requires".to_owned(),
        ),
        403 => (
            "403: the endpoint rejects the key".to_owned(),
            "use a licence key for this account and region that has not been revoked".to_owned(),
        ),
        404 | 405 => (
            format!("{status}: this path does not accept OTLP"),
            format!("correct the path in {source}: /v1/logs"),
        ),
        413 => (
            "413: the endpoint rejects large requests".to_owned(),
            "raise the limit of the proxy in front of it above 1 MB (nginx: client_max_body_size 4m)"
                .to_owned(),
        ),
        415 => (
            "415: the endpoint does not accept protobuf".to_owned(),
            format!("check that {source} is an OTLP endpoint"),
        ),
        300..=399 => (
            format!("{status}: the endpoint redirects"),
            format!("set {source} to the address that it redirects to"),
        ),
        429 => ("429: too many requests".to_owned(), "wait; look at the account's limits".to_owned()),
        _ => (
            format!("{status}: the endpoint has a fault"),
            "wait, and look at its own log or status page".to_owned(),
        ),
    })
}

fn clock(doctor: &Doctor, date: Option<SystemTime>) -> Check {
    let name = "clock";
    let Some(theirs) = date else { return Check::fine(name, "the endpoint does not report its time") };
    let ours = doctor.time();
    let apart = ours.duration_since(theirs).unwrap_or_else(|error| error.duration());
    let words = format!("the clock differs from the endpoint's by {} s", apart.as_secs());
    if apart > Duration::from_secs(23 * 3_600) {
        return Check::broken(
            name,
            format!("{words}: New Relic rejects events whose time is off by a day"),
            "set the machine's clock (timedatectl, NTP)",
        );
    }
    if apart > Duration::from_secs(60) {
        return Check::warning(name, words, "set the machine's clock (timedatectl, NTP)");
    }
    Check::fine(name, words)
}
