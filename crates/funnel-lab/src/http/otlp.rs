//! OTLP over HTTP: `POST /v1/logs`, answered as the OTLP specification says.

use super::body;
use super::guard;
use super::ingest::{self, Encoding, PACKED_MAX};
use super::reply::{Reply, reply, retry_after};
use crate::app::App;
use crate::otlp::body::Packing;
use crate::otlp::write_json_text;
use hyper::body::Incoming;
use hyper::header::{ALLOW, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::{Method, Request, StatusCode};
use std::sync::Arc;

/// Answers one request of the OTLP door.
pub(crate) async fn answer(app: &Arc<App>, request: Request<Incoming>) -> Reply {
    let reply = respond(app, request).await;
    app.metrics.request("http", reply.status().as_u16());
    reply
}

async fn respond(app: &Arc<App>, request: Request<Incoming>) -> Reply {
    let encoding = encoding(request.headers());
    let spoken = encoding.unwrap_or(Encoding::Json);
    if let Err(intruder) = guard::check(&request, &app.allowed_hosts) {
        return failed(spoken, 403, &intruder.to_string());
    }
    match request.uri().path() {
        "/v1/logs" => {}
        "/v1/traces" | "/v1/metrics" => return failed(spoken, 404, "the lab takes logs only: POST /v1/logs"),
        _ => return failed(spoken, 404, "nothing here but POST /v1/logs; the page is at another port"),
    }
    if request.method() != Method::POST {
        let mut refused = failed(spoken, 405, "use POST");
        refused.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        return refused;
    }
    let Some(encoding) = encoding else {
        return failed(spoken, 415, "content-type must be application/x-protobuf or application/json");
    };
    let named = request.headers().get(CONTENT_ENCODING).map_or(Some(""), |value| value.to_str().ok());
    let Some(packing) = named.and_then(Packing::named) else {
        return failed(encoding, 415, "content-encoding must be gzip, zstd or identity");
    };
    let held = match body::read(request.into_body(), PACKED_MAX, &app.room).await {
        Ok(held) => held,
        Err(error) => return refused(encoding, error.status(), &error.to_string()),
    };
    if let Some(fault) = app.faults.take() {
        tokio::time::sleep(fault.delay).await;
        if !(200..300).contains(&fault.status) {
            let sick = failed(encoding, fault.status, "a fault that was asked for with POST /api/fault");
            return fault.retry_after_s.map_or(sick.clone(), |seconds| retry_after(sick, seconds));
        }
    }
    match ingest::take(app, held, packing, encoding).await {
        Ok(taken) => stored(encoding, taken.rejected, &taken.message),
        Err(error) => refused(encoding, error.status(), &error.to_string()),
    }
}

/// [`failed`], with the time after which it is worth asking again, where it is.
fn refused(encoding: Encoding, status: u16, message: &str) -> Reply {
    let refused = failed(encoding, status, message);
    if status == 503 { retry_after(refused, 1) } else { refused }
}

fn encoding(headers: &HeaderMap) -> Option<Encoding> {
    let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    match kind.split(';').next().unwrap_or("").trim().to_ascii_lowercase().as_str() {
        "application/x-protobuf" | "application/protobuf" => Some(Encoding::Protobuf),
        "application/json" => Some(Encoding::Json),
        _ => None,
    }
}

fn kind(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Protobuf => "application/x-protobuf",
        Encoding::Json => "application/json",
    }
}

/// `ExportLogsServiceResponse`, with `partial_success` when there is something to say.
fn stored(encoding: Encoding, rejected: u64, message: &str) -> Reply {
    let body = match encoding {
        Encoding::Protobuf => protobuf_response(rejected, message),
        Encoding::Json => {
            let mut json = String::from("{}");
            if rejected > 0 || !message.is_empty() {
                json =
                    format!("{{\"partialSuccess\":{{\"rejectedLogRecords\":\"{rejected}\",\"errorMessage\":");
                write_json_text(&mut json, message);
                json.push_str("}}");
            }
            json.into_bytes()
        }
    };
    reply(StatusCode::OK, kind(encoding), body)
}

/// `google.rpc.Status` in the encoding of the request.
fn failed(encoding: Encoding, status: u16, message: &str) -> Reply {
    let code = super::grpc::code_of(status);
    let body = match encoding {
        Encoding::Protobuf => {
            let mut body = vec![1 << 3, code];
            bytes_field(&mut body, 2, message.as_bytes());
            body
        }
        Encoding::Json => {
            let mut json = format!("{{\"code\":{code},\"message\":");
            write_json_text(&mut json, message);
            json.push('}');
            json.into_bytes()
        }
    };
    reply(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), kind(encoding), body)
}

/// `ExportLogsServiceResponse` as protobuf.
pub(crate) fn protobuf_response(rejected: u64, message: &str) -> Vec<u8> {
    let mut response = Vec::new();
    if rejected > 0 || !message.is_empty() {
        let mut partial = Vec::new();
        if rejected > 0 {
            partial.push(1 << 3);
            varint(&mut partial, rejected);
        }
        bytes_field(&mut partial, 2, message.as_bytes());
        bytes_field(&mut response, 1, &partial);
    }
    response
}

fn bytes_field(out: &mut Vec<u8>, number: u8, payload: &[u8]) {
    out.push(number << 3 | 2);
    varint(out, payload.len() as u64);
    out.extend_from_slice(payload);
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
