//! A page from another origin in a real browser: one journey by cookie on a subdomain, by header from anywhere.
//!
//! Needs Chromium; without it the test prints so and passes, except where `CI` is `true`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops at the first surprise, and tells what it leaves out"
)]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use frameworks_example::other_origin::{HEADER, service};
use instant_funnel::testing::{RecordedEvent, Recorder};
use instant_funnel::{Backend, Funnel, SigningKey};
use instant_funnel_tower::{FunnelLayer, JourneyCookie};
use tokio::net::TcpListener;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const PAGE: &str = include_str!("../src/other_origin.html");
/// Chromium without a window calls itself a robot.
const AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

fn chromium() -> Option<String> {
    let names = ["chromium", "chromium-browser", "google-chrome"].map(str::to_owned);
    let found = std::env::var("CHROMIUM").into_iter().chain(names).find(|name| {
        Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success())
    });
    if found.is_none() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI needs Chromium");
        println!("skipped: the page is not looked at without Chromium");
    }
    found
}

/// Chromium without a window, until it is dropped.
struct Browser {
    process: Child,
    profile: PathBuf,
}

impl Browser {
    fn open(chromium: &str, address: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let profile = std::env::temp_dir().join(format!("frameworks-{}-{number}", std::process::id()));
        let process = Command::new(chromium)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"])
            // A page of this machine that calls another site of this machine would wait for a person's permission.
            .arg("--disable-features=LocalNetworkAccessChecks")
            .args(["--host-resolver-rules=MAP *.test 127.0.0.1", &format!("--user-agent={AGENT}")])
            .arg(format!("--user-data-dir={}", profile.display()))
            .arg(address)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { process, profile }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        // Its other processes write there until they notice.
        for _ in 0..200 {
            if std::fs::remove_dir_all(&self.profile).is_ok() {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

async fn serve(router: impl FnOnce(SocketAddr) -> Router) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = router(address);
    tokio::spawn(async move { axum::serve(listener, router).await });
    address.port()
}

/// Opens the page of `page_host`, which calls the service of `api.shop.test`, and tells what was recorded.
async fn open(chromium: &str, page_host: &str, by: &str) -> Vec<RecordedEvent> {
    let recorder = Recorder::new();
    let funnel = Funnel::builder()
        .signing_key(SigningKey::new(SECRET).unwrap())
        .backend(Backend::Custom(Arc::new(recorder.clone())))
        .build()
        .unwrap();
    let key = SigningKey::new(SECRET).unwrap();
    let cookie = JourneyCookie::new(key).secure(false).domain("shop.test").unwrap();
    let layer = FunnelLayer::new(funnel).journey_cookie(cookie).journey_header(HEADER);
    let page = serve(|_| Router::new().route("/", get(async || Html(PAGE)))).await;
    let origin = format!("http://{page_host}:{page}");
    let api = serve(|_| service(layer, [origin.parse().unwrap()])).await;

    let address = format!("{origin}/?by={by}&api=http://api.shop.test:{api}");
    let _browser = Browser::open(chromium, &address);
    for _ in 0..6_000 {
        if recorder.events().iter().any(|event| event.step == "claim") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let events = recorder.take();
    assert_eq!(events.iter().map(|event| event.step).collect::<Vec<_>>(), ["landing", "provision", "claim"]);
    events
}

fn journeys(events: &[RecordedEvent]) -> Vec<&str> {
    let mut journeys: Vec<_> = events.iter().map(|event| event.text("journeyId").unwrap()).collect();
    journeys.sort_unstable();
    journeys.dedup();
    journeys
}

fn assert_joined(events: &[RecordedEvent]) {
    assert_eq!(journeys(events).len(), 1, "{events:#?}");
    for event in events {
        event.assert_attribute("entryActor", "human_dashboard").assert_attribute("cohort", "real");
        assert_eq!(event.attributes.get("journeyStart"), events[0].attributes.get("journeyStart"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subdomain_of_the_site_carries_the_cookie() {
    let Some(chromium) = chromium() else { return };
    assert_joined(&open(&chromium, "app.shop.test", "cookie").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_site_carries_the_header() {
    let Some(chromium) = chromium() else { return };
    assert_joined(&open(&chromium, "app.other.test", "header").await);
}

/// Why another site needs the header.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_site_carries_no_cookie() {
    let Some(chromium) = chromium() else { return };
    assert_eq!(journeys(&open(&chromium, "app.other.test", "cookie").await).len(), 3);
}
