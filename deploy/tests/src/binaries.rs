//! The foreign programs that the tests drive, and what to do when one is missing.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// The top of the repository.
#[must_use]
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The collector built from `deploy/collector/builder.yaml`.
#[must_use]
pub fn collector() -> Option<PathBuf> {
    let path = repository().join("deploy/collector/_build/otelcol-funnel");
    found(path, "the tests of otel-collector.yaml", "run deploy/collector/build.sh (needs Go)")
}

/// The collector with the Kafka components.
#[must_use]
pub fn kafka_collector() -> Option<PathBuf> {
    let path = repository().join("deploy/kafka/_build/otelcol-funnel-kafka");
    let how = "run deploy/collector/build.sh deploy/kafka/builder.yaml (needs Go)";
    found(path, "the Kafka test", how)
}

/// The folder with the broker's jars.
#[must_use]
pub fn kafka_jars() -> Option<PathBuf> {
    let path = repository().join("deploy/kafka/_build/lib");
    found(path, "the Kafka test", "run deploy/kafka/broker.sh fetch (needs Maven and Java 17)")
}

/// nginx, from the path.
#[must_use]
pub fn nginx() -> Option<PathBuf> {
    found(on_the_path("nginx"), "the tests of deploy/hold", "install nginx")
}

/// openssl, from the path.
#[must_use]
pub fn openssl() -> Option<PathBuf> {
    found(on_the_path("openssl"), "the tests of deploy/hold with TLS", "install openssl")
}

/// Prometheus, from the path.
#[must_use]
pub fn prometheus() -> Option<PathBuf> {
    found(on_the_path("prometheus"), "the tests of the alerts", "install prometheus")
}

/// Its tool, from the path.
#[must_use]
pub fn promtool() -> Option<PathBuf> {
    found(on_the_path("promtool"), "the tests of the alerts", "install prometheus")
}

fn on_the_path(program: &str) -> PathBuf {
    let folders = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/usr/local/sbin";
    let path = folders.split(':').map(|folder| Path::new(folder).join(program)).find(|path| path.exists());
    path.unwrap_or_default()
}

/// `path` if it exists. Else says in one line, once, what is left out and how to get it; in CI that is a failure.
fn found(path: PathBuf, what: &'static str, how: &str) -> Option<PathBuf> {
    static SAID: Mutex<Vec<&str>> = Mutex::new(Vec::new());
    if path.exists() {
        return Some(path);
    }
    assert!(
        std::env::var("CI").as_deref() != Ok("true"),
        "CI leaves nothing out, but {what} cannot run: {how}"
    );
    let mut said = SAID.lock().unwrap();
    if !said.contains(&what) {
        said.push(what);
        // Not `eprintln!`, which the test runner would swallow.
        let _ = writeln!(std::io::stderr(), "left out: {what}; to have them, {how}");
    }
    None
}
