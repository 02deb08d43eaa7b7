//! OTLP over gRPC, as any SDK speaks it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

mod support;

use std::io::Write;

use bytes::{Bytes, BytesMut};
use flate2::{Compression, write::GzEncoder};
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper_util::rt::{TokioExecutor, TokioIo};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceResponse;
use prost::Message;
use serde_json::json;
use tokio::net::TcpStream;

use self::support::*;

const EXPORT: &str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";

/// The status, its message and the bytes of the answer.
async fn call(
    lab: &funnel_lab::Lab,
    path: &str,
    encoding: Option<&str>,
    body: &[u8],
) -> (String, String, Bytes) {
    let (headers, body) = call_with_headers(lab, path, encoding, body).await;
    let text =
        |name: &str| headers.get(name).map_or(String::new(), |value| value.to_str().unwrap().to_owned());
    (text("grpc-status"), text("grpc-message"), body)
}

async fn call_with_headers(
    lab: &funnel_lab::Lab,
    path: &str,
    encoding: Option<&str>,
    body: &[u8],
) -> (hyper::HeaderMap, Bytes) {
    let stream = TcpStream::connect(lab.grpc_addr()).await.unwrap();
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let mut request = Request::post(format!("http://{}{path}", lab.grpc_addr()))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    if let Some(encoding) = encoding {
        request = request.header("grpc-encoding", encoding);
    }
    let response =
        client.send_request(request.body(Full::new(Bytes::copy_from_slice(body))).unwrap()).await.unwrap();
    assert_eq!(response.status(), 200);
    let mut headers = response.headers().clone();
    let whole = response.into_body().collect().await.unwrap();
    headers.extend(whole.trailers().cloned().unwrap_or_default());
    (headers, whole.to_bytes())
}

fn framed(packed: bool, message: &[u8]) -> Vec<u8> {
    let mut body = BytesMut::new();
    body.extend_from_slice(&[u8::from(packed)]);
    body.extend_from_slice(&u32::try_from(message.len()).unwrap().to_be_bytes());
    body.extend_from_slice(message);
    body.to_vec()
}

#[tokio::test]
async fn a_call_is_stored_plain_and_packed() {
    let lab = lab().await;
    for (number, encoding) in [
        (1, None),
        (2, Some("identity")),
        (3, Some("gzip")),
        (4, Some("zstd")),
        (5, Some("deflate")),
        (6, Some("GZIP")),
    ] {
        let message = request(vec![step("landing", number, &[])]);
        let packed = match encoding {
            Some("deflate") => {
                let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), Compression::fast());
                encoder.write_all(&message).unwrap();
                encoder.finish().unwrap()
            }
            Some("gzip" | "GZIP") => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
                encoder.write_all(&message).unwrap();
                encoder.finish().unwrap()
            }
            Some("zstd") => zstd::encode_all(message.as_slice(), 1).unwrap(),
            _ => message,
        };
        let is_packed = matches!(encoding, Some("gzip" | "zstd" | "deflate" | "GZIP"));
        let (status, _, answer) = call(&lab, EXPORT, encoding, &framed(is_packed, &packed)).await;
        assert_eq!(status, "0", "{encoding:?}");
        let message = &answer[5..];
        assert_eq!(ExportLogsServiceResponse::decode(message).unwrap().partial_success, None);
    }
    assert_eq!(lab.counts().good, 6);
}

#[tokio::test]
async fn a_sender_is_warned_of_bad_records() {
    let lab = lab().await;
    let (status, _, answer) =
        call(&lab, EXPORT, None, &framed(false, &request(vec![step("landing", 1, &[("tier", "A")])]))).await;
    let partial = ExportLogsServiceResponse::decode(&answer[5..]).unwrap().partial_success.unwrap();
    assert_eq!((status.as_str(), partial.rejected_log_records), ("0", 0));
    assert!(partial.error_message.contains("break the contract"));
}

