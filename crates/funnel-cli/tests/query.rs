//! `funnel query`: what reaches a terminal, a file and a pipe.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

fn funnel(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_funnel")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn send(to: SocketAddr, body: &Value) {
    let body = body.to_string();
    let mut stream = TcpStream::connect(to).unwrap();
    write!(
        stream,
        "POST /v1/logs HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// A lab's file with one log of these attributes.
fn file_with(folder: &Path, attributes: &[(&str, &str)]) -> PathBuf {
    let file = folder.join("lab.db");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let lab = funnel_lab::Lab::builder().db(&file).start().await.unwrap();
        let attributes: Vec<Value> = attributes
            .iter()
            .map(|(key, value)| json!({"key": key, "value": {"stringValue": value}}))
            .collect();
        let body = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"attributes": attributes}]}]}]});
        let to = lab.otlp_addr();
        tokio::task::spawn_blocking(move || send(to, &body)).await.unwrap();
        lab.shutdown().await;
    });
    file
}

fn query(file: &Path, nrql: &str, format: &str) -> Output {
    funnel(&["query", nrql, "--db", file.to_str().unwrap(), "--format", format])
}

#[test]
fn what_the_answer_leaves_to_say_goes_to_standard_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = file_with(folder.path(), &[("tier", "pro")]);
    for format in ["table", "json", "csv"] {
        let output = query(&file, "SELECT count(*) FROM Log WHERE tyer = 'pro'", format);
        assert_eq!(output.status.code(), Some(0));
        let said = text(&output.stderr);
        assert!(said.contains("tyer"), "{format}: {said}");
        assert!(!text(&output.stdout).contains("funnel: "), "the answer stays what a program reads");
        let output = query(&file, "SELECT count(*) FROM Log WHERE tier = 'pro'", format);
        assert_eq!(text(&output.stderr), "", "{format}");
    }
}

#[test]
fn no_escape_sequence_of_a_name_or_a_value_reaches_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = [
        ("\u{1b}[31mname", "\u{1b}[2J"),
        ("c1\u{9b}m", "\u{9d}0;title\u{7}"),
        ("bidi\u{202e}", "a\u{2066}b"),
    ];
    let file = file_with(folder.path(), &hostile);
    let queries =
        ["SELECT * FROM Log", "SELECT keyset() FROM Log", "SELECT count(*) FROM Log FACET `\u{1b}[31mname`"];
    for nrql in queries {
        for format in ["table", "csv", "json"] {
            let output = query(&file, nrql, format);
            let shown = text(&output.stdout) + &text(&output.stderr);
            let commands = |c: char| {
                (c.is_control() && c != '\n') || ('\u{2066}'..='\u{2069}').contains(&c) || c == '\u{202e}'
            };
            assert!(!shown.contains(commands), "{nrql} {format}: {shown:?}");
            assert!(shown.contains("name"), "{nrql} {format}: {shown:?}");
        }
    }
    let json: Value = serde_json::from_slice(&query(&file, "SELECT * FROM Log", "json").stdout).unwrap();
    assert_eq!(json["results"][0]["bidi\u{202e}"], "a\u{2066}b", "a program reads the value as it is");
    let output = query(&file, "SELECT \u{1b}[31m FROM Log", "table");
    assert_eq!(output.status.code(), Some(1));
    assert!(!text(&output.stderr).contains('\u{1b}'));
}

#[test]
fn a_query_is_read_from_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let file = file_with(folder.path(), &[("a", "b")]);
    for (argument, nrql, status) in [
        ("-", "SELECT count(*) FROM Log\n", 0),
        ("@-", "FROM Log SELECT count(*)", 0),
        ("-", "SELECT", 1),
        ("-", "", 1),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_funnel"));
        command.args(["query", argument, "--format", "csv", "--db"]).arg(&file);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(nrql.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{nrql:?}: {}", text(&output.stderr));
        if status == 0 {
            assert_eq!(text(&output.stdout), "count\n1\n");
        }
    }
}

