//! tonic: an interceptor on each side. The calling service hands on what it knows of its request.
//!
//! An interceptor sees no answer, so the service that is called sets no cookie; the journey is the caller's. A server that
//! browsers call takes [`FunnelLayer`] itself, through `Server::builder().layer(…)`.

use instant_funnel_tower::{FunnelContext, FunnelLayer, IncomingRequest, JourneyHosts};
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status};

use crate::protocol::{CreateReply, CreateRequest, databases_server};

/// For `DatabasesServer::with_interceptor`: gives each call a context.
pub fn receive(layer: FunnelLayer) -> impl Fn(Request<()>) -> Result<Request<()>, Status> + Clone {
    move |mut request| {
        let headers = request.metadata().clone().into_headers();
        let peer = request.remote_addr().map(|address| address.ip());
        let incoming = IncomingRequest { method: "POST", path: "", headers: &headers, peer };
        let (context, _no_answer_is_seen) = layer.begin(&incoming);
        request.extensions_mut().insert(context);
        Ok(request)
    }
}

/// Puts what the caller's request knows into an outgoing call to `uri`, if its host is one of the named ones.
pub fn send<T>(
    mut call: Request<T>,
    context: &FunnelContext,
    hosts: &JourneyHosts,
    uri: &http::Uri,
) -> Request<T> {
    let mut headers = call.metadata().clone().into_headers();
    hosts.insert(context, uri, &mut headers);
    *call.metadata_mut() = MetadataMap::from_headers(headers);
    call
}

/// The service.
#[derive(Debug, Clone, Copy)]
pub struct Provisioner;

#[tonic::async_trait]
impl databases_server::Databases for Provisioner {
    async fn create(&self, request: Request<CreateRequest>) -> Result<Response<CreateReply>, Status> {
        let funnel = request.extensions().get::<FunnelContext>().cloned().unwrap_or_default();
        funnel.provision("db").tier("anonymous").record();
        Ok(Response::new(CreateReply {}))
    }
}
