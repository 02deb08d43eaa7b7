//! `funnel lab --contract`: another funnel from its file to the answers, and what keeps a lab from starting.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use serde_json::json;

const SHOP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts/shop.toml");

fn funnel(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_funnel")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A lab, the address of its page and that of its receiver.
fn lab(db: &str, more: &[&str]) -> (Running, String, String) {
    let any = "127.0.0.1:0";
    let mut lab = Command::new(env!("CARGO_BIN_EXE_funnel"))
        .args(["lab", "--otlp", any, "--grpc", any, "--http", any, "--db", db])
        .args(more)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(lab.stdout.take().unwrap()).lines().map(|line| line.unwrap());
    let page = lines.find_map(|line| line.strip_prefix("page      ").map(str::to_owned)).unwrap();
    let otlp = lines.find_map(|line| line.strip_prefix("OTLP/HTTP http://").map(str::to_owned)).unwrap();
    (Running(lab), page, otlp)
}

fn send(otlp: &str) {
    let pair = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    let records: Vec<_> = ["visit", "signup", "activate"]
        .iter()
        .enumerate()
        .map(|(at, step)| {
            let mut attributes = vec![
                pair("newrelic.event.type", "ShopFunnel"),
                pair("funnelStep", step),
                pair("serviceName", "shop"),
                pair("cohort", "real"),
                pair("eventId", &format!("{at:031x}f")),
                pair("journeyId", "00000000-0000-4000-8000-000000000001"),
            ];
            attributes.extend((*step == "activate").then(|| pair("plan", "trial")));
            json!({"attributes": attributes})
        })
        .collect();
    let body = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}).to_string();
    let mut stream = TcpStream::connect(otlp).unwrap();
    let head = "POST /v1/logs HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n";
    write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("{}"), "{answer}");
}

#[test]
fn a_funnel_of_ones_own_is_queried_and_reported() {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("lab.db").display().to_string();
    let (running, page, otlp) = lab(&db, &["--contract", SHOP]);
    send(&otlp);
    let url = page.trim_end_matches('/');
    let query =
        funnel(&["query", "SELECT count(*) FROM ShopFunnel FACET plan", "--url", url, "--format", "csv"]);
    assert!(text(&query.stdout).contains("trial,1"), "{}", text(&query.stdout));
    let report = funnel(&["report", "--contract", SHOP, "--url", url, "--format", "csv"]);
    assert!(text(&report.stdout).contains("signup"), "{} {}", text(&report.stdout), text(&report.stderr));
    drop(running);

    // From the file, and from a lab that does not know the contract.
    let report = funnel(&["report", "--contract", SHOP, "--db", &db]);
    let shown = text(&report.stdout);
    assert!(shown.contains("subscribe") && shown.contains("1 of 1"), "{shown} {}", text(&report.stderr));
    let (_running, page, _) = lab(&db, &[]);
    let report = funnel(&["report", "--contract", SHOP, "--url", page.trim_end_matches('/')]);
    assert_eq!(report.status.code(), Some(2));
    assert!(text(&report.stderr).contains("--contract"), "{}", text(&report.stderr));
}

#[test]
fn a_lab_does_not_start_with_a_contract_that_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let rest = "version = 1\ncounter = \"shop_total\"\nsteps = [\"visit\", \"pay\"]\n";
    let good = file("good.toml", &format!("# Ours.\nevent = \"Shop\"\n{rest}"));
    let same = file("same.toml", &format!("# Theirs.\n\nevent   = \"Shop\"\n{rest}"));
    let cases = [
        (
            vec![file(
                "broken.toml",
                &format!("event = \"Shop\"\n{rest}[attribute.plan]\nrule = \"slgu\"\n"),
            )],
            "broken.toml:6:8: ",
        ),
        (vec![good.clone(), same], "same.toml:3:11: `Shop`: "),
        (vec![good.clone(), good], "good.toml:2:9: `Shop`: "),
        (vec![file("known.toml", &format!("event = \"InstantFunnel\"\n{rest}"))], "known.toml:1:9: "),
        (vec![file("theirs.toml", &format!("event = \"Transaction\"\n{rest}"))], "theirs.toml:1:9: "),
        (
            vec![file(
                "key.toml",
                &format!("event = \"Shop\"\n{rest}[attribute.journeyId]\nrule = \"uuid\"\n"),
            )],
            "key.toml:5:12: ",
        ),
        (vec![folder.path().join("none.toml")], "none.toml cannot be read"),
    ];
    for (files, place) in cases {
        let mut arguments = vec!["lab".to_owned(), "--temporary".to_owned()];
        for file in files {
            arguments.extend(["--contract".to_owned(), file.display().to_string()]);
        }
        let output = Command::new(env!("CARGO_BIN_EXE_funnel")).args(&arguments).output().unwrap();
        let said = text(&output.stderr);
        assert!(output.status.code() == Some(2) && said.contains(place), "{place}: {said}");
        assert!(output.stdout.is_empty(), "{place}");
    }
}
