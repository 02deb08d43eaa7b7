//! Planted ids are looked for byte by byte in every file afterwards; everything else is as it was.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use funnel_ops::erase::{CopyKind, Erase, Subject};
use funnel_ops::replay::Replay;
use otlp_journal::{Delivery, Priority};
use serde_json::{Value, json};

const TEAM: &str = "0190b3f4-5c1e-7b6a-9d3e-0a1b2c3d4e5f";
const OTHER_TEAM: &str = "0190b3f4-5c1e-7b6a-9d3e-ffffffffffff";
const JOURNEYS: [&str; 2] = ["7d9f2c1e-0b3a-4c5d-8e6f-1a2b3c4d5e6f", "7d9f2c1e-0b3a-4c5d-8e6f-1a2b3c4d5e70"];
const OTHER_JOURNEY: &str = "7d9f2c1e-0b3a-4c5d-8e6f-eeeeeeeeeeee";

/// Step, journey and team of the events that lie everywhere: six of the team, two of others.
const EVENTS: [(&str, &str, Option<&str>); 8] = [
    ("landing", JOURNEYS[0], None),
    ("provision", JOURNEYS[0], None),
    ("claim", JOURNEYS[0], Some(TEAM)),
    ("landing", OTHER_JOURNEY, None),
    ("landing", JOURNEYS[1], None),
    ("claim", JOURNEYS[1], Some(TEAM)),
    ("paid", JOURNEYS[1], Some(TEAM)),
    ("claim", OTHER_JOURNEY, Some(OTHER_TEAM)),
];
const PLANTED: u64 = 6;

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64
}

fn attributes(at: usize) -> Vec<(&'static str, String)> {
    let (step, journey, team) = EVENTS[at];
    let mut attributes = vec![
        ("newrelic.event.type", "InstantFunnel".to_owned()),
        ("funnelStep", step.to_owned()),
        ("serviceName", "shop".to_owned()),
        ("cohort", "real".to_owned()),
        ("eventId", format!("{:032x}", 0xa000 + at)),
        ("journeyId", journey.to_owned()),
    ];
    attributes.extend(team.map(|team| ("teamId", team.to_owned())));
    attributes
}

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

fn record(at: usize) -> Vec<u8> {
    let mut record = vec![0x09];
    record.extend_from_slice(&now().to_le_bytes());
    for (key, value) in attributes(at) {
        let pair = [sized(0x0a, key.as_bytes()), sized(0x12, &sized(0x0a, value.as_bytes()))].concat();
        record.extend(sized(0x32, &pair));
    }
    record
}

fn journal(folder: &Path) {
    let delivery =
        Delivery::builder("http://127.0.0.1:1/v1/logs").directory(folder).max_bytes(1 << 20).build().unwrap();
    for at in 0..EVENTS.len() {
        let record = record(at);
        delivery.append(Priority::Critical, now(), record.len(), |out| out.copy_from_slice(&record)).unwrap();
    }
    let _ = delivery.shutdown(Duration::from_millis(10));
    drop(delivery);
    support::until_abandoned(folder);
}

/// Two messages, and half of one that names the team.
fn archive(file: &Path) {
    let message = |events: std::ops::Range<usize>| {
        let records: Vec<u8> = events.flat_map(|at| sized(0x12, &record(at))).collect();
        let request = sized(0x0a, &sized(0x12, &records));
        [&(request.len() as u32).to_be_bytes()[..], &request].concat()
    };
    let torn = message(2..3);
    std::fs::write(file, [message(0..4), message(4..8), torn[..torn.len() - 2].to_vec()].concat()).unwrap();
}

fn lab(file: &Path) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let lab = funnel_lab::Lab::builder().db(file).start().await.unwrap();
        let to = lab.otlp_addr();
        tokio::task::spawn_blocking(move || send(to)).await.unwrap();
        lab.shutdown().await;
    });
}

fn send(to: SocketAddr) {
    let records: Vec<Value> = (0..EVENTS.len())
        .map(|at| {
            let attributes: Vec<Value> = attributes(at)
                .into_iter()
                .map(|(key, value)| json!({"key": key, "value": {"stringValue": value}}))
                .collect();
            json!({"timeUnixNano": now().to_string(), "attributes": attributes})
        })
        .collect();
    let body = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}).to_string();
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

/// Every file under a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

/// The files in which a string stands.
fn standing(folder: &Path, text: &str) -> Vec<PathBuf> {
    let holds = |file: &PathBuf| {
        let bytes = std::fs::read(file).unwrap();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    };
    files(folder).into_iter().filter(holds).collect()
}

