//! Step one.

use axum::response::Html;
use instant_funnel_tower::FunnelContext;

/// The start of onboarding. The layer mints the journey here, if the visitor has none, and answers with the cookie.
pub(super) async fn start(funnel: FunnelContext) -> Html<&'static str> {
    funnel.landing().record();
    Html("<!doctype html><title>Start</title><p>POST /v1/db and you have a database.</p>")
}
