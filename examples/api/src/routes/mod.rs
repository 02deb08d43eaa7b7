//! The routes.

mod billing;
mod claim;
mod landing;
mod onboarding;
mod operations;
mod provision;

use axum::Router;
use axum::routing::{get, post};

use self::provision::Service;
use crate::server::App;

/// The most that a body may weigh, in bytes.
const BODY_MAX: usize = 16 * 1024;

/// The routes that people and the billing system use.
pub(crate) fn public() -> Router<App> {
    let mut router = Router::new()
        .route("/start", get(landing::start))
        .route("/onboarding", post(onboarding::ask))
        .route("/claim", post(claim::claim))
        .route("/billing/webhook", post(billing::webhook));
    for service in Service::ALL {
        let path = format!("/v1/{}", service.as_str());
        router = router.route(&path, post(move |app, funnel| provision::provision(*service, app, funnel)));
    }
    router.layer(axum::extract::DefaultBodyLimit::max(BODY_MAX))
}

/// The routes that machines look at. They are behind no funnel.
pub(crate) fn operations() -> Router<App> {
    Router::new().route("/metrics", get(operations::metrics)).route("/healthz", get(operations::healthz))
}
