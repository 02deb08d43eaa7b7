//! Step four: money, told by a machine that tells it more than once and not in order.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use instant_funnel::{EventId, TeamId};
use instant_funnel_tower::FunnelContext;
use serde::Deserialize;

use crate::clock;
use crate::error::Failure;
use crate::server::App;
use crate::store::{Charge, Team};

const SIGNATURE: &str = "x-billing-signature";

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Delivery {
    #[serde(rename = "subscription.activated")]
    Activated { team: TeamId, plan: String },
    #[serde(rename = "subscription.charged")]
    Charged { team: TeamId, plan: String, subscription: String, charge: String, period: i64, charged_at: i64 },
    #[serde(other)]
    Other,
}

/// Takes a delivery whose signature holds over the body as it came: parsing first and signing what one has written
/// anew breaks on the first space.
pub(super) async fn webhook(
    State(app): State<App>,
    funnel: FunnelContext,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Failure> {
    let signature = headers.get(SIGNATURE).and_then(|value| const_hex::decode(value.as_bytes()).ok());
    if !signature.is_some_and(|signature| app.billing.verifies(&body, &signature)) {
        return Err(Failure::Unsigned);
    }
    match serde_json::from_slice(&body).map_err(|_| Failure::Malformed)? {
        Delivery::Activated { team, plan } => {
            // Unknown teams are 404, so that the billing system tries again: the claim may still be on its way.
            app.store.activate(team, &plan).await?.then_some(()).ok_or(Failure::Missing)?;
        }
        Delivery::Charged { team, plan, subscription, charge, period, charged_at } => {
            let team = app.store.team(team).await?.ok_or(Failure::Missing)?;
            let charge = Charge { id: charge, team: team.id, subscription, period, charged_at };
            app.store.keep_charge(&charge, |renewal| record(&funnel, team, &charge, &plan, renewal)).await?;
        }
        Delivery::Other => {}
    }
    Ok(StatusCode::OK)
}

/// Who paid is what the database kept; the request only says that somebody did.
fn record(funnel: &FunnelContext, team: Team, charge: &Charge, plan: &str, renewal: bool) {
    let event = funnel
        .paid(team.id, team.journey)
        .event_id(EventId::of("paid", &charge.id))
        .at(clock::time(charge.charged_at))
        .tier(plan)
        .renewal(renewal);
    event.record();
}