#[tokio::test]
async fn what_is_no_call_gets_a_status_that_says_so() {
    let lab = lab().await;
    let good = request(vec![step("landing", 1, &[])]);
    for (path, encoding, body, expected) in [
        (
            "/opentelemetry.proto.collector.profiles.v1.ProfilesService/Export",
            None,
            framed(false, &good),
            "12",
        ),
        (EXPORT, Some("br"), framed(true, &good), "12"),
        (EXPORT, None, Vec::new(), "3"),
        (EXPORT, None, framed(false, &good)[..good.len()].to_vec(), "3"),
        (EXPORT, None, framed(false, b"\xff\xff\xff"), "3"),
        (EXPORT, Some("gzip"), framed(true, &good), "3"),
    ] {
        let (status, message, _) = call(&lab, path, encoding, &body).await;
        assert_eq!(status, expected, "{path} {encoding:?}: {message}");
        assert!(!message.is_empty());
    }
    assert_eq!(lab.counts().total, 0);
}

#[tokio::test]
async fn a_fault_is_played_here_too() {
    let lab = lab().await;
    let body = framed(false, &request(vec![step("landing", 1, &[])]));
    for (status, expected) in [(503, "14"), (429, "8"), (401, "16"), (403, "7")] {
        post(&lab, "/api/fault", &json!({"status": status})).await;
        assert_eq!(call(&lab, EXPORT, None, &body).await.0, expected, "{status}");
    }
    assert_eq!(call(&lab, EXPORT, None, &body).await.0, "0");
}

#[tokio::test]
async fn a_message_that_is_too_large_says_so_and_is_not_to_be_sent_again() {
    let lab = lab().await;
    let large =
        request((0..40).map(|at| record(&[("blob", &format!("{at}{}", "x".repeat(120_000)))])).collect());
    let bomb = zstd::encode_all(vec![0_u8; 32 << 20].as_slice(), 19).unwrap();
    for (encoding, body) in [(None, framed(false, &large)), (Some("zstd"), framed(true, &bomb))] {
        let (headers, _) = call_with_headers(&lab, EXPORT, encoding, &body).await;
        assert_eq!(headers.get("grpc-status").unwrap(), "8", "RESOURCE_EXHAUSTED");
        assert!(headers.get("grpc-message").unwrap().to_str().unwrap().contains("bytes"));
        assert!(
            headers.get("grpc-status-details-bin").is_none(),
            "no RetryInfo: it will not pass later either"
        );
    }
    let (status, ..) =
        call(&lab, EXPORT, None, &framed(false, &request(vec![step("landing", 1, &[])]))).await;
    assert_eq!((status.as_str(), lab.counts().total), ("0", 1));
}

#[tokio::test]
async fn a_fault_that_names_a_time_carries_retry_info() {
    use base64::Engine;
    let lab = lab().await;
    let body = framed(false, &request(vec![step("landing", 1, &[])]));
    for (status, retry, expected) in
        [(503, Some(7), Some(7)), (429, Some(300), Some(300)), (503, None, None), (401, Some(7), None)]
    {
        post(&lab, "/api/fault", &json!({"status": status, "retry_after_s": retry})).await;
        let (headers, _) = call_with_headers(&lab, EXPORT, None, &body).await;
        let details = headers.get("grpc-status-details-bin").map(|details| {
            base64::engine::general_purpose::STANDARD_NO_PAD.decode(details.as_bytes()).unwrap()
        });
        assert_eq!(details.is_some(), expected.is_some(), "{status} {retry:?}");
        let (Some(details), Some(seconds)) = (details, expected) else { continue };
        let status_message = RpcStatus::decode(details.as_slice()).unwrap();
        assert_eq!(status_message.details[0].type_url, "type.googleapis.com/google.rpc.RetryInfo");
        let info = RetryInfo::decode(status_message.details[0].value.as_slice()).unwrap();
        assert_eq!(info.retry_delay.unwrap().seconds, seconds);
    }
}

#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<RpcDetail>,
}

#[derive(Clone, PartialEq, Message)]
struct RpcDetail {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<Duration>,
}

#[derive(Clone, PartialEq, Message)]
struct Duration {
    #[prost(int64, tag = "1")]
    seconds: i64,
}
