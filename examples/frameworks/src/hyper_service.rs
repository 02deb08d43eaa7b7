//! hyper without a framework: the layer around a function.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use instant_funnel_tower::{FunnelContext, FunnelLayer};
use tokio::net::TcpListener;
use tower::{Layer, ServiceBuilder, service_fn};

/// Serves until it is dropped.
///
/// # Errors
/// When the listener fails.
pub async fn serve(listener: TcpListener, layer: FunnelLayer) -> std::io::Result<()> {
    loop {
        let (stream, peer) = listener.accept().await?;
        // The layer finds the peer's address among the request's extensions.
        let service = ServiceBuilder::new()
            .map_request(move |mut request: Request<Incoming>| {
                request.extensions_mut().insert(peer);
                request
            })
            .service(layer.layer(service_fn(handle)));
        let service = TowerToHyperService::new(service);
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn handle(request: Request<Incoming>) -> Result<Response<Empty<Bytes>>, Infallible> {
    let funnel = FunnelContext::of(request.extensions());
    match request.uri().path() {
        "/" => funnel.landing().record(),
        "/db" => funnel.provision("db").tier("anonymous").record(),
        _ => {}
    }
    Ok(Response::new(Empty::new()))
}
