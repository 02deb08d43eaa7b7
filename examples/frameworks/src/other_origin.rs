//! axum: a service whose page comes from another origin, such as a single-page application. `other_origin.html` is the
//! page.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use http::{HeaderName, HeaderValue, Method};
use instant_funnel::TeamId;
use instant_funnel_tower::{FunnelContext, FunnelLayer};
use tower_http::cors::CorsLayer;

use crate::Teams;

/// Takes the journey there and brings it back where no cookie can.
pub const HEADER: HeaderName = HeaderName::from_static("x-journey-id");

/// The service, for pages from these origins. CORS comes last, so that its preflights do not reach the funnel.
pub fn service(layer: FunnelLayer, pages: impl IntoIterator<Item = HeaderValue>) -> Router {
    let cors = CorsLayer::new()
        .allow_origin(pages.into_iter().collect::<Vec<_>>())
        .allow_methods([Method::POST])
        .allow_headers([HEADER])
        .expose_headers([HEADER])
        .allow_credentials(true);
    Router::new()
        .route("/first-touch", post(first_touch))
        .route("/db", post(create))
        .route("/claim", post(claim))
        .layer(layer)
        .layer(cors)
        .with_state(Teams::default())
}

/// The page asks for this when it opens: its own request was answered by a file server.
async fn first_touch(funnel: FunnelContext) {
    funnel.landing().record();
}

async fn create(funnel: FunnelContext) {
    funnel.provision("db").tier("anonymous").record();
}

async fn claim(State(teams): State<Teams>, funnel: FunnelContext) -> Json<TeamId> {
    let team = teams.create(funnel.journey());
    funnel.claim(team).tier("free").record();
    Json(team)
}