#[test]
fn an_empty_value_is_refused_and_named() {
    for (arguments, option) in [
        (vec!["query", "SELECT count(*) FROM Log", "--db", ""], "--db"),
        (vec!["query", "SELECT count(*) FROM Log", "--url", ""], "--url"),
        (vec!["lab", "--db", ""], "--db"),
        (vec!["lab", "--metrics", ""], "--metrics"),
        (vec!["lab", "--allow-host", " "], "--allow-host"),
        (vec!["lab", "--allow-origin", ""], "--allow-origin"),
        (
            vec![
                "lab",
                "--temporary",
                "--otlp",
                "127.0.0.1:0",
                "--grpc",
                "127.0.0.1:0",
                "--http",
                "127.0.0.1:0",
                "--allow-origin",
                "*",
            ],
            "origin",
        ),
    ] {
        let output = funnel(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(option), "{arguments:?}: {}", text(&output.stderr));
    }
}

/// A file system where nothing may be written, seen by somebody who is not its owner.
#[test]
#[cfg(target_os = "linux")]
fn a_file_that_may_only_be_read_can_be_queried() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = file_with(folder.path(), &[("a", "b")]);
    let program = folder.path().join("funnel");
    std::fs::copy(env!("CARGO_BIN_EXE_funnel"), &program).unwrap();
    let as_stranger = |file: &Path| {
        let mode = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let path = entry.unwrap().path();
            mode(&path, if path == program { 0o555 } else { 0o444 });
        }
        mode(folder.path(), 0o555);
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program);
        let output =
            command.args(["query", "SELECT count(*) FROM Log", "--format", "csv", "--db"]).arg(file).output();
        mode(folder.path(), 0o755);
        output
    };
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    match as_stranger(&file) {
        Ok(output) if is_root => {
            assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
            assert_eq!(text(&output.stdout), "count\n1\n");
        }
        _ => {
            println!("skipped: becoming another user takes root and setpriv");
            return;
        }
    }
    // A log that was not checked in, as a kill leaves it.
    let live = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let lab = funnel_lab::Lab::builder().db(live.path().join("lab.db")).start().await.unwrap();
        let to = lab.otlp_addr();
        let body = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{}, {}]}]}]});
        tokio::task::spawn_blocking(move || send(to, &body)).await.unwrap();
        for name in ["lab.db", "lab.db-wal"] {
            std::fs::copy(live.path().join(name), folder.path().join(name)).unwrap();
        }
        lab.shutdown().await;
    });
    let output = as_stranger(&file).unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "count\n2\n");
}

#[test]
fn a_metrics_address_that_does_not_answer_is_shown() {
    let mut lab = Command::new(env!("CARGO_BIN_EXE_funnel"))
        .args([
            "lab",
            "--temporary",
            "--otlp",
            "127.0.0.1:0",
            "--grpc",
            "127.0.0.1:0",
            "--http",
            "127.0.0.1:0",
        ])
        .args(["--metrics", "http://127.0.0.1:1/metrics"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = std::io::BufReader::new(lab.stdout.take().unwrap());
    let mut first = String::new();
    std::io::BufRead::read_line(&mut out, &mut first).unwrap();
    let page = first
        .trim_start_matches("page")
        .trim()
        .trim_start_matches("http://")
        .trim_end_matches('/')
        .to_owned();
    let ask = || {
        let mut stream = TcpStream::connect(&page).unwrap();
        write!(stream, "GET /api/conservation HTTP/1.1\r\nhost: {page}\r\nconnection: close\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let begin = std::time::Instant::now();
    let answer = loop {
        let answer = ask();
        if !answer.contains("not asked yet") || begin.elapsed().as_secs() > 60 {
            break answer;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    };
    // Asked to end, so that it removes its database.
    assert!(Command::new("kill").arg(lab.id().to_string()).status().unwrap().success());
    assert!(lab.wait().unwrap().success());
    assert!(answer.contains("\"service\":\"127.0.0.1:1\"") && answer.contains("unreachable"), "{answer}");
    assert!(answer.contains("refused"), "the reason: {answer}");
}
