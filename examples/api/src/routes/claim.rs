//! Step three: the anonymous part of a journey gets a name.

use crate::error::Failure;
use crate::server::App;
use crate::store::Claimed;
use crate::token::Onboarding;
use axum::Json;
use axum::extract::State;
use instant_funnel::{Cohort, EventId, Journey, TeamId};
use instant_funnel_tower::FunnelContext;
use serde::{Deserialize, Serialize};

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
    let token = Onboarding::verify(&claim.token, &app.signing).ok_or(Failure::Unsigned)?;
    let told = |claimed: &Claimed| {
        if let Claimed::Now { team, email } = claimed {
            record(&funnel, &token, *team, email);
        }
    };
    match app.store.claim(&token, &claim.team, told).await?.ok_or(Failure::Missing)? {
        Claimed::Now { team, .. } | Claimed::Before(team) => Ok(Json(Team { team: team.to_string() })),
    }
}

/// The journey and the cohort are the token's: a mail is often opened in another browser than the one that asked.
fn record(funnel: &FunnelContext, token: &Onboarding, team: TeamId, email: &str) {
    let mut event = funnel
        .claim(team)
        .journey(token.journey.map(Journey::from))
        .event_id(EventId::of("claim", token.id))
        .tier("free")
        .email_hash(funnel.email_hash(email));
    if token.synthetic {
        event = event.cohort(Cohort::Synthetic);
    }
    event.record();
}
