//! A handler that was mounted outside the layer still answers.

use http::Extensions;
use instant_funnel::{Actor, TeamId};
use instant_funnel_tower::FunnelContext;

#[test]
fn nothing_is_recorded_and_nothing_fails() {
    let funnel = FunnelContext::of(&Extensions::new());
    funnel.landing().record();
    funnel.paid(TeamId::parse("5f8d0e1a-3b7c-4d2e-9f10-1a2b3c4d5e6f").unwrap(), None).record();
    assert_eq!((funnel.journey(), funnel.actor(), funnel.cohort()), (None, Actor::Unknown, None));
    assert!(funnel.fingerprint().is_none() && funnel.email_hash("jane@example.com").is_none());
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn the_extractor_never_refuses() {
    use axum_core::extract::FromRequestParts;

    let (mut parts, ()) = http::Request::new(()).into_parts();
    let Ok(funnel) = FunnelContext::from_request_parts(&mut parts, &()).await;
    funnel.provision("db").record();
}
