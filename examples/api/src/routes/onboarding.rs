//! Between steps two and three: the journey goes into a token, and the token into a mail.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use instant_funnel_tower::FunnelContext;
use serde::Deserialize;

use crate::error::Failure;
use crate::mail::Mail;
use crate::server::App;
use crate::token::Onboarding;

#[derive(Deserialize)]
pub(super) struct Ask {
    email: String,
}

/// Mails a link that only the owner of the address can follow.
pub(super) async fn ask(
    State(app): State<App>,
    funnel: FunnelContext,
    Json(ask): Json<Ask>,
) -> Result<StatusCode, Failure> {
    let plausible = ask.email.len() <= 254
        && ask.email.split_once('@').is_some_and(|(a, b)| !a.is_empty() && b.contains('.'));
    if !plausible {
        return Err(Failure::Malformed);
    }
    let onboarding = Onboarding::new(funnel.journey());
    app.store.create_onboarding(onboarding.id, &ask.email).await?;
    let link = format!("{}/start#token={}", app.public_url, onboarding.token(&app.signing));
    if !app.mailer.send(Mail { to: ask.email, link }) {
        return Err(Failure::Mail);
    }
    Ok(StatusCode::ACCEPTED)
}
