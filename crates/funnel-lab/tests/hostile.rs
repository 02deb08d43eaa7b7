//! Input that means harm, or only looks like it: a clear status, bounded memory, and the lab goes on.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

mod support;

use std::io::Write;
use std::time::Duration;

use flate2::{Compression, write::GzEncoder};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use self::support::*;

async fn goes_on(lab: &funnel_lab::Lab) {
    let before = lab.counts().total;
    assert_eq!(export(lab, vec![step("landing", before, &[])]).await.status, 200);
    assert_eq!(lab.counts().total, before + 1);
    assert_eq!(get(lab, "/healthz").await.status, 200);
}

#[tokio::test]
async fn bombs_stop_at_the_bound() {
    let lab = lab().await;
    let zeros = vec![0; 1 << 20];
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    let mut zstd = zstd::Encoder::new(Vec::new(), 19).unwrap();
    for _ in 0..64 {
        gzip.write_all(&zeros).unwrap();
        zstd.write_all(&zeros).unwrap();
    }
    for (packing, bomb) in [("gzip", gzip.finish().unwrap()), ("zstd", zstd.finish().unwrap())] {
        assert!(bomb.len() < 1 << 20, "a bomb is small");
        let answer =
            send(lab.otlp_addr(), "POST", "/v1/logs", &[PROTOBUF, ("content-encoding", packing)], &bomb)
                .await;
        assert_eq!(answer.status, 413, "{packing}");
    }
    goes_on(&lab).await;
}

#[tokio::test]
async fn damaged_packing_is_a_bad_request() {
    let lab = lab().await;
    for packing in ["gzip", "zstd"] {
        for body in [&b"not packed at all"[..], &[0x1f, 0x8b, 8, 0], &[0x28, 0xb5, 0x2f, 0xfd, 0xff], b""] {
            let headers = [PROTOBUF, ("content-encoding", packing)];
            let answer = send(lab.otlp_addr(), "POST", "/v1/logs", &headers, body).await;
            assert!(answer.status == 400 || (body.is_empty() && answer.status == 200), "{packing} {body:?}");
        }
    }
    goes_on(&lab).await;
}

#[tokio::test]
async fn deep_nesting_is_refused() {
    let lab = lab().await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(send(lab.otlp_addr(), "POST", "/v1/logs", &[JSON], deep.as_bytes()).await.status, 400);
    assert_eq!(send(lab.http_addr(), "POST", "/api/query", &[JSON], deep.as_bytes()).await.status, 400);
    // A list in a list in a list …, as protobuf.
    let mut value = vec![0x0a, 0x01, b'x'];
    for _ in 0..2_000 {
        let mut list = vec![0x0a];
        prost::encoding::encode_varint(value.len() as u64, &mut list);
        list.extend_from_slice(&value);
        value = vec![0x2a];
        prost::encoding::encode_varint(list.len() as u64, &mut value);
        value.extend_from_slice(&list);
    }
    let mut body = Vec::new();
    for (tag, inner) in [(0x2a, value), (0x12, Vec::new()), (0x12, Vec::new()), (0x0a, Vec::new())] {
        // body of a record, then log_records, scope_logs and resource_logs around it
        let inner = if inner.is_empty() { std::mem::take(&mut body) } else { inner };
        body.push(tag);
        prost::encoding::encode_varint(inner.len() as u64, &mut body);
        body.extend_from_slice(&inner);
    }
    assert_eq!(send(lab.otlp_addr(), "POST", "/v1/logs", &[PROTOBUF], &body).await.status, 400);
    goes_on(&lab).await;
}

#[tokio::test]
async fn long_bodies_are_refused_before_they_are_read() {
    let lab = lab().await;
    let head = |path: &str, kind: &str, to: std::net::SocketAddr| {
        format!(
            "POST {path} HTTP/1.1\r\nhost: {to}\r\ncontent-type: {kind}\r\ncontent-length: 99999999999\r\n\r\n"
        )
    };
    let otlp = head("/v1/logs", "application/x-protobuf", lab.otlp_addr());
    assert_eq!(raw(lab.otlp_addr(), otlp.as_bytes()).await.status, 413);
    let api = head("/api/query", "application/json", lab.http_addr());
    assert_eq!(raw(lab.http_addr(), api.as_bytes()).await.status, 413);
    let chunked = format!(
        "POST /v1/logs HTTP/1.1\r\nhost: {}\r\ncontent-type: application/x-protobuf\r\n\
         transfer-encoding: chunked\r\n\r\n",
        lab.otlp_addr()
    );
    let mut bytes = chunked.into_bytes();
    for _ in 0..6 {
        bytes.extend_from_slice(b"100000\r\n");
        bytes.resize(bytes.len() + (1 << 20), 0);
        bytes.extend_from_slice(b"\r\n");
    }
    assert_eq!(raw(lab.otlp_addr(), &bytes).await.status, 413);
    goes_on(&lab).await;
}

