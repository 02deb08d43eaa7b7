//! actix-web: a middleware, since its `http` crate is another version.

use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::web::{Data, Json, ReqData, ServiceConfig, get, post};
use actix_web::{Error, HttpMessage, body::MessageBody, http::header::HeaderMap, middleware::Next};
use instant_funnel::{EventId, TeamId};
use instant_funnel_tower::{FunnelContext, FunnelLayer, IncomingRequest};

use crate::{Charge, Teams};

/// For `App::wrap(from_fn(middleware))`; the layer is `app_data`.
///
/// # Errors
/// Those of the handler.
pub async fn middleware(
    layer: Data<FunnelLayer>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let (headers, peer) = (&lines(request.headers()), request.peer_addr().map(|address| address.ip()));
    let (method, path) = (request.method().as_str(), request.path());
    let (context, finisher) = layer.begin(&IncomingRequest { method, path, headers, peer });
    request.extensions_mut().insert(context);
    let mut response = next.call(request).await?;
    for change in finisher.finish(&lines(response.headers())) {
        change.removed().map(|name| response.headers_mut().remove(name));
        if let Some((Ok(name), Ok(value))) = change.added().map(|(name, value)| (name.parse(), value.parse()))
        {
            response.headers_mut().append(name, value);
        }
    }
    Ok(response)
}

fn lines(headers: &HeaderMap) -> Vec<(String, Vec<u8>)> {
    headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect()
}

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.app_data(Data::new(Teams::default())).route("/", get().to(start)).route("/db", post().to(create));
    config.route("/claim", post().to(claim)).route("/billing", post().to(billing));
}

async fn start(funnel: ReqData<FunnelContext>) -> &'static str {
    funnel.landing().record();
    ""
}

async fn create(funnel: ReqData<FunnelContext>) -> &'static str {
    funnel.provision("db").tier("anonymous").record();
    ""
}

async fn claim(funnel: ReqData<FunnelContext>, teams: Data<Teams>) -> Json<TeamId> {
    let team = teams.create(funnel.journey());
    funnel.claim(team).tier("free").record();
    Json(team)
}

async fn billing(funnel: ReqData<FunnelContext>, teams: Data<Teams>, charge: Json<Charge>) -> &'static str {
    let paid = funnel.paid(charge.team, teams.journey(charge.team));
    paid.event_id(EventId::of("paid", &charge.id)).tier("pro").renewal(false).record();
    ""
}
