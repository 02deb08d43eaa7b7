//! `FunnelContext` as an argument of an axum handler.

use std::convert::Infallible;

use axum_core::extract::FromRequestParts;
use http::request::Parts;

use crate::context::FunnelContext;

/// Never refuses: a handler that runs without the layer runs.
impl<S: Send + Sync> FromRequestParts<S> for FunnelContext {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions))
    }
}
