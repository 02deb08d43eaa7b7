//! OTLP over gRPC: `Export` of the three services, unary, over HTTP/2 with prior knowledge.
//!
//! A unary call is one length-prefixed message each way and a trailer, so hyper alone carries it; see
//! `docs/adr/0004-lab-stack.md` for what a gRPC framework would have cost.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::Bytes;
use http_body_util::{BodyExt, Either, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::{Request, Response, StatusCode};

use super::ingest::{self, Encoding, PACKED_MAX, Payload};
use super::status::{Refusal, code, code_of};
use super::{body, guard, proto};
use crate::app::App;
use crate::otlp::packing::Packing;
use crate::otlp::signal::Signal;

/// The flag and the length before a message.
const PREFIX: usize = 5;

type Trailers = Pin<Box<dyn Future<Output = Option<Result<HeaderMap, Infallible>>> + Send>>;
type Body = Either<Full<Bytes>, http_body_util::combinators::WithTrailers<Full<Bytes>, Trailers>>;

/// Answers one call.
pub(crate) async fn answer(app: &Arc<App>, request: Request<Incoming>) -> Response<Body> {
    match respond(app, request).await {
        Ok(taken) => {
            app.note_taken("grpc", taken.rejected, &taken.message);
            app.metrics.request("grpc", 200);
            with_message(&proto::export_response(taken.rejected, &taken.message))
        }
        Err(refusal) => {
            app.note_refused("grpc", refusal.status, &refusal.reason);
            app.metrics.request("grpc", refusal.status);
            failed(&refusal)
        }
    }
}

async fn respond(app: &Arc<App>, request: Request<Incoming>) -> Result<ingest::Taken, Refusal> {
    guard::check(&request, &app.allowed_hosts, &[])
        .map_err(|intruder| Refusal::new(403, intruder.to_string()))?;
    let Some(signal) = Signal::of_method(request.uri().path()) else {
        return Err(Refusal::new(
            404,
            "the lab supports only the method Export of LogsService, TraceService and MetricsService",
        ));
    };
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    if !kind.starts_with("application/grpc") {
        return Err(Refusal::new(415, "content-type must be application/grpc"));
    }
    let named = request.headers().get("grpc-encoding").map_or(Some(""), |value| value.to_str().ok());
    let Some(packing) = named.and_then(Packing::named) else {
        return Err(Refusal::new(404, format!("grpc-encoding must be {}", Packing::NAMES)));
    };
    let mut held = body::read(request.into_body(), PACKED_MAX + PREFIX, &app.room).await?;
    let prefix = held.bytes.split_to(held.bytes.len().min(PREFIX));
    let &[packed, a, b, c, d] = prefix.as_ref() else {
        return Err(Refusal::new(400, "the call contains no message"));
    };
    if u32::from_be_bytes([a, b, c, d]) as usize != held.bytes.len() || packed > 1 {
        return Err(Refusal::new(400, "the call does not contain exactly one message"));
    }
    let packing = if packed == 1 { packing } else { Packing::Identity };
    ingest::receive(app, Payload { held, signal, packing, encoding: Encoding::Protobuf }).await
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
fn failed(refusal: &Refusal) -> Response<Body> {
    let mut code = code_of(refusal.status);
    if code == code::OK {
        code = code::UNKNOWN;
    }
    let mut response = Response::new(Either::Left(Full::default()));
    *response.status_mut() = StatusCode::OK;
    let mut headers = status_headers(code, &refusal.reason);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert("grpc-accept-encoding", HeaderValue::from_static("identity,gzip,deflate,zstd"));
    // Senders take RESOURCE_EXHAUSTED for final unless they are told when to retry.
    let is_passing = matches!(code, code::UNAVAILABLE | code::RESOURCE_EXHAUSTED);
    if let Some(seconds) = refusal.retry_after_s.filter(|_| is_passing) {
        let status = proto::status(code, &refusal.reason, Some(seconds));
        if let Ok(value) = HeaderValue::try_from(STANDARD_NO_PAD.encode(status)) {
            headers.insert("grpc-status-details-bin", value);
        }
    }
    *response.headers_mut() = headers;
    response
}

/// The headers that end a call.
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
