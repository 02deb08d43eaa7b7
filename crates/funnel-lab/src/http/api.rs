//! The page's listener: the page, the API, NerdGraph.

use std::sync::Arc;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, StatusCode};
use serde_json::{Value, json};

use super::body::{self, Held};
use super::bounds::ASKED_MAX;
use super::reply::{Reply, error_reply, json_reply, reply, retry_after};
use super::{asset, exposition, figures, filter, guard};
use crate::app::App;
use crate::conservation;
use crate::contracts::{JOURNEY, Layout};
use crate::examples;
use crate::faults::Fault;
use crate::graphql;
use crate::otlp::json::tree_bytes;
use crate::query::QueryError;
use crate::room::{NoRoom, Share};

/// The most bytes of a body of the API.
const BODY_MAX: usize = 256 * 1024;
/// Answers up to this length are not counted.
const SMALL: usize = 64 * 1024;

/// Answers one request of the page's door.
pub(crate) async fn answer(app: &Arc<App>, request: Request<Incoming>) -> Reply {
    if let Err(intruder) = guard::check(&request, &app.allowed_hosts, &[]) {
        return error_reply(StatusCode::FORBIDDEN, &intruder.to_string());
    }
    let path = request.uri().path().to_owned();
    let asked = request.uri().query().unwrap_or("").to_owned();
    match (request.method(), path.as_str()) {
        (&Method::GET | &Method::HEAD, path) => get(app, path, &asked).await,
        (&Method::POST, "/graphql" | "/api/query" | "/api/reset" | "/api/fault") => {
            match body(app, request).await {
                // The share is held for as long as the body is.
                Ok((body, _share)) => post(app, &path, body).await,
                Err(refused) => refused,
            }
        }
        _ if asset::find(&path).is_some() || path.starts_with("/api/") => {
            let mut refused =
                error_reply(StatusCode::METHOD_NOT_ALLOWED, "this address does not accept this method");
            refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, POST"));
            refused
        }
        _ => error_reply(StatusCode::NOT_FOUND, "nothing here"),
    }
}

