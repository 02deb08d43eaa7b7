//! What the library brings with it.

use std::process::Command;

/// Crates that only a backend needs.
const HEAVY: &[&str] =
    &["opentelemetry", "hyper", "reqwest", "ureq", "rustls", "tokio", "tonic", "prometheus"];

#[test]
fn no_sdk_no_client_and_no_runtime_is_in_its_tree() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--package", "library-example", "--edges", "normal", "--prefix", "none", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let tree = String::from_utf8(output.stdout).unwrap();
    assert!(tree.contains("instant-funnel "), "{tree}{}", String::from_utf8_lossy(&output.stderr));
    let heavy: Vec<_> = tree.lines().filter(|line| HEAVY.iter().any(|name| line.starts_with(name))).collect();
    assert!(heavy.is_empty(), "{heavy:?}");
}
