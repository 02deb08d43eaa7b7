use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use instant_funnel::TeamId;

use crate::{Charge, Teams};

/// The service.
pub fn service() -> Router {
    Router::new()
        .route("/", get(start))
        .route("/db", post(create))
        .route("/claim", post(claim))
        .route("/billing", post(billing))
        .with_state(Teams::default())
}

async fn start() {}

async fn create() {}

async fn claim(State(teams): State<Teams>) -> Json<TeamId> {
    let team = teams.create(None);
    Json(team)
}

async fn billing(Json(_): Json<Charge>) {}
