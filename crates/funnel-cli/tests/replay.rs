//! `funnel replay`: killed on its way, it goes on where it was.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test may")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const FILES: usize = 4;
const MESSAGES: usize = 50;
const RECORDS: usize = 500;

fn sized(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let mut length = content.len();
    while length >= 0x80 {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend_from_slice(content);
    out
}

/// An archive of 100,000 events whose names are `id-` and six digits.
fn write_archive(folder: &Path) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    let mut id = 0;
    for file in 0..FILES {
        let mut archive = Vec::new();
        for _ in 0..MESSAGES {
            let mut records = Vec::new();
            for _ in 0..RECORDS {
                let mut record = vec![0x09];
                record.extend_from_slice(&now.to_le_bytes());
                record.extend_from_slice(&sized(0x62, format!("id-{id:06}").as_bytes()));
                records.extend(sized(0x12, &record));
                id += 1;
            }
            let request = sized(0x0a, &sized(0x12, &records));
            archive.extend_from_slice(&(request.len() as u32).to_be_bytes());
            archive.extend(request);
        }
        std::fs::write(folder.join(format!("funnel-{file}.otlp")), archive).unwrap();
    }
}

/// How often each event arrived, by its number.
type Arrived = Arc<Mutex<Vec<u32>>>;

fn sink() -> (String, Arrived) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let arrived: Arrived = Arc::new(Mutex::new(vec![0; FILES * MESSAGES * RECORDS]));
    let kept = Arc::clone(&arrived);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream);
            let kept = Arc::clone(&kept);
            std::thread::spawn(move || {
                while let Some(body) = request(&mut reader) {
                    let mut kept = kept.lock().unwrap();
                    let mut at = 0;
                    while let Some(found) = body[at..].windows(3).position(|three| three == b"id-") {
                        at += found + 9;
                        let number: usize = std::str::from_utf8(&body[at - 6..at]).unwrap().parse().unwrap();
                        kept[number] += 1;
                    }
                    drop(kept);
                    if reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").is_err() {
                        return;
                    }
                }
            });
        }
    });
    (url, arrived)
}

fn request(reader: &mut BufReader<std::net::TcpStream>) -> Option<Vec<u8>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(body)
}

fn replay(folder: &Path, url: &str, progress: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_funnel"));
    command
        .arg("replay")
        .arg(folder)
        .args(["--send", "--pace", "0", "--to", url])
        .arg("--progress")
        .arg(progress);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn killed_ten_times_every_event_arrives_and_few_twice() {
    let folder = tempfile::tempdir().unwrap();
    write_archive(folder.path());
    let progress = folder.path().join("progress");
    let (url, arrived) = sink();
    let lines = || std::fs::read_to_string(&progress).unwrap_or_default().lines().count();
    let mut kills = 0;
    for kill in 1..=10 {
        let mut child = replay(folder.path(), &url, &progress).spawn().unwrap();
        let goal = kill * 16;
        while lines() < goal && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        if child.try_wait().unwrap().is_none() {
            kills += 1;
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert_eq!(kills, 10, "each kill met a running replay");
    let output = replay(folder.path(), &url, &progress).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let arrived = arrived.lock().unwrap();
    let distinct = arrived.iter().filter(|count| **count > 0).count();
    let repeats: u32 = arrived.iter().map(|count| count.saturating_sub(1)).sum();
    println!("{distinct} distinct events, {repeats} repeats after {kills} kills");
    assert_eq!(distinct, FILES * MESSAGES * RECORDS);
    assert!(repeats as usize <= kills * RECORDS, "{repeats} repeats: one request was in flight at each kill");
}

#[test]
fn without_send_nothing_is_sent_and_it_is_said_what_would_be() {
    let folder = tempfile::tempdir().unwrap();
    write_archive(folder.path());
    let output =
        Command::new(env!("CARGO_BIN_EXE_funnel")).arg("replay").arg(folder.path()).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(
        said.contains("100000 events in 4 sources, 100000 to send; nothing was sent; add --send"),
        "{said}"
    );
    let missing = Command::new(env!("CARGO_BIN_EXE_funnel")).args(["replay", "/no/such"]).output().unwrap();
    assert_eq!(missing.status.code(), Some(2));
}
