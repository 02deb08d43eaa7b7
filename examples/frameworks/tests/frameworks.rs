//! Each framework on a real socket: one journey, with its beginning, on every step.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::net::SocketAddr;
use std::sync::Arc;

use frameworks_example::{Charge, actix_service, axum_service, grpc, hyper_service, layer, protocol};
use instant_funnel::testing::{RecordedEvent, Recorder};
use instant_funnel::{Backend, Funnel, SigningKey, TeamId};
use instant_funnel_tower::{FunnelLayer, JourneyHosts};
use tokio::net::TcpListener;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn recording() -> (FunnelLayer, Recorder) {
    let recorder = Recorder::new();
    let funnel = Funnel::builder()
        .signing_key(SigningKey::new(SECRET).unwrap())
        .backend(Backend::Custom(Arc::new(recorder.clone())))
        .build()
        .unwrap();
    (layer(funnel, SECRET).unwrap(), recorder)
}

/// A browser: keeps cookies, and says who it is.
struct Browser {
    base: String,
    cookies: String,
}

impl Browser {
    fn new(address: SocketAddr) -> Self {
        Self { base: format!("http://{address}"), cookies: String::new() }
    }

    fn keep(&mut self, answer: &ureq::http::Response<ureq::Body>) {
        let lines = answer.headers().get_all("set-cookie").iter().map(|line| line.to_str().unwrap());
        let pairs: Vec<_> = lines.filter_map(|line| line.split(';').next()).collect();
        if !pairs.is_empty() {
            self.cookies = pairs.join("; ");
            assert!(answer.headers()["cache-control"].to_str().unwrap().contains("private"));
        }
    }

    fn visit(&mut self, path: &str) {
        let request = ureq::get(format!("{}{path}", self.base)).header("user-agent", "Claude-User/1.0");
        let answer = request.header("cookie", &self.cookies).call().unwrap();
        self.keep(&answer);
    }

    fn post(&mut self, path: &str) -> String {
        let request =
            ureq::post(format!("{}{path}", self.base)).header("user-agent", "Mozilla/5.0 Firefox/140.0");
        let mut answer = request.header("cookie", &self.cookies).send_empty().unwrap();
        self.keep(&answer);
        answer.body_mut().read_to_string().unwrap()
    }

    fn pay(&self, team: TeamId) {
        let charge = Charge { id: "ch_1".into(), team };
        ureq::post(format!("{}/billing", self.base)).send_json(&charge).unwrap();
    }
}

fn assert_joined(events: &[RecordedEvent], steps: &[&str]) {
    assert_eq!(events.iter().map(|event| event.step).collect::<Vec<_>>(), steps);
    for event in events {
        for key in ["journeyId", "journeyStart", "entryActor", "cohort"] {
            assert!(event.attributes.contains_key(key), "{key}: {event}");
            assert_eq!(event.attributes.get(key), events[0].attributes.get(key), "{key}: {event}");
        }
        event.assert_attribute("entryActor", "agent_claude");
    }
}

/// The whole way, by a browser and a billing system.
fn walk(address: SocketAddr, recorder: &Recorder) {
    let mut browser = Browser::new(address);
    browser.visit("/");
    browser.post("/db");
    let team: TeamId = serde_json::from_str(&browser.post("/claim")).unwrap();
    browser.pay(team);
    assert_joined(&recorder.take(), &["landing", "provision", "claim", "paid"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn axum() {
    let (layer, recorder) = recording();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, axum_service::service(layer)).await });
    tokio::task::spawn_blocking(move || walk(address, &recorder)).await.unwrap();
}

#[test]
fn actix() {
    use actix_web::{App, HttpServer, middleware::from_fn, rt, web::Data};
    let (layer, recorder) = recording();
    let (started, address) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        rt::System::new().block_on(async move {
            let server = HttpServer::new(move || {
                App::new()
                    .app_data(Data::new(layer.clone()))
                    .wrap(from_fn(actix_service::middleware))
                    .configure(actix_service::routes)
            });
            let server = server.workers(1).bind("127.0.0.1:0").unwrap();
            started.send(server.addrs()[0]).unwrap();
            server.run().await
        })
    });
    walk(address.recv().unwrap(), &recorder);
}

#[tokio::test(flavor = "multi_thread")]
async fn hyper() {
    let (layer, recorder) = recording();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(hyper_service::serve(listener, layer));
    tokio::task::spawn_blocking(move || {
        let mut browser = Browser::new(address);
        browser.visit("/");
        browser.post("/db");
        assert_joined(&recorder.take(), &["landing", "provision"]);
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn tonic() {
    use grpc::Provisioner;
    use protocol::{CreateRequest, databases_client::DatabasesClient, databases_server::DatabasesServer};
    let (theirs, their_recorder) = recording();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = DatabasesServer::with_interceptor(Provisioner, grpc::receive(theirs));
    let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
    tokio::spawn(tonic::transport::Server::builder().add_service(service).serve_with_incoming(incoming));

    // A request of the first service, which calls the second.
    let (ours, recorder) = recording();
    let headers = [("user-agent", "Claude-User/1.0")];
    let incoming =
        instant_funnel_tower::IncomingRequest { method: "GET", path: "/", headers: &headers, peer: None };
    let (context, finisher) = ours.begin(&incoming);
    context.landing().record();
    let uri: http::Uri = format!("http://{address}").parse().unwrap();
    let hosts = JourneyHosts::new(http::HeaderName::from_static("x-journey-id"), ["127.0.0.1"]).unwrap();
    let mut client = DatabasesClient::connect(uri.to_string()).await.unwrap();
    let call = grpc::send(tonic::Request::new(CreateRequest {}), &context, &hosts, &uri);
    client.create(call).await.unwrap();
    let answer: [(&str, &str); 0] = [];
    assert!(!finisher.finish(&answer).is_empty());

    let events = [recorder.take(), their_recorder.take()].concat();
    assert_joined(&events, &["landing", "provision"]);
    events[1].assert_attribute("actor", "agent_claude");
}
