//! axum: the layer as it is.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use instant_funnel::{EventId, TeamId};
use instant_funnel_tower::{FunnelContext, FunnelLayer};

use crate::{Charge, Teams};

/// The service. The layer comes last: a route that is added after it is outside.
pub fn service(layer: FunnelLayer) -> Router {
    Router::new()
        .route("/", get(start))
        .route("/db", post(create))
        .route("/claim", post(claim))
        .route("/billing", post(billing))
        .layer(layer)
        .with_state(Teams::default())
}

async fn start(funnel: FunnelContext) {
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

async fn billing(State(teams): State<Teams>, funnel: FunnelContext, Json(charge): Json<Charge>) {
    let paid = funnel.paid(charge.team, teams.journey(charge.team));
    paid.event_id(EventId::of("paid", &charge.id)).tier("pro").renewal(false).record();
}
