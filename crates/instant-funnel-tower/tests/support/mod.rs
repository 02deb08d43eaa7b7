//! A service behind the layer that takes the step its path names.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test's helpers fail as its tests do")]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use http::{Request, Response};
use instant_funnel::testing::{RecordedEvent, Recorder};
use instant_funnel::{Backend, Funnel, FunnelBuilder, PseudonymKey, TeamId};
use instant_funnel_tower::{FunnelContext, FunnelLayer, JourneyCookie, SigningKey};
use tower::{ServiceExt, service_fn};
use tower_layer::Layer;

pub(crate) struct Harness {
    pub(crate) funnel: Funnel,
    pub(crate) recorder: Recorder,
}

pub(crate) const TEAM: &str = "5f8d0e1a-3b7c-4d2e-9f10-1a2b3c4d5e6f";

pub(crate) fn harness() -> Harness {
    harness_with(|builder| builder)
}

pub(crate) fn harness_with(configure: impl FnOnce(FunnelBuilder) -> FunnelBuilder) -> Harness {
    let recorder = Recorder::new();
    let builder = Funnel::builder()
        .service_name("test")
        .pseudonym_key(PseudonymKey::new(&[7; 32]).unwrap())
        .backend(Backend::Custom(Arc::new(recorder.clone())));
    Harness { funnel: configure(builder).build().unwrap(), recorder }
}

pub(crate) fn key() -> SigningKey {
    SigningKey::new([9; 32]).unwrap()
}

pub(crate) fn cookie() -> JourneyCookie {
    JourneyCookie::new(SigningKey::new([1; 32]).unwrap())
}

impl Harness {
    pub(crate) fn layer(&self) -> FunnelLayer {
        FunnelLayer::new(self.funnel.clone())
    }

    /// Sends a request through the layer; what it answered and recorded.
    pub(crate) async fn send(
        &self,
        layer: &FunnelLayer,
        path: &str,
        headers: &[(&str, &str)],
        peer: &str,
    ) -> (Response<()>, Vec<RecordedEvent>) {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(()).unwrap();
        if let Ok(peer) = peer.parse::<SocketAddr>() {
            request.extensions_mut().insert(peer);
        }
        self.call(layer, request).await
    }

    pub(crate) async fn call(
        &self,
        layer: &FunnelLayer,
        request: Request<()>,
    ) -> (Response<()>, Vec<RecordedEvent>) {
        let response = layer.layer(service_fn(handle)).oneshot(request).await.unwrap();
        (response, self.recorder.take())
    }

    /// The one event that `handle` records, with a handler of the test's own.
    pub(crate) async fn handled(
        &self,
        layer: &FunnelLayer,
        request: Request<()>,
        handle: impl Fn(&FunnelContext),
    ) -> RecordedEvent {
        let service = layer.layer(service_fn(async |request: Request<()>| {
            handle(&FunnelContext::of(request.extensions()));
            Ok::<_, Infallible>(Response::new(()))
        }));
        service.oneshot(request).await.unwrap();
        let mut events = self.recorder.take();
        assert_eq!(events.len(), 1);
        events.remove(0)
    }
}

async fn handle(request: Request<()>) -> Result<Response<()>, Infallible> {
    let funnel = FunnelContext::of(request.extensions());
    let team = TeamId::parse(TEAM).unwrap();
    match request.uri().path() {
        "/landing" => funnel.landing().record(),
        "/provision" => funnel.provision("db").tier("anonymous").record(),
        "/claim" => {
            let email = funnel.email_hash("jane@example.com");
            funnel.claim(team).tier("free").email_hash(email).record();
        }
        "/paid" => funnel.paid(team, None).tier("pro").renewal(false).record(),
        _ => {}
    }
    Ok(Response::new(()))
}

/// The pairs of the `Set-Cookie` lines.
pub(crate) fn pairs(response: &Response<()>) -> Vec<String> {
    let lines = response.headers().get_all("set-cookie").iter().map(|line| line.to_str().unwrap());
    lines.filter_map(|line| line.split(';').next().map(str::to_owned)).collect()
}

/// What a browser sends back of the `Set-Cookie` lines.
pub(crate) fn pair(response: &Response<()>) -> Option<String> {
    Some(pairs(response).join("; ")).filter(|pairs| !pairs.is_empty())
}
