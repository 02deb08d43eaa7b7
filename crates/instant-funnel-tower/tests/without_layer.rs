//! A handler that was mounted outside the layer still answers.

use http::Extensions;
use instant_funnel::{Actor, Journey, TeamId};
use instant_funnel_tower::FunnelContext;

#[test]
fn nothing_is_recorded_and_nothing_fails() {
    let funnel = FunnelContext::of(&Extensions::new());
    funnel.landing().record();
    funnel.paid(TeamId::from_uuid(Default::default()), Journey::Unknown).record();
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
