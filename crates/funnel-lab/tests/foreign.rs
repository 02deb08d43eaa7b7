//! OTLP from SDKs of other languages is received and judged, and New Relic's client reads answers. Needs Python and Go;
//! without one its test says so and passes, except where `CI` is `true`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use support::*;

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}\n{}\n{}", said(&output.stdout), said(&output.stderr));
}

/// A Python with the packages of `requirements.txt`, kept from run to run.
fn python(scripts: &Path) -> PathBuf {
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("foreign-python");
    let python = home.join("bin/python");
    if !python.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&home));
    }
    let requirements = scripts.join("requirements.txt");
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(requirements));
    python
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_python_sdk_is_understood() {
    if !Command::new("python3")
        .args(["-m", "venv", "--help"])
        .output()
        .is_ok_and(|output| output.status.success())
    {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI needs python3 with venv");
        println!("skipped: no SDK of another language is tried without python3 and its venv");
        return;
    }
    let lab = lab().await;
    let scripts = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/foreign");
    let (otlp, grpc) = (lab.otlp_url(), format!("http://{}", lab.grpc_addr()));
    let sending = tokio::task::spawn_blocking(move || {
        let python = python(&scripts);
        run(Command::new(python).arg(scripts.join("send.py")).env("OTLP", otlp).env("GRPC", grpc));
    });
    sending.await.unwrap();
    let counts = lab.counts();
    assert_eq!((counts.good, counts.bad, counts.other), (2, 2, 0));
    let by_service = lab.query("SELECT count(*) FROM InstantFunnel FACET serviceName").await.unwrap();
    let facets = by_service["results"].as_array().unwrap();
    assert_eq!(
        facets.iter().map(|row| row["facet"].as_str().unwrap()).collect::<Vec<_>>(),
        ["python-grpc", "python-http"]
    );
    for event in lab.events(Some(funnel_lab::EventVerdict::Bad), 9).await.unwrap() {
        assert_eq!(
            (&event["problems"][0]["key"], &event["problems"][0]["rule"]),
            (&"tier".into(), &"slug".into())
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_go_sdk_is_understood_and_new_relics_own_client_reads_the_answers() {
    if !Command::new("go").arg("version").output().is_ok_and(|output| output.status.success()) {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI needs go");
        println!("skipped: New Relic's client is not tried without go");
        return;
    }
    let lab = lab().await;
    let scripts = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/foreign/go");
    let (otlp, page) = (lab.otlp_url(), lab.page_url());
    let asking = tokio::task::spawn_blocking(move || {
        run(Command::new("go").args(["run", "."]).current_dir(&scripts).env("OTLP", otlp).env("PAGE", page));
    });
    asking.await.unwrap();
    assert_eq!((lab.counts().good, lab.counts().total), (6, 6));
}