#[tokio::test]
async fn long_queries_are_refused() {
    let lab = lab().await;
    let long = format!("SELECT count(*) FROM InstantFunnel WHERE tier IN ('{}')", "x".repeat(1 << 20));
    assert_eq!(post(&lab, "/api/query", &json!({"nrql": long})).await.status, 413);
    let long = format!("SELECT count(*) FROM InstantFunnel WHERE tier = '{}'", "x".repeat(100_000));
    assert_eq!(post(&lab, "/api/query", &json!({"nrql": long})).await.status, 413);
    let deep = format!("SELECT {}1{} FROM InstantFunnel", "(".repeat(20_000), ")".repeat(20_000));
    assert_eq!(post(&lab, "/api/query", &json!({"nrql": deep})).await.status, 400);
    goes_on(&lab).await;
}

#[tokio::test]
async fn heads_that_are_too_much_are_refused() {
    let lab = lab().await;
    for to in [lab.otlp_addr(), lab.http_addr()] {
        let many: String = (0..200).map(|at| format!("x-{at}: y\r\n")).collect();
        let answer = raw(to, format!("GET / HTTP/1.1\r\nhost: {to}\r\n{many}\r\n").as_bytes()).await;
        assert_eq!(answer.status, 431);
        let long = "x".repeat(200_000);
        let answer = raw(to, format!("GET /{long} HTTP/1.1\r\nhost: {to}\r\n\r\n").as_bytes()).await;
        assert!(matches!(answer.status, 414 | 431), "{}", answer.status);
        assert_eq!(raw(to, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 TLS hello").await.status, 400);
    }
    goes_on(&lab).await;
}

const CONNECTIONS: usize = 10_000;

/// Silent connections fill the doors; each is bounded, whoever is over gets a 503 at once, and when they have gone the
/// lab answers as before.
#[tokio::test]
async fn a_flood_of_silent_connections_is_bounded() {
    let lab = lab().await;
    let otlp = lab.otlp_addr();
    let mut silent = Vec::new();
    for _ in 0..CONNECTIONS {
        let Ok(mut stream) = TcpStream::connect(otlp).await else { continue };
        // Enough to be counted, never enough to be a request.
        let _ = stream.write_all(b"POST /v1/logs HTTP/1.1\r\nhost: ").await;
        silent.push(stream);
    }
    let mut refused = 0;
    for stream in &silent {
        let mut first = [0; 12];
        if matches!(stream.try_read(&mut first), Ok(12)) && first.ends_with(b"503") {
            refused += 1;
        }
    }
    let opened = silent.len();
    assert!(opened > 1_000, "raise the limit of open files: {opened} connections");
    // A listener holds 512 connections; one more gets a 503, or is closed before the answer could be sent.
    assert!(refused > 0 && refused <= opened - 512, "{refused} of {opened} were refused");
    assert_eq!(get(&lab, "/healthz").await.status, 200, "the page's door is another");
    drop(silent);
    loop {
        if export(&lab, vec![step("landing", 1, &[])]).await.status == 200 {
            break;
        }
        tokio::task::yield_now().await;
    }
    goes_on(&lab).await;
}

/// A client that drips its headers is cut off, whatever it sends meanwhile.
#[tokio::test]
async fn a_slow_loris_is_cut_off() {
    let lab = lab().await;
    for to in [lab.otlp_addr(), lab.http_addr(), lab.grpc_addr()] {
        let mut stream = TcpStream::connect(to).await.unwrap();
        let mut read = [0; 64];
        let mut drips = 0;
        loop {
            let _ = stream.write_all(b"P").await;
            match tokio::time::timeout(Duration::from_millis(500), stream.read(&mut read)).await {
                Ok(_) => break,
                Err(_) => drips += 1,
            }
            assert!(drips < 240, "still open after {drips} drips");
        }
    }
    goes_on(&lab).await;
}
