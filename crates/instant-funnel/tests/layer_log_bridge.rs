//! The road round the subscriber: a build with `tracing/log-always` hands raw fields to the `log` crate. No layer can
//! prevent that; ours says so. It takes a build of its own, since features of one crate are the whole build's.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

/// Builds and runs the service with these features of `tracing`.
fn output_with(features: &str) -> String {
    let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let service = Path::new(env!("CARGO_TARGET_TMPDIR")).join("log-bridge");
    fs::create_dir_all(service.join("src")).expect("directory");
    let source = crate_dir.join("tests/layer_support/log_always/main.rs");
    fs::copy(source, service.join("src/main.rs")).expect("source");
    let manifest = format!(
        "[workspace]\n[package]\nname = \"service\"\nedition = \"2024\"\n[dependencies]\n\
         instant-funnel = {{ path = {:?}, default-features = false, features = [\"layer\"] }}\n\
         log = \"0.4\"\n\
         tracing = {{ version = \"0.1\", default-features = false, features = [\"std\", {features:?}] }}\n\
         tracing-subscriber = {{ version = \"0.3\", default-features = false, features = [\"registry\"] }}\n",
        crate_dir.display().to_string()
    );
    fs::write(service.join("Cargo.toml"), manifest).expect("manifest");
    fs::copy(crate_dir.join("../../Cargo.lock"), service.join("Cargo.lock")).expect("lock");
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--offline", "--target-dir", "target"])
        .current_dir(&service)
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_build_that_hands_every_event_to_the_log_crate_is_found_and_another_is_not() {
    let found =
        |text: &str| text.lines().any(|line| line.starts_with("advisory: ") && line.contains("log-always"));
    let always = output_with("log-always");
    assert!(always.contains("jane@example.com"), "the leak that is warned of:\n{always}");
    assert!(found(&always), "{always}");
    let advised: Vec<_> = always.lines().filter(|line| line.starts_with("logged: instant_funnel")).collect();
    assert!(!advised.is_empty() && advised.iter().all(|line| !line.contains("jane")), "{always}");
    let unless_set = output_with("log");
    assert!(!unless_set.contains("jane@example.com"), "a subscriber is set:\n{unless_set}");
    assert!(!found(&unless_set), "{unless_set}");
}
