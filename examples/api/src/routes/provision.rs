//! Step two, on seven routes.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use instant_funnel_tower::FunnelContext;
use serde::Serialize;
use uuid::Uuid;

use crate::error::Failure;
use crate::server::App;

/// What can be had without an account.
#[derive(Debug, Clone, Copy)]
pub(super) enum Service {
    Db,
    Cache,
    Nosql,
    Vector,
    Queue,
    Storage,
    Webhook,
}

impl Service {
    pub(super) const ALL: &'static [Self] =
        &[Self::Db, Self::Cache, Self::Nosql, Self::Vector, Self::Queue, Self::Storage, Self::Webhook];

    /// In the path, in the database and in the event.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Db => "db",
            Self::Cache => "cache",
            Self::Nosql => "nosql",
            Self::Vector => "vector",
            Self::Queue => "queue",
            Self::Storage => "storage",
            Self::Webhook => "webhook",
        }
    }
}

#[derive(Serialize)]
pub(super) struct Resource {
    id: Uuid,
    service: &'static str,
}

/// Makes the resource, then records the step: what failed was not a step.
pub(super) async fn provision(
    service: Service,
    State(app): State<App>,
    funnel: FunnelContext,
) -> Result<(StatusCode, Json<Resource>), Failure> {
    let service = service.as_str();
    let id = app.store.create_resource(service, funnel.journey().map(|journey| journey.id())).await?;
    funnel.provision(service).tier("anonymous").record();
    Ok((StatusCode::CREATED, Json(Resource { id, service })))
}