#[test]
fn a_team_its_journeys_and_their_anonymous_steps_are_gone_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (waiting, others) = (folder.path().join("journal"), folder.path().join("other"));
    std::fs::create_dir(&others).unwrap();
    journal(&waiting);
    archive(&others.join("funnel.otlp"));
    lab(&others.join("lab.db"));
    std::fs::write(others.join("notes.txt"), TEAM).unwrap();
    for id in [TEAM, JOURNEYS[0], JOURNEYS[1]] {
        assert!(standing(folder.path(), id).len() >= 3, "{id} is planted");
    }

    let erase = Erase::new(Subject::Team(TEAM.to_owned())).path(&waiting).path(&others);
    let seen = erase.look().unwrap();
    assert_eq!((seen.events(), seen.journeys), (3 * PLANTED, 2));
    assert!(standing(folder.path(), TEAM).len() >= 3, "looking changes nothing");

    let receipt = erase.run().unwrap();
    let mut kinds: Vec<(CopyKind, u64)> =
        receipt.copies.iter().map(|copy| (copy.kind, copy.events)).collect();
    kinds.sort_by_key(|(kind, _)| kind.to_string());
    assert_eq!(kinds, [(CopyKind::Archive, PLANTED), (CopyKind::Journal, PLANTED), (CopyKind::Lab, PLANTED)]);
    assert!(receipt.held.is_empty());
    let written = receipt.to_json().to_string();
    for id in [TEAM, JOURNEYS[0], JOURNEYS[1]] {
        let left = standing(folder.path(), id);
        let notes = if id == TEAM { vec![others.join("notes.txt")] } else { Vec::new() };
        assert_eq!(left, notes, "{id}: only other people's files still contain it");
        assert!(!written.contains(id), "the receipt does not contain the id");
    }

    for id in [OTHER_TEAM, OTHER_JOURNEY] {
        assert!(standing(folder.path(), id).len() >= 3, "{id} stays");
    }
    let left =
        Replay::new("http://127.0.0.1:1").path(&waiting).path(others.join("funnel.otlp")).look().unwrap();
    let each: Vec<(u64, u64)> = left.sources.iter().map(|source| (source.events, source.damaged)).collect();
    assert_eq!(each, [(2, 0), (2, 0)]);
    let count = funnel_lab::query_file(&others.join("lab.db"), "SELECT count(*) FROM InstantFunnel").unwrap();
    assert_eq!(count["results"][0]["count"], 2);
    assert_eq!(erase.run().unwrap().events(), 0, "a second time finds nothing");
}

#[test]
fn a_journey_leaves_the_team_its_other_journey() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("funnel.otlp");
    archive(&file);
    let receipt = Erase::new(Subject::Journey(JOURNEYS[0].to_owned())).path(&file).run().unwrap();
    assert_eq!(receipt.events(), 3);
    assert!(standing(folder.path(), JOURNEYS[0]).is_empty());
    assert_eq!(standing(folder.path(), JOURNEYS[1]), [file]);
}

#[test]
fn dead_letters_go_and_their_neighbours_stay() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../otlp-journal/tests/fixtures/journal-0.1.0/dead-letters");
    let folder = tempfile::tempdir().unwrap();
    let from = otlp_journal::archive::dead_letter_files(&kept).unwrap().remove(0);
    let file = folder.path().join("letters.otd");
    std::fs::copy(&from, &file).unwrap();
    let before = otlp_journal::archive::read_dead_letters(&file).unwrap();
    let record = before[0].stored.record.clone();
    let alike = before
        .iter()
        .filter(|letter| letter.stored.record.windows(record.len()).any(|w| w == record))
        .count();
    assert_eq!(otlp_journal::erase::erase_dead_letters(&file, &[&record]).unwrap(), alike);
    let after = otlp_journal::archive::read_dead_letters(&file).unwrap();
    assert_eq!(after.len(), before.len() - alike);
    assert!(after.iter().all(|letter| before.contains(letter)));
    assert_eq!(otlp_journal::erase::erase_dead_letters(&file, &[b"nothing like it"]).unwrap(), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_running_process_holds_is_named_and_left() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("funnel.otlp");
    archive(&file);
    let before = std::fs::read(&file).unwrap();
    let mut reader = Command::new("tail").arg("-f").arg(&file).stdout(Stdio::null()).spawn().unwrap();
    let erase = Erase::new(Subject::Team(TEAM.to_owned())).path(folder.path());
    let link = format!("/proc/{}/fd", reader.id());
    let opened = || {
        let links = std::fs::read_dir(&link).unwrap().flatten();
        links.filter_map(|entry| std::fs::read_link(entry.path()).ok()).any(|to| to == file)
    };
    while !opened() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let receipt = erase.run().unwrap();
    reader.kill().unwrap();
    reader.wait().unwrap();
    assert_eq!(receipt.events(), 0);
    assert!(
        receipt.held[0].holder.contains("tail") && receipt.held[0].holder.contains(&reader.id().to_string())
    );
    assert_eq!(std::fs::read(&file).unwrap(), before);
    assert_eq!(erase.run().unwrap().events(), PLANTED, "once nobody holds it");
}

#[test]
fn too_short_an_id_is_refused() {
    let error = Erase::new(Subject::Team("a".to_owned())).path(".").run().unwrap_err();
    assert!(error.to_string().contains("too short"), "{error}");
}
