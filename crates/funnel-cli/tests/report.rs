//! `funnel report`: from a running lab and from its file, in every format.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Output};

use funnel_lab::Lab;
use serde_json::{Value, json};

fn funnel(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_funnel")).arg("report").args(arguments).output().unwrap()
}

fn text(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn record(number: usize, step: &str, tier: Option<&str>) -> Value {
    let text = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    let mut attributes = vec![
        text("newrelic.event.type", "InstantFunnel"),
        text("funnelStep", step),
        text("serviceName", "api"),
        text("cohort", "real"),
        text("eventId", &format!("{number:031x}{}", step.len())),
        text("journeyId", &format!("00000000-0000-4000-8000-{number:012x}")),
        text("actor", if number.is_multiple_of(2) { "agent_mcp" } else { "human_dashboard" }),
    ];
    attributes.extend(tier.map(|tier| text("tier", tier)));
    json!({"attributes": attributes})
}

fn send(lab: &Lab) {
    let mut records = Vec::new();
    for number in 0..8 {
        records.push(record(number, "landing", None));
        if number.is_multiple_of(2) {
            records.push(record(number, "provision", Some("anonymous")));
        }
    }
    records.push(record(0, "claim", Some("free")));
    records.push(record(77, "claim", Some("free")));
    let body = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}).to_string();
    let mut stream = TcpStream::connect(lab.otlp_addr()).unwrap();
    let head = "POST /v1/logs HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n";
    write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_is_the_same_from_the_lab_and_from_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lab.db");
    let lab = Lab::builder().db(&file).start().await.unwrap();
    tokio::task::block_in_place(|| send(&lab));
    let (url, db) = (lab.page_url(), file.to_str().unwrap().to_owned());
    let asked = ["--by", "entryActor", "--window", "1d"];

    let from_lab = funnel(&[&asked[..], &["--url", &url, "--format", "json"]].concat());
    let error = String::from_utf8_lossy(&from_lab.stderr).into_owned();
    assert!(error.contains("1 journeys are left out: their beginning is not known"), "{error}");
    let from_lab: Value = serde_json::from_str(&text(&from_lab)).unwrap();
    let from_file: Value =
        serde_json::from_str(&text(&funnel(&[&asked[..], &["--db", &db, "--format", "json"]].concat())))
            .unwrap();
    assert_eq!(from_lab["funnel"], from_file["funnel"]);
    let counts: Vec<&Value> =
        from_lab["funnel"]["steps"].as_array().unwrap().iter().map(|step| &step["count"]).collect();
    assert_eq!(counts, [8, 4, 1, 0]);

    let table = text(&funnel(&[&asked[..], &["--db", &db]].concat()));
    for line in ["entryActor: agent_mcp (4 journeys began)", "so far, provisional", "1 of 4", "25.00 %"] {
        assert!(table.contains(line), "no {line} in\n{table}");
    }
    let csv = text(&funnel(&[&asked[..], &["--db", &db, "--format", "csv"]].concat()));
    assert!(csv.lines().all(|line| line.split(',').count() == 14), "{csv}");
    assert!(csv.contains("step,provision,agent_mcp,,,4,4,1.0,"), "{csv}");
    let markdown = text(&funnel(&["--kpi", "claimed_per_provisioned", "--db", &db, "--format", "markdown"]));
    assert!(markdown.contains("| claimed_per_provisioned | so far, provisional | 25.00 % |"), "{markdown}");
    assert!(!markdown.contains("paid_per_claimed"), "{markdown}");

    for (wrong, expected) in [
        (&["--since", "lately", "--db", &db][..], "`since` takes"),
        (&["--by", "shoe", "--url", &url], "`shoe`"),
        (&["--kpi", "love", "--db", &db], "claimed_per_provisioned"),
        (&["--url", "http://127.0.0.1:1"], "funnel lab"),
    ] {
        let output = funnel(wrong);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && error.contains(expected), "{wrong:?}: {error}");
    }
    lab.shutdown().await;
}
