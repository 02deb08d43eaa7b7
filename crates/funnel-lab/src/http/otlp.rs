//! OTLP over HTTP: `POST /v1/logs`, `/v1/traces` and `/v1/metrics`, answered as the OTLP specification says.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{ACCEPT_ENCODING, ALLOW, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::{Method, Request, StatusCode};

use super::ingest::{self, Encoding, PACKED_MAX, Payload, Taken};
use super::reply::{Reply, reply, retry_after};
use super::status::{Refusal, code_of};
use super::{body, cors, guard, proto};
use crate::app::App;
use crate::otlp::packing::Packing;
use crate::otlp::signal::Signal;
use crate::otlp::write_json_text;

/// Answers one request of the OTLP door.
pub(crate) async fn answer(app: &Arc<App>, request: Request<Incoming>) -> Reply {
    let origin = cors::allowed(request.headers(), &app.allowed_origins);
    let encoding = encoding(request.headers());
    let reply = if origin.is_some() && cors::is_preflight(&request) {
        cors::preflight(request.headers())
    } else {
        match respond(app, request, encoding).await {
            Ok((encoding, taken)) => {
                app.note_taken("http", taken.rejected, &taken.message);
                app.metrics.request("http", 200);
                stored(encoding, &taken)
            }
            Err(refusal) => {
                app.note_refused("http", refusal.status, &refusal.reason);
                app.metrics.request("http", refusal.status);
                refused(encoding.unwrap_or(Encoding::Json), &refusal)
            }
        }
    };
    match origin {
        Some(origin) => cors::open(reply, origin),
        None => reply,
    }
}

async fn respond(
    app: &Arc<App>,
    request: Request<Incoming>,
    encoding: Option<Encoding>,
) -> Result<(Encoding, Taken), Refusal> {
    guard::check(&request, &app.allowed_hosts, &app.allowed_origins)
        .map_err(|intruder| Refusal::new(403, intruder.to_string()))?;
    let Some(signal) = Signal::at_path(request.uri().path()) else {
        return Err(Refusal::new(
            404,
            "this port serves only POST /v1/logs, /v1/traces and /v1/metrics; the page is on another port",
        ));
    };
    if request.method() != Method::POST {
        return Err(Refusal::new(405, "use POST"));
    }
    let Some(encoding) = encoding else {
        return Err(Refusal::new(415, "content-type must be application/x-protobuf or application/json"));
    };
    let named = request.headers().get(CONTENT_ENCODING).map_or(Some(""), |value| value.to_str().ok());
    let Some(packing) = named.and_then(Packing::named) else {
        return Err(Refusal::new(415, format!("content-encoding must be {}", Packing::NAMES)));
    };
    let held = body::read(request.into_body(), PACKED_MAX, &app.room).await?;
    let taken = ingest::receive(app, Payload { held, signal, packing, encoding }).await?;
    Ok((encoding, taken))
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

/// `Export…ServiceResponse`; only logs have something to say in it.
fn stored(encoding: Encoding, taken: &Taken) -> Reply {
    let Taken { rejected, message } = taken;
    let body = match encoding {
        Encoding::Protobuf => proto::export_response(*rejected, message),
        Encoding::Json => {
            let mut json = String::from("{}");
            if *rejected > 0 || !message.is_empty() {
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
fn refused(encoding: Encoding, refusal: &Refusal) -> Reply {
    let Refusal { status, reason, retry_after_s } = refusal;
    let code = code_of(*status);
    let body = match encoding {
        Encoding::Protobuf => proto::status(code, reason, None),
        Encoding::Json => {
            let mut json = format!("{{\"code\":{code},\"message\":");
            write_json_text(&mut json, reason);
            json.push('}');
            json.into_bytes()
        }
    };
    let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut refused = reply(status, kind(encoding), body);
    if status == StatusCode::METHOD_NOT_ALLOWED {
        refused.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
    }
    if status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
        refused.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip, deflate, zstd"));
    }
    match retry_after_s {
        Some(seconds) => retry_after(refused, *seconds),
        None => refused,
    }
}