async fn get(app: &Arc<App>, path: &str, asked: &str) -> Reply {
    match path {
        "/healthz" => reply(StatusCode::OK, "text/plain; charset=utf-8", "ok\n"),
        "/metrics" => {
            let text = exposition::exposition(app) + &figures::gauges(app).await;
            reply(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", text)
        }
        "/api/counts" => json_reply(StatusCode::OK, &app.counts_json()),
        "/api/report" | "/api/stopped" | "/api/dimensions" => figures::answer(app, path, asked).await,
        "/api/events" => events(app, asked).await,
        "/api/problems" => list(app, "problems", |app| app.reader.problems()).await,
        "/api/journey" => journey(app, asked).await,
        "/api/refused" => json_reply(StatusCode::OK, &app.refusals.to_json()),
        "/api/fault" => json_reply(StatusCode::OK, &Fault::to_json(app.faults.get())),
        "/api/page" => json_reply(StatusCode::OK, &page(app)),
        "/api/conservation" => {
            let lines: Vec<Value> = app
                .services
                .iter()
                .map(|service| conservation::to_json(&service.name(), service.line()))
                .collect();
            json_reply(StatusCode::OK, &json!({"services": lines}))
        }
        _ => asset::find(path).unwrap_or_else(|| error_reply(StatusCode::NOT_FOUND, "nothing here")),
    }
}

/// The body as JSON. Only `application/json` is taken: it is what a cross-site form cannot send.
async fn body(app: &Arc<App>, request: Request<Incoming>) -> Result<(Value, Share), Reply> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    let is_json =
        kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
    let reset = request.uri().path() == "/api/reset";
    let needs_none = reset && kind.is_empty();
    if !is_json && !needs_none {
        return Err(error_reply(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content-type must be application/json"));
    }
    let read = body::read(request.into_body(), BODY_MAX, &app.asked).await;
    let Held { bytes, mut share } = read.map_err(|error| {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
        let refused = error_reply(status, &error.to_string());
        if status == StatusCode::SERVICE_UNAVAILABLE { retry_after(refused, 1) } else { refused }
    })?;
    if bytes.is_empty() && reset {
        return Ok((Value::Null, share));
    }
    let refused = |status, message: &str| error_reply(status, message);
    let tree = tree_bytes(&bytes).map_err(|error| refused(StatusCode::BAD_REQUEST, &error.detail()))?;
    if bytes.len() + tree > ASKED_MAX {
        return Err(refused(StatusCode::PAYLOAD_TOO_LARGE, "the body contains too many values"));
    }
    share.cover(bytes.len() + tree).map_err(|full| no_room(&full))?;
    let value: Value = serde_json::from_slice(&bytes)
        .map_err(|error| refused(StatusCode::BAD_REQUEST, &format!("the body is not JSON: {error}")))?;
    if !value.is_object() {
        return Err(refused(StatusCode::BAD_REQUEST, "the body must be a JSON object"));
    }
    drop(bytes);
    share.shrink(tree);
    Ok((value, share))
}

fn no_room(full: &NoRoom) -> Reply {
    retry_after(error_reply(StatusCode::SERVICE_UNAVAILABLE, &full.to_string()), 1)
}

/// A JSON answer; one of some length takes its share of what all answers together may hold, until it is sent.
fn answer_json(app: &App, body: &Value) -> Reply {
    let text = body.to_string();
    if text.len() <= SMALL {
        return reply(StatusCode::OK, "application/json", text);
    }
    let mut share = app.answers.share();
    if let Err(full) = share.cover(text.len()) {
        return no_room(&full);
    }
    reply(StatusCode::OK, "application/json", Bytes::from_owner(Sent { text, _share: share }))
}

/// An answer on its way.
struct Sent {
    text: String,
    _share: Share,
}

impl AsRef<[u8]> for Sent {
    fn as_ref(&self) -> &[u8] {
        self.text.as_bytes()
    }
}

async fn post(app: &Arc<App>, path: &str, body: Value) -> Reply {
    match path {
        "/graphql" => answer_json(app, &graphql::answer(Arc::clone(&app.queries), body).await),
        "/api/query" => ask(app, &body).await,
        "/api/reset" => match app.writer.reset().await {
            Ok(()) => {
                app.forget();
                json_reply(StatusCode::OK, &app.counts_json())
            }
            Err(error) => retry_after(error_reply(StatusCode::SERVICE_UNAVAILABLE, &error.to_string()), 1),
        },
        _ => match Fault::parse(&body) {
            Ok(fault) => {
                app.faults.set(fault);
                json_reply(StatusCode::OK, &Fault::to_json(fault))
            }
            Err(error) => error_reply(StatusCode::BAD_REQUEST, &error.to_string()),
        },
    }
}

async fn ask(app: &Arc<App>, body: &Value) -> Reply {
    let Some(text) = body.get("nrql").and_then(Value::as_str) else {
        return error_reply(StatusCode::BAD_REQUEST, "give the query as {\"nrql\": \"…\"}");
    };
    match app.queries.run(text).await {
        Ok(answer) => answer_json(app, &answer.to_nerdgraph()),
        Err(error) => {
            let status = match &error {
                QueryError::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
                error if error.is_askers() => StatusCode::BAD_REQUEST,
                QueryError::TimedOut | QueryError::Eval(nrql::EvalError::TimeLimit) => {
                    StatusCode::GATEWAY_TIMEOUT
                }
                QueryError::Busy => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::INTERNAL_SERVER_ERROR,
            };
            let failed = json_reply(status, &json!({"error": error.to_json(text)}));
            if status == StatusCode::SERVICE_UNAVAILABLE { retry_after(failed, 1) } else { failed }
        }
    }
}

async fn events(app: &Arc<App>, asked: &str) -> Reply {
    let filter = match filter::parse(asked) {
        Ok(filter) => filter,
        Err(wrong) => return error_reply(StatusCode::BAD_REQUEST, wrong),
    };
    list(app, "events", move |app| app.reader.events(&filter)).await
}

/// The events of one journey, as they happened.
async fn journey(app: &Arc<App>, asked: &str) -> Reply {
    let id = asked.strip_prefix("id=").filter(|id| {
        (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    });
    let Some(id) = id.map(str::to_owned) else {
        return error_reply(StatusCode::BAD_REQUEST, "give the journey's id as ?id=UUID");
    };
    list(app, "events", move |app| app.reader.journey(JOURNEY, &id)).await
}

async fn list(
    app: &Arc<App>,
    name: &'static str,
    read: impl FnOnce(&App) -> rusqlite::Result<Vec<Value>> + Send + 'static,
) -> Reply {
    let reading = Arc::clone(app);
    match tokio::task::spawn_blocking(move || read(&reading)).await {
        Ok(Ok(events)) => answer_json(app, &json!({name: events})),
        Ok(Err(error)) => error_reply(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        Err(_) => error_reply(StatusCode::INTERNAL_SERVER_ERROR, "the events could not be read"),
    }
}

/// What the page needs once.
fn page(app: &App) -> Value {
    let functions: Vec<&str> = nrql::functions().map(|function| function.name).collect();
    let contracts: Vec<Value> = app.columns.contracts().iter().map(contract).collect();
    json!({
        "event": contracts[0]["event"],
        "steps": contracts[0]["steps"],
        "attributes": contracts[0]["attributes"],
        "contracts": contracts,
        "functions": functions,
        "examples": examples::all().map(|example| example.to_json()).collect::<Vec<_>>(),
        "otlp": format!("http://{}", app.otlp),
        "grpc": format!("http://{}", app.grpc),
        "file": app.reader.path().display().to_string(),
        "version": env!("CARGO_PKG_VERSION"),
    })
}

fn contract(layout: &Layout) -> Value {
    let contract = layout.contract;
    let steps: Vec<&str> = contract.steps.iter().map(|step| step.name).collect();
    let attributes = contract.attributes.iter();
    let attributes: Vec<Value> = attributes.map(|a| json!({"key": a.key, "brief": a.brief})).collect();
    json!({"event": contract.event_name, "steps": steps, "attributes": attributes})
}
