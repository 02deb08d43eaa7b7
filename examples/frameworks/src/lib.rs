//! One funnel in four frameworks: `landing → provision → claim → paid`, joined by one journey.
//!
//! | framework | how | file |
//! |---|---|---|
//! | axum | the layer as it is, the context as an extractor | `axum_service.rs` |
//! | actix-web, whose `http` is another version | a middleware over [`FunnelLayer::begin`](instant_funnel_tower::FunnelLayer::begin) | `actix_service.rs` |
//! | hyper without a framework | the layer around a `service_fn` | `hyper_service.rs` |
//! | axum, with the page on another origin | the layer behind CORS | `other_origin.rs` |
//! | tonic | an interceptor on each side of a call | `grpc.rs` |

pub mod actix_service;
pub mod axum_service;
pub mod grpc;
pub mod hyper_service;
pub mod other_origin;
pub mod protocol;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use instant_funnel::{Funnel, Journey, TeamId};
use instant_funnel_tower::{FunnelLayer, JourneyCookie, SettingError, SigningKey};

/// The layer that all of them use. `secret` signs the cookie.
///
/// # Errors
/// A secret of fewer than 32 bytes.
pub fn layer(funnel: Funnel, secret: &str) -> Result<FunnelLayer, SettingError> {
    // A browser sends a `Secure` cookie over TLS only; these examples listen without.
    let cookie = JourneyCookie::new(SigningKey::new(secret)?).secure(false);
    let header = http::HeaderName::from_static("x-journey-id");
    Ok(FunnelLayer::new(funnel).journey_cookie(cookie).journey_header(header))
}

/// What a database would keep: beside each team, the journey as text.
#[derive(Debug, Clone, Default)]
pub struct Teams(Arc<Mutex<HashMap<TeamId, String>>>);

impl Teams {
    /// Makes a team.
    pub fn create(&self, journey: Option<Journey>) -> TeamId {
        let team = TeamId::new();
        let column = journey.map(|journey| journey.to_string()).unwrap_or_default();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(team, column);
        team
    }

    /// The journey of a team.
    #[must_use]
    pub fn journey(&self, team: TeamId) -> Option<Journey> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&team)?.parse().ok()
    }
}

/// A charge, as a billing system tells it.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Charge {
    /// Its id there.
    pub id: String,
    /// Whose it is.
    pub team: TeamId,
}
