//! actix-web: a middleware, since its `http` crate is another version.

use crate::{Charge, Teams};
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::{Data, Json, ServiceConfig, get, post};
use actix_web::{Error, HttpMessage, HttpRequest};
use instant_funnel::{EventId, TeamId};
use instant_funnel_tower::{FunnelContext, FunnelLayer, HeaderChange, Headers, IncomingRequest};

struct Actix<'a>(&'a HeaderMap);

impl Headers for Actix<'_> {
    fn each(&self, line: &mut dyn FnMut(&str, &[u8])) {
        self.0.iter().for_each(|(name, value)| line(name.as_str(), value.as_bytes()));
    }
}

/// For `App::wrap(from_fn(middleware))`; the layer is `app_data`.
///
/// # Errors
/// Those of the handler.
pub async fn middleware<B: MessageBody>(
    layer: Data<FunnelLayer>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let (headers, peer) = (Actix(request.headers()), request.peer_addr().map(|address| address.ip()));
    let (method, path) = (request.method().as_str(), request.path());
    let (context, finisher) = layer.begin(&IncomingRequest { method, path, headers: &headers, peer });
    request.extensions_mut().insert(context);
    let mut response = next.call(request).await?;
    let changes = finisher.finish(&Actix(response.headers()));
    changes.into_iter().for_each(|change| apply(response.headers_mut(), change));
    Ok(response)
}

fn apply(headers: &mut HeaderMap, change: HeaderChange) {
    let parse =
        |name: String, value: String| HeaderName::try_from(name).ok().zip(HeaderValue::try_from(value).ok());
    match change {
        HeaderChange::Set(name, value) => {
            parse(name, value).map(|(name, value)| headers.insert(name, value));
        }
        HeaderChange::Append(name, value) => {
            parse(name, value).map(|(name, value)| headers.append(name, value));
        }
        HeaderChange::Remove(name) => drop(headers.remove(name.as_str())),
    }
}

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.app_data(Data::new(Teams::default())).route("/", get().to(start)).route("/db", post().to(create));
    config.route("/claim", post().to(claim)).route("/billing", post().to(billing));
}

fn funnel(request: &HttpRequest) -> FunnelContext {
    request.extensions().get().cloned().unwrap_or_default()
}

async fn start(request: HttpRequest) -> &'static str {
    funnel(&request).landing().record();
    ""
}

async fn create(request: HttpRequest) -> &'static str {
    funnel(&request).provision("db").tier("anonymous").record();
    ""
}

async fn claim(request: HttpRequest, teams: Data<Teams>) -> Json<TeamId> {
    let team = teams.create(funnel(&request).journey());
    funnel(&request).claim(team).tier("free").record();
    Json(team)
}

async fn billing(request: HttpRequest, teams: Data<Teams>, charge: Json<Charge>) -> &'static str {
    let funnel = funnel(&request);
    let paid = funnel.paid(charge.team, teams.journey(charge.team));
    paid.event_id(EventId::of("paid", &charge.id)).tier("pro").renewal(false).record();
    ""
}
