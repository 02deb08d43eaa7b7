//! One span and one line a request, with nothing of whoever sent it.
//!
//! The route's pattern, not the path; no query string, no header, no address, no body. That is what keeps tokens and
//! e-mail addresses out of the log without anybody having to scrub it.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

pub(crate) async fn access_log(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    let method = request.method().clone();
    let span =
        tracing::info_span!("request", otel.name = %format_args!("{method} {route}"), otel.kind = "server");
    let start = Instant::now();
    async move {
        let response = next.run(request).await;
        let status = response.status().as_u16();
        let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        tracing::info!(%method, route, status, micros, "answered");
        response
    }
    .instrument(span)
    .await
}
