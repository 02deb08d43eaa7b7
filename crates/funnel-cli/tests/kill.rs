//! `kill -9` of the lab under load: every acknowledged event is in the database.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How often the lab is killed; the bench document's run takes 50.
fn rounds() -> u64 {
    std::env::var("FUNNEL_LAB_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(8)
}

const SENDERS: u64 = 3;
const RECORDS: u64 = 40;

fn start(db: &Path) -> (Child, String) {
    let mut lab = Command::new(env!("CARGO_BIN_EXE_funnel"))
        .args(["lab", "--otlp", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0", "--db"])
        .arg(db)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(lab.stdout.take().unwrap()).lines();
    let otlp = lines
        .map(|line| line.unwrap())
        .find_map(|line| line.strip_prefix("OTLP/HTTP http://").map(str::to_owned));
    (lab, otlp.unwrap())
}

/// A request with fresh event ids; their numbers start at `first`.
fn body(first: u64) -> String {
    let records: Vec<String> = (first..first + RECORDS)
        .map(|number| {
            let attributes = [
                ("newrelic.event.type", "InstantFunnel"),
                ("funnelStep", "landing"),
                ("serviceName", "api"),
                ("cohort", "real"),
                ("eventId", &format!("{number:031x}f")),
            ]
            .map(|(key, value)| format!(r#"{{"key":"{key}","value":{{"stringValue":"{value}"}}}}"#));
            format!(r#"{{"attributes":[{}]}}"#, attributes.join(","))
        })
        .collect();
    format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{}]}}]}}]}}"#, records.join(","))
}

/// Sends until the lab dies; gives the first numbers of the requests that it acknowledged.
fn send(otlp: &str, numbers: &AtomicU64) -> Vec<u64> {
    let mut acknowledged = Vec::new();
    let Ok(mut stream) = TcpStream::connect(otlp) else { return acknowledged };
    loop {
        let first = numbers.fetch_add(RECORDS, Ordering::Relaxed);
        let body = body(first);
        let head = format!(
            "POST /v1/logs HTTP/1.1\r\nhost: {otlp}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        if stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).is_err() {
            return acknowledged;
        }
        let mut answer = [0; 2_048];
        match stream.read(&mut answer) {
            Ok(read) if answer[..read].starts_with(b"HTTP/1.1 200") => acknowledged.push(first),
            Ok(0) | Err(_) => return acknowledged,
            Ok(read) => panic!("{}", String::from_utf8_lossy(&answer[..read])),
        }
    }
}

#[test]
fn every_acknowledged_event_survives_kill_9() {
    let folder = std::env::temp_dir().join(format!("funnel-kill-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let db = folder.join("lab.db");
    let numbers = AtomicU64::new(0);
    let mut acknowledged = Vec::new();
    for round in 0..rounds() {
        let (mut lab, otlp) = start(&db);
        std::thread::scope(|scope| {
            let senders: Vec<_> = (0..SENDERS).map(|_| scope.spawn(|| send(&otlp, &numbers))).collect();
            // Somewhere in the middle of a request, another place each round.
            std::thread::sleep(Duration::from_millis(40 + 13 * (round % 10)));
            lab.kill().unwrap();
            lab.wait().unwrap();
            for sender in senders {
                acknowledged.extend(sender.join().unwrap());
            }
        });
    }
    assert!(acknowledged.len() as u64 > rounds(), "the lab was killed under load");
    let output = Command::new(env!("CARGO_BIN_EXE_funnel"))
        .args([
            "query",
            "SELECT uniqueCount(eventId) FROM InstantFunnel SINCE 1 day ago",
            "--format",
            "csv",
            "--db",
        ])
        .arg(&db)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let file = rusqlite::Connection::open(&db).unwrap();
    let mut found = file.prepare("SELECT count(*) FROM event WHERE \"eventId\" = ?1").unwrap();
    file.execute_batch("CREATE INDEX by_event_id ON event (\"eventId\")").unwrap();
    for number in acknowledged.iter().flat_map(|first| *first..*first + RECORDS) {
        let count: i64 = found.query_row([format!("{number:031x}f")], |row| row.get(0)).unwrap();
        assert!(count >= 1, "event {number} was acknowledged and is not in the database");
    }
    let whole: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(whole, "ok");
    std::fs::remove_dir_all(&folder).unwrap();
}
