//! The generated Python, TypeScript and Go, each over its language's own SDK and exporter, send to a lab that knows the
//! contract: every event arrives and is good, and what breaks a rule has not left the sender.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// What `scripts/contract-tools.sh` fetched.
fn tools() -> PathBuf {
    std::env::var_os("FUNNEL_CONTRACT_TOOLS")
        .map_or_else(|| repository().join("target/contract-tools"), PathBuf::from)
}

fn left_out(what: &str) {
    assert!(std::env::var_os("CI").is_none(), "left out: {what}; run scripts/contract-tools.sh");
    println!("left out: {what}; run scripts/contract-tools.sh");
}

struct Lab {
    child: Child,
    page: String,
    otlp: String,
    folder: tempfile::TempDir,
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lab() -> Lab {
    let folder = tempfile::tempdir().unwrap();
    let any = "127.0.0.1:0";
    let mut child = Command::new(env!("CARGO_BIN_EXE_funnel"))
        .args(["lab", "--otlp", any, "--grpc", any, "--http", any, "--db"])
        .arg(folder.path().join("lab.db"))
        .arg("--contract")
        .arg(repository().join("contracts/shop.toml"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(|line| line.unwrap());
    let mut after = |start: &str| lines.find_map(|line| line.strip_prefix(start).map(str::to_owned)).unwrap();
    let page = after("page      http://").trim_end_matches('/').to_owned();
    let otlp = after("OTLP/HTTP ");
    Lab { child, page, otlp, folder }
}

/// The lab's counts of `ShopFunnel`, as JSON.
fn counts(page: &str) -> serde_json::Value {
    let mut stream = TcpStream::connect(page).unwrap();
    write!(stream, "GET /api/counts HTTP/1.1\r\nhost: {page}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    serde_json::from_str(&answer[answer.find('{').unwrap()..=answer.rfind('}').unwrap()]).unwrap()
}

/// Runs a sender and looks at what the lab has of it.
fn all_arrive(mut sender: Command, service: &str) {
    let lab = lab();
    let output = sender.arg(format!("{}/v1/logs", lab.otlp)).output().unwrap();
    let (said, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{error}");
    assert_eq!(said.trim(), "25", "values that were dropped; {error}");
    let counts = counts(&lab.page);
    assert_eq!((&counts["good"], &counts["bad"]), (&1000.into(), &0.into()), "{counts}");
    let query = "SELECT uniqueCount(eventId), uniqueCount(journeyId), uniqueCount(funnelStep), count(country) \
                 FROM ShopFunnel FACET serviceName";
    let answer = Command::new(env!("CARGO_BIN_EXE_funnel"))
        .args(["query", query, "--format", "csv", "--url"])
        .arg(format!("http://{}", lab.page))
        .output()
        .unwrap();
    let answer = String::from_utf8_lossy(&answer.stdout);
    assert!(answer.contains(&format!("{service},225,{service},1000,4,250")), "{answer}");
    for file in fs::read_dir(lab.folder.path()).unwrap().flatten() {
        let bytes = fs::read(file.path()).unwrap();
        assert!(!bytes.windows(8).any(|window| window == b"jane@exa"), "{}", file.path().display());
    }
}

fn copied(names: &[&str], folder: &Path) {
    for name in names {
        let from = repository().join(name);
        fs::copy(&from, folder.join(from.file_name().unwrap())).unwrap();
    }
}

#[test]
fn python_sends_a_thousand_events() {
    let python = tools().join("venv/bin/python");
    let exporter = "import opentelemetry.exporter.otlp.proto.http._log_exporter";
    if !Command::new(&python).args(["-c", exporter]).output().is_ok_and(|output| output.status.success()) {
        return left_out("the sender in Python");
    }
    let folder = tempfile::tempdir().unwrap();
    let files = ["contracts/generated/python/shop_funnel.py", "crates/funnel-cli/tests/senders/send.py"];
    copied(&files, folder.path());
    let mut command = Command::new(python);
    command.current_dir(folder.path()).arg("send.py");
    all_arrive(command, "python-shop");
}

#[test]
fn typescript_sends_a_thousand_events() {
    let modules = tools().join("node_modules");
    if !modules.join("@opentelemetry/exporter-logs-otlp-http").exists()
        || !modules.join("typescript").exists()
    {
        return left_out("the sender in TypeScript");
    }
    let folder = tempfile::tempdir().unwrap();
    let files = ["contracts/generated/typescript/shop-funnel.ts", "crates/funnel-cli/tests/senders/send.ts"];
    copied(&files, folder.path());
    fs::write(folder.path().join("package.json"), "{\"type\": \"module\"}").unwrap();
    let options = r#"{"compilerOptions": {"strict": true, "target": "es2022", "module": "nodenext",
        "types": ["node"], "skipLibCheck": true, "exactOptionalPropertyTypes": true}}"#;
    fs::write(folder.path().join("tsconfig.json"), options).unwrap();
    std::os::unix::fs::symlink(modules, folder.path().join("node_modules")).unwrap();
    let mut compile = Command::new("node");
    let compiled =
        compile.current_dir(folder.path()).arg("node_modules/typescript/bin/tsc").output().unwrap();
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stdout));
    let mut command = Command::new("node");
    command.current_dir(folder.path()).arg("send.js");
    all_arrive(command, "typescript-shop");
}

#[test]
fn go_sends_a_thousand_events() {
    let modules = tools().join("go");
    let exporter = fs::read_to_string(modules.join("go.mod")).is_ok_and(|text| text.contains("otlploghttp"));
    if !exporter || Command::new("go").arg("version").output().is_err() {
        return left_out("the sender in Go");
    }
    let folder = tempfile::tempdir().unwrap();
    for file in ["go.mod", "go.sum"] {
        fs::copy(modules.join(file), folder.path().join(file)).unwrap();
    }
    let package = folder.path().join("shopfunnel");
    fs::create_dir(&package).unwrap();
    let parts = ["events", "events_checks", "events_recorder"];
    let parts = parts.map(|part| format!("contracts/generated/go/shopfunnel/{part}.go"));
    copied(&parts.each_ref().map(String::as_str), &package);
    copied(&["crates/funnel-cli/tests/senders/send.go"], folder.path());
    let mut build = Command::new("go");
    build.current_dir(folder.path()).args(["build", "-o", "send", "."]).env("GOFLAGS", "-mod=mod");
    let built = build.output().unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    all_arrive(Command::new(folder.path().join("send")), "go-shop");
}
