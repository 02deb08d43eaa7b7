//! Telemetry from official SDKs of other languages, all three signals on and no error logged, is received and judged; New
//! Relic's own client and a stock GraphQL client read answers. Needs Python, Go, Node.js with npm, and Java with Maven; a
//! test whose tool is not there prints so and passes, except where `CI` is `true`. What is installed is kept under `target`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may, and says what it leaves out"
)]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use funnel_lab::Lab;
use serde_json::{Value, json};

use self::support::*;

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}\n{}\n{}", said(&output.stdout), said(&output.stderr));
}

/// Whether a tool is there; in CI it must be.
fn has(program: &str, arguments: &[&str]) -> bool {
    let there = Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success());
    if !there {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI needs {program}");
        println!("skipped: there is no {program} that runs {arguments:?}");
    }
    there
}

fn scripts() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/foreign")
}

/// A folder under `target` that is kept from run to run, and whether what was installed there is still what `list` asks
/// for; if not, [`installed`] says when it is.
fn kept(name: &str, list: &Path) -> (PathBuf, bool) {
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&home).unwrap();
    let is_current =
        std::fs::read(home.join("installed")).is_ok_and(|was| was == std::fs::read(list).unwrap());
    (home, is_current)
}

fn installed(home: &Path, list: &Path) {
    std::fs::copy(list, home.join("installed")).unwrap();
}

/// A Python with the packages of `requirements.txt`.
fn python() -> PathBuf {
    use std::sync::{Mutex, PoisonError};
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let list = scripts().join("requirements.txt");
    let (home, is_current) = kept("foreign-python", &list);
    let python = home.join("bin/python");
    if !is_current {
        run(Command::new("python3").args(["-m", "venv"]).arg(&home));
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(&list));
        installed(&home, &list);
    }
    python
}

/// Runs `work` with the lab's addresses while the lab answers.
async fn with_addresses(lab: &Lab, work: impl FnOnce(&mut dyn FnMut(&mut Command)) + Send + 'static) {
    let (otlp, page) = (lab.otlp_url(), lab.page_url());
    let (grpc, count) = (format!("http://{}", lab.grpc_addr()), lab.counts().good.to_string());
    let working = tokio::task::spawn_blocking(move || {
        work(&mut |command| {
            run(command.env("OTLP", &otlp).env("GRPC", &grpc).env("PAGE", &page).env("COUNT", &count));
        });
    });
    working.await.unwrap();
}

async fn services(lab: &Lab) -> Vec<Value> {
    let answer = lab.query("SELECT count(*) FROM InstantFunnel FACET serviceName").await.unwrap();
    let mut names: Vec<Value> =
        answer["results"].as_array().unwrap().iter().map(|row| row["facet"].clone()).collect();
    names.sort_by_key(ToString::to_string);
    names
}

/// Each transport has sent one span and one metric at least; nothing was refused.
async fn other_signals_came_by(lab: &Lab, transports: u64) {
    let counts = get(lab, "/api/counts").await.json();
    for signal in ["spans", "metric_points"] {
        assert!(counts["not_kept"][signal].as_u64().unwrap() >= transports, "{counts}");
    }
    assert_eq!(counts["refused"], 0, "{}", get(lab, "/api/refused").await.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_python_sdk_is_understood() {
    if !has("python3", &["-m", "venv", "--help"]) {
        return;
    }
    let lab = lab().await;
    with_addresses(&lab, |run| run(Command::new(python()).arg(scripts().join("send.py")))).await;
    let counts = lab.counts();
    assert_eq!((counts.good, counts.bad, counts.other), (3, 3, 0));
    assert_eq!(services(&lab).await, ["python-deflate", "python-grpc", "python-http"]);
    for event in lab.events(Some(funnel_lab::EventVerdict::Bad), 9).await.unwrap() {
        assert_eq!(
            (&event["problems"][0]["key"], &event["problems"][0]["rule"]),
            (&"tier".into(), &"slug".into())
        );
    }
    other_signals_came_by(&lab, 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stock_graphql_client_reads_the_schema_and_the_answers() {
    if !has("python3", &["-m", "venv", "--help"]) {
        return;
    }
    let lab = lab().await;
    let records = (1..=3).map(|number| step("landing", number, &[("journeyId", &journey(number))]));
    export(&lab, records.collect()).await;
    with_addresses(&lab, |run| run(Command::new(python()).arg(scripts().join("ask.py")))).await;
    assert_eq!(get(&lab, "/api/counts").await.json()["refused"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_javascript_sdk_is_understood() {
    if !has("node", &["--version"]) || !has("npm", &["--version"]) {
        return;
    }
    let lab = lab().await;
    with_addresses(&lab, |run| {
        let list = scripts().join("js/package-lock.json");
        let (home, is_current) = kept("foreign-js", &list);
        for file in ["package.json", "package-lock.json", "send.mjs"] {
            std::fs::copy(scripts().join("js").join(file), home.join(file)).unwrap();
        }
        if !is_current {
            let arguments = ["ci", "--no-audit", "--no-fund", "--ignore-scripts"];
            run(Command::new("npm").args(arguments).current_dir(&home));
            installed(&home, &list);
        }
        run(Command::new("node").arg("send.mjs").current_dir(&home));
    })
    .await;
    let counts = lab.counts();
    assert_eq!((counts.good, counts.bad, counts.other), (3, 0, 3));
    assert_eq!(services(&lab).await, ["js-grpc", "js-json", "js-proto"]);
    let logs = lab.query("SELECT * FROM Log").await.unwrap();
    for log in logs["results"].as_array().unwrap() {
        assert_eq!(
            (&log["half"], &log["many"], &log["yes"]),
            (&json!(0.5), &json!(7), &json!(true)),
            "{log}"
        );
    }
    other_signals_came_by(&lab, 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_java_sdk_is_understood() {
    if !has("mvn", &["--version"]) {
        return;
    }
    let lab = lab().await;
    with_addresses(&lab, |run| {
        let (home, _) = kept("foreign-java", &scripts().join("java/pom.xml"));
        let repository = format!("-Dmaven.repo.local={}", home.join("repository").display());
        let out = format!("-Dbuild.out={}", home.join("out").display());
        let arguments = ["-q", "-B", "-f", "pom.xml", "compile", "exec:java"];
        run(Command::new("mvn").args(arguments).args([repository, out]).current_dir(scripts().join("java")));
    })
    .await;
    let counts = lab.counts();
    assert_eq!((counts.good, counts.bad, counts.other), (2, 0, 2));
    assert_eq!(services(&lab).await, ["java-grpc", "java-http"]);
    other_signals_came_by(&lab, 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_go_sdk_is_understood_and_new_relics_own_client_reads_the_answers() {
    if !has("go", &["version"]) {
        return;
    }
    let lab = lab().await;
    with_addresses(&lab, |run| run(Command::new("go").args(["run", "."]).current_dir(scripts().join("go"))))
        .await;
    assert_eq!((lab.counts().good, lab.counts().total), (6, 6));
    other_signals_came_by(&lab, 2).await;
}
