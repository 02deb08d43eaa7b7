//! For machines.

use axum::extract::State;
use axum::http::StatusCode;
use prometheus::{Encoder, TextEncoder};

use crate::server::App;

/// The counters, the funnel's among them. Keep it inside: put it behind the proxy's deny rule.
pub(super) async fn metrics(State(app): State<App>) -> Result<Vec<u8>, StatusCode> {
    let mut text = Vec::new();
    let encoded = TextEncoder::new().encode(&app.registry.gather(), &mut text);
    encoded.map(|()| text).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

pub(super) async fn healthz() -> &'static str {
    "ok"
}
