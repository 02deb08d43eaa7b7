//! What the crate brings into a service's tree, read from `cargo metadata`.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// The names of all crates that a service gets with `instant-funnel` and these features, build scripts included.
///
/// Asked for a package of its own: inside the workspace, features that other members enable would be in the answer.
fn tree(name: &str, dependency: &str) -> BTreeSet<String> {
    let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let service = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(service.join("src")).expect("directory");
    fs::write(service.join("src/lib.rs"), "").expect("source");
    let manifest = format!(
        "[workspace]\n[package]\nname = \"service\"\nedition = \"2024\"\n[dependencies]\n\
         instant-funnel = {{ path = {:?}, {dependency} }}\n",
        crate_dir.display().to_string()
    );
    fs::write(service.join("Cargo.toml"), manifest).expect("manifest");
    fs::copy(crate_dir.join("../../Cargo.lock"), service.join("Cargo.lock")).expect("lock");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(&service)
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let nodes: HashMap<&str, &Value> = metadata["resolve"]["nodes"]
        .as_array()
        .expect("nodes")
        .iter()
        .map(|node| (node["id"].as_str().expect("id"), node))
        .collect();
    let root = nodes.keys().find(|id| id.contains("#service@")).expect("this crate");
    let (mut names, mut queue) = (BTreeSet::new(), vec![*root]);
    while let Some(id) = queue.pop() {
        for dependency in nodes[id]["deps"].as_array().expect("deps") {
            let kinds = dependency["dep_kinds"].as_array().expect("kinds");
            if kinds.iter().all(|kind| kind["kind"] == "dev") {
                continue;
            }
            if names.insert(dependency["name"].as_str().expect("name").to_owned()) {
                queue.push(dependency["pkg"].as_str().expect("package"));
            }
        }
    }
    names
}

#[test]
fn without_features_there_is_no_opentelemetry_no_http_and_no_tls() {
    let names = tree("bare", "default-features = false");
    assert!(names.contains("sha2") && names.contains("tracing"), "the walk works: {names:?}");
    for forbidden in [
        "opentelemetry",
        "opentelemetry_sdk",
        "opentelemetry_otlp",
        "hyper",
        "http",
        "reqwest",
        "ureq",
        "tonic",
        "rustls",
        "ring",
        "native_tls",
        "openssl",
        "tokio",
        "zstd",
        "prometheus",
        "otlp_journal",
        "nrql",
        "funnel_lab",
        "rusqlite",
    ] {
        assert!(!names.contains(forbidden), "{forbidden} is in {names:?}");
    }
}

#[test]
fn default_features_bring_no_opentelemetry_sdk_and_no_async_runtime() {
    let names = tree("default", "default-features = true");
    for forbidden in [
        "opentelemetry_sdk",
        "opentelemetry_otlp",
        "tracing_opentelemetry",
        "tokio",
        "reqwest",
        "tonic",
        "h2",
        "funnel_lab",
    ] {
        assert!(!names.contains(forbidden), "{forbidden} is in {names:?}");
    }
}

#[test]
fn the_feature_tracing_opentelemetry_adds_that_crate_alone() {
    let (without, with) = (
        tree("without-spans", "default-features = true"),
        tree("spans", "features = [\"tracing-opentelemetry\"]"),
    );
    assert!(with.is_superset(&without));
    assert_eq!(with.difference(&without).collect::<Vec<_>>(), ["tracing_opentelemetry"]);
}
