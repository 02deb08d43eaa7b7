//! OTLP over gRPC: `LogsService/Export`, unary, over HTTP/2 with prior knowledge.
//!
//! A unary call is one length-prefixed message each way and a trailer, so hyper alone carries it; see
//! `docs/adr/0004-lab-stack.md` for what a gRPC framework would have cost.

use super::body;
use super::guard;
use super::ingest::{self, Encoding, PACKED_MAX};
use super::otlp::protobuf_response;
use crate::app::App;
use crate::otlp::body::Packing;
use bytes::Bytes;
use http_body_util::{BodyExt, Either, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::{Request, Response, StatusCode};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;

const EXPORT: &str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";

/// The flag and the length before a message.
const PREFIX: usize = 5;

type Trailers = Pin<Box<dyn Future<Output = Option<Result<HeaderMap, Infallible>>> + Send>>;
type Body = Either<Full<Bytes>, http_body_util::combinators::WithTrailers<Full<Bytes>, Trailers>>;

/// Statuses of gRPC.
mod code {
    pub(super) const OK: u8 = 0;
    pub(super) const UNKNOWN: u8 = 2;
    pub(super) const INVALID_ARGUMENT: u8 = 3;
    pub(super) const DEADLINE_EXCEEDED: u8 = 4;
    pub(super) const PERMISSION_DENIED: u8 = 7;
    pub(super) const RESOURCE_EXHAUSTED: u8 = 8;
    pub(super) const UNIMPLEMENTED: u8 = 12;
    pub(super) const INTERNAL: u8 = 13;
    pub(super) const UNAVAILABLE: u8 = 14;
    pub(super) const UNAUTHENTICATED: u8 = 16;
}

/// The gRPC status that says what an HTTP status says.
pub(crate) fn code_of(status: u16) -> u8 {
    match status {
        200..=299 => code::OK,
        400 | 413 | 415 => code::INVALID_ARGUMENT,
        401 => code::UNAUTHENTICATED,
        403 => code::PERMISSION_DENIED,
        404 | 405 => code::UNIMPLEMENTED,
        408 => code::DEADLINE_EXCEEDED,
        429 => code::RESOURCE_EXHAUSTED,
        502..=504 => code::UNAVAILABLE,
        500..=599 => code::INTERNAL,
        _ => code::UNKNOWN,
    }
}

/// Answers one call.
pub(crate) async fn answer(app: &Arc<App>, request: Request<Incoming>) -> Response<Body> {
    let (status, reply) = match respond(app, request).await {
        Ok(message) => (200, with_message(&message)),
        Err((status, text)) => (status, failed(code_of(status), &text)),
    };
    app.metrics.request("grpc", status);
    reply
}

async fn respond(app: &Arc<App>, request: Request<Incoming>) -> Result<Vec<u8>, (u16, String)> {
    let refuse = |status: u16, text: &str| Err((status, text.to_owned()));
    if let Err(intruder) = guard::check(&request, &app.allowed_hosts) {
        return refuse(403, &intruder.to_string());
    }
    if request.uri().path() != EXPORT {
        return refuse(404, "the lab has one method: LogsService/Export");
    }
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    if !kind.starts_with("application/grpc") {
        return refuse(415, "content-type must be application/grpc");
    }
    let named = request.headers().get("grpc-encoding").map_or(Some(""), |value| value.to_str().ok());
    let Some(packing) = named.and_then(Packing::named) else {
        return refuse(404, "grpc-encoding must be gzip, zstd or identity");
    };
    let mut held = body::read(request.into_body(), PACKED_MAX + PREFIX, &app.room)
        .await
        .map_err(|error| (error.status(), error.to_string()))?;
    let prefix = held.bytes.split_to(held.bytes.len().min(PREFIX));
    let &[packed, a, b, c, d] = prefix.as_ref() else { return refuse(400, "the call holds no message") };
    if u32::from_be_bytes([a, b, c, d]) as usize != held.bytes.len() || packed > 1 {
        return refuse(400, "the call does not hold exactly one message");
    }
    let packing = if packed == 1 { packing } else { Packing::Identity };
    if let Some(fault) = app.faults.take() {
        tokio::time::sleep(fault.delay).await;
        if !(200..300).contains(&fault.status) {
            return refuse(fault.status, "a fault that was asked for with POST /api/fault");
        }
    }
    let taken = ingest::take(app, held, packing, Encoding::Protobuf)
        .await
        .map_err(|error| (error.status(), error.to_string()))?;
    Ok(protobuf_response(taken.rejected, &taken.message))
}

fn with_message(message: &[u8]) -> Response<Body> {
    let mut framed = Vec::with_capacity(PREFIX + message.len());
    framed.push(0);
    framed.extend_from_slice(&u32::try_from(message.len()).unwrap_or(0).to_be_bytes());
    framed.extend_from_slice(message);
    let trailers: Trailers = Box::pin(std::future::ready(Some(Ok(status_headers(code::OK, "")))));
    let body = Full::new(Bytes::from(framed)).with_trailers(trailers);
    let mut response = Response::new(Either::Right(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}

/// A failed call: HTTP 200, and the status in the headers.
fn failed(code: u8, text: &str) -> Response<Body> {
    let mut response = Response::new(Either::Left(Full::default()));
    *response.status_mut() = StatusCode::OK;
    *response.headers_mut() = status_headers(code, text);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}

fn status_headers(code: u8, text: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("grpc-status", HeaderValue::from(u16::from(code)));
    if !text.is_empty() {
        // Messages of the lab are ASCII but for quotations; what a header cannot hold is percent-encoded.
        let mut encoded = String::with_capacity(text.len());
        for byte in text.bytes() {
            if (b' '..=b'~').contains(&byte) && byte != b'%' {
                encoded.push(char::from(byte));
            } else {
                encoded.push_str(&format!("%{byte:02X}"));
            }
        }
        if let Ok(value) = HeaderValue::try_from(encoded) {
            headers.insert("grpc-message", value);
        }
    }
    headers
}
