//! Step three: the anonymous part of a journey gets a name.

use axum::Json;
use axum::extract::State;
use instant_funnel::{EventId, TeamId};
use instant_funnel_tower::FunnelContext;
use serde::{Deserialize, Serialize};

use crate::error::Failure;
use crate::server::App;
use crate::store::Claimed;
use crate::token::Onboarding;

#[derive(Deserialize)]
pub(super) struct Claim {
    token: String,
    team: String,
}

#[derive(Serialize)]
pub(super) struct Team {
    team: String,
}

/// Makes the team. A token makes one team, however often it is handed in.
pub(super) async fn claim(
    State(app): State<App>,
    funnel: FunnelContext,
    Json(claim): Json<Claim>,
) -> Result<Json<Team>, Failure> {
    let token = Onboarding::open(&claim.token, &app.signing).ok_or(Failure::Unsigned)?;
    // A mail is often opened in another browser than the one that asked, where another journey may have begun.
    funnel.adopt(token.journey);
    let told = |claimed: &Claimed| {
        if let Claimed::Now { team, email } = claimed {
            record(&funnel, &token, *team, email);
        }
    };
    match app.store.claim(&token, &claim.team, told).await?.ok_or(Failure::Missing)? {
        Claimed::Now { team, .. } | Claimed::Before(team) => Ok(Json(Team { team: team.to_string() })),
    }
}

fn record(funnel: &FunnelContext, token: &Onboarding, team: TeamId, email: &str) {
    let event = funnel.claim(team).event_id(EventId::of("claim", token.id)).tier("free");
    event.email_hash(funnel.email_hash(email)).record();
}
