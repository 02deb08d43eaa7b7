//! `funnel doctor`: the first broken link decides the status, and keys are not shown.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::process::{Command, Output};

use serde_json::Value;

fn doctor(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_funnel"))
        .arg("doctor")
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_broken_link_ends_with_1_and_says_what_to_do() {
    let variables = [("ANALYTICS_BACKEND", "newrelic"), ("NEW_RELIC_LICENSE_KEY", "NRAK-THESECRETPART")];
    let output = doctor(&[], &variables);
    let said = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("FAIL  key") && said.contains("licence key") && said.contains("the check `key` failed"),
        "{said}"
    );
    assert!(!said.contains("THESECRETPART") && !said.contains('\u{1b}'), "{said}");
    let coloured = text(&doctor(&["--color", "always"], &variables).stdout);
    assert!(coloured.contains("\u{1b}[1;31mFAIL"), "{coloured:?}");
}

#[test]
fn json_has_each_link_and_a_healthy_path_ends_with_0() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let lab = funnel_lab::Lab::builder().start().await.unwrap();
        let (otlp, page) = (lab.otlp_url(), format!("http://{}", lab.http_addr()));
        let asked = move || {
            let base = otlp.trim_end_matches("/v1/logs").to_owned();
            let variables = [("ANALYTICS_BACKEND", "otlp"), ("OTEL_EXPORTER_OTLP_ENDPOINT", base.as_str())];
            doctor(&["--send", "--lab", &page, "--format", "json"], &variables)
        };
        let output = tokio::task::spawn_blocking(asked).await.unwrap();
        let findings: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{findings:#}");
        assert_eq!(findings["healthy"], true);
        let checks = findings["checks"].as_array().unwrap();
        let seen = checks.iter().find(|check| check["name"] == "the event seen").unwrap();
        assert_eq!(seen["state"], "fine", "{findings:#}");
        lab.shutdown().await;
    });
}

#[test]
fn what_cannot_be_asked_ends_with_2() {
    let output = doctor(&["--metrics", "http://127.0.0.1:1/metrics"], &[]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    let output = doctor(&["--nerdgraph"], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("NEW_RELIC_USER_KEY"), "{}", text(&output.stderr));
}
