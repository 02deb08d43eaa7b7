//! The journal that version 0.1.0 left, kept as it was written: every later version delivers it whole.
//!
//! `tests/fixtures/journal-0.1.0` holds five sets and a dead-letter file, each file without the zeros at its end
//! (`lengths` has the whole length of each). `write` below made it; it is run by hand, with the release whose format
//! is to be kept.
//!
//! | set of | what it is | records | whole |
//! |---|---|---|---|
//! | `open` | the process died while nothing had been sent | 0–99, every tenth critical, every seventh with its own scope | 100 |
//! | `full` | no room was left | from 10,000 on | all |
//! | `torn` | one writer had only reserved, one had given up, and one record has a flipped bit | 2,000–2,049 without 2,020 | 49 |
//! | `refused` | 3,000–3,004 are dead letters, the others wait | 3,005–3,029 | 25 |
//! | `adopter`, `adopted` | a dead process's set, half of it delivered by one that died as well | from 4,001 on; 8,000–8,019 | see `expected` |

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::time::Duration;

use otlp_journal::archive::{AbandonedJournal, dead_letter_files, read_dead_letters};
use otlp_journal::transport::Response;
use otlp_journal::{Builder, Entry, LossReason, ManualClock, Priority};

use crate::support::{Far, LONG, Scratch, append_at, noon, quick, record};

const NEVER: Duration = Duration::from_secs(360_000);

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/journal-0.1.0")
}

/// Copies a tree, each file with its own length.
fn restore(to: &Path) {
    for line in fs::read_to_string(fixture().join("lengths")).unwrap().lines() {
        let (length, name) = line.split_once(' ').unwrap();
        let target = to.join(name);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(&target, fs::read(fixture().join(name)).unwrap()).unwrap();
        let file = fs::File::options().write(true).open(&target).unwrap();
        file.set_len(length.parse().unwrap()).unwrap();
    }
}

/// The ids that were never delivered, as they were written down when the fixture was made.
fn expected() -> BTreeSet<u64> {
    let text = fs::read_to_string(fixture().join("expected")).unwrap();
    text.lines().map(|line| line.parse().unwrap()).collect()
}

#[test]
fn the_first_releases_journal_is_delivered_whole() {
    let scratch = Scratch::new("fixture");
    restore(scratch.path());
    let clock = ManualClock::at(noon());
    let far = Far::always(200);
    let delivery = quick(&far).directory(scratch.path()).clock(clock.clock()).build().unwrap();
    let report = delivery.flush(LONG);
    assert!(report.complete && report.stats.is_conserved(), "{report:?}");
    let arrived: BTreeSet<u64> = far.stored().into_keys().collect();
    assert_eq!(arrived, expected());
    assert!(far.stored().values().all(|n| *n == 1));
    let stats = delivery.stats();
    // The flipped record and the one that was only reserved.
    assert_eq!((stats.dropped.total(), stats.dropped.get(LossReason::Corrupt)), (2, 2));
    let names: BTreeSet<Vec<u8>> = far.requests().into_iter().flat_map(|r| r.resources).collect();
    let wanted = ["open", "full", "torn", "refused", "adopted", "adopter"];
    assert_eq!(names, wanted.iter().map(|name| resource(name)).collect());
    assert!(far.requests().iter().any(|r| r.scopes.contains(&b"\x0a\x03own".to_vec())));
    assert!(delivery.shutdown(LONG).complete);
    assert_eq!(scratch.count("set-"), 0, "every set is settled");
}

#[test]
fn the_first_releases_dead_letters_can_be_read() {
    let scratch = Scratch::new("fixture-letters");
    restore(scratch.path());
    let files = dead_letter_files(&scratch.path().join("dead-letters")).unwrap();
    let letters: Vec<_> = files.iter().flat_map(|file| read_dead_letters(file).unwrap()).collect();
    assert_eq!(letters.len(), 5);
    for (letter, id) in letters.iter().zip(3_000..) {
        assert_eq!((letter.status, letter.reason), (400, LossReason::Rejected));
        assert_eq!(letter.stored.record, record(id));
        assert_eq!(*letter.stored.resource, resource("refused"));
    }
}

#[test]
fn the_first_releases_journal_can_be_read_by_a_tool() {
    let scratch = Scratch::new("fixture-archive");
    restore(scratch.path());
    let sets = AbandonedJournal::open_all(scratch.path()).unwrap();
    let records: usize = sets.iter().map(|set| set.records().unwrap().len()).sum();
    assert_eq!(records, expected().len());
}

fn resource(name: &str) -> Vec<u8> {
    [&[0x0a, name.len() as u8], name.as_bytes()].concat()
}

fn small(far: &Far, directory: &Path, name: &str) -> Builder {
    quick(far)
        .directory(directory)
        .max_bytes(256 << 10)
        .resource(resource(name))
        .scope(*b"\x0a\x05usual")
        // A set's name comes from the process and the time.
        .clock(ManualClock::at(noon() + Duration::from_secs(name.bytes().map(u64::from).sum())).clock())
        .linger(NEVER)
        .adopt_every(NEVER)
        .backoff(NEVER, NEVER)
}

fn now() -> u64 {
    ManualClock::at(noon()).now_unix_nanos()
}

fn put(delivery: &otlp_journal::Delivery, id: u64) -> bool {
    let priority = if id.is_multiple_of(10) { Priority::Critical } else { Priority::Bulk };
    let record = record(id);
    let mut entry = Entry::new(priority, now());
    if id.is_multiple_of(7) {
        entry = entry.scope(b"\x0a\x03own");
    }
    delivery.append_entry(entry, record.len(), |buf| buf.copy_from_slice(&record)).is_ok()
}

/// Keeps what lies in `from` now, as a crash would leave it.
fn keep(from: &Path, at: &Path, lengths: &mut Vec<String>) {
    for entry in fs::read_dir(from).unwrap().flatten() {
        let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
        if path.is_dir() {
            keep(&path, &at.join(name), lengths);
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        let end = bytes.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
        fs::create_dir_all(fixture().join(at)).unwrap();
        fs::write(fixture().join(at).join(&name), &bytes[..end]).unwrap();
        lengths.push(format!("{} {}", bytes.len(), at.join(name).display()));
    }
}

#[test]
#[ignore = "writes the fixture anew, with the format of the present version"]
fn write() {
    let _ = fs::remove_dir_all(fixture());
    let mut lengths = Vec::new();
    let mut ids: BTreeSet<u64> = BTreeSet::new();
    let sick = Far::always(503);

    let open = Scratch::new("open");
    let delivery = small(&sick, open.path(), "open").build().unwrap();
    ids.extend((0..100).filter(|id| put(&delivery, *id)));
    keep(open.path(), Path::new(""), &mut lengths);

    let full = Scratch::new("full");
    let delivery = small(&sick, full.path(), "full").build().unwrap();
    ids.extend((10_000..).take_while(|id| append_at(&delivery, Priority::Critical, *id, now()).is_ok()));
    keep(full.path(), Path::new(""), &mut lengths);

    let torn = Scratch::new("torn");
    let delivery = small(&sick, torn.path(), "torn").build().unwrap();
    ids.extend((2_000..2_030).filter(|id| append_at(&delivery, Priority::Bulk, *id, now()).is_ok()));
    let quits = std::panic::AssertUnwindSafe(|| {
        delivery.append(Priority::Bulk, now(), 100, |_| std::panic::resume_unwind(Box::new("on purpose")))
    });
    assert!(std::panic::catch_unwind(quits).is_err());
    let (inside, entered) = channel();
    let (release, wait) = channel::<()>();
    let writer = {
        let delivery = delivery.clone();
        std::thread::spawn(move || {
            let _ = delivery.append(Priority::Critical, now(), 100, |buf| {
                buf[..9].copy_from_slice(b"not whole");
                inside.send(()).unwrap();
                let _ = wait.recv();
            });
        })
    };
    entered.recv().unwrap();
    ids.extend((2_030..2_050).filter(|id| append_at(&delivery, Priority::Bulk, *id, now()).is_ok()));
    let copy = Scratch::new("torn-copy");
    copy_tree(torn.path(), copy.path());
    flip(copy.path(), &record(2_020));
    assert!(ids.remove(&2_020));
    keep(copy.path(), Path::new(""), &mut lengths);
    drop(release);
    writer.join().unwrap();

    let refused = Scratch::new("refused");
    let far = Far::new(|ids| Ok(Response::new(if ids.iter().any(|id| *id < 3_005) { 400 } else { 503 })));
    let delivery = small(&far, refused.path(), "refused").build().unwrap();
    (3_000..3_030).for_each(|id| append_at(&delivery, Priority::Bulk, id, now()).unwrap());
    ids.extend(3_005..3_030);
    let _ = delivery.flush(LONG);
    assert_eq!(delivery.stats().dropped.get(LossReason::Rejected), 5);
    keep(refused.path(), Path::new(""), &mut lengths);

    let dead = Scratch::new("adopted");
    let delivery = small(&sick, dead.path(), "adopted").build().unwrap();
    ids.extend(
        (1..)
            .map(|n| 4_000 + n)
            .take_while(|id| append_at(&delivery, Priority::Critical, *id, now()).is_ok()),
    );
    let copy = Scratch::new("adopted-copy");
    copy_tree(dead.path(), copy.path());
    let mut left = 2;
    let far = Far::new(move |_| {
        left -= 1;
        Ok(Response::new(if left >= 0 { 200 } else { 503 }))
    });
    let adopter = small(&far, copy.path(), "adopter").request_limit(30_000).in_flight(1).build().unwrap();
    ids.extend((8_000..8_020).filter(|id| append_at(&adopter, Priority::Bulk, *id, now()).is_ok()));
    let _ = adopter.flush(LONG);
    for id in far.stored().keys() {
        assert!(ids.remove(id));
    }
    assert_eq!(far.stored().values().max(), Some(&1));
    keep(copy.path(), Path::new(""), &mut lengths);
    finish(lengths, &ids);
}

/// Writes down what the fixture holds.
fn finish(mut lengths: Vec<String>, ids: &BTreeSet<u64>) {
    lengths.sort();
    fs::write(fixture().join("lengths"), lengths.join("\n") + "\n").unwrap();
    let lines: Vec<String> = ids.iter().map(u64::to_string).collect();
    fs::write(fixture().join("expected"), lines.join("\n") + "\n").unwrap();
}

fn copy_tree(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Flips one bit of the record that holds `needle`.
fn flip(directory: &Path, needle: &[u8]) {
    for set in fs::read_dir(directory).unwrap().flatten().filter(|e| e.path().is_dir()) {
        for file in fs::read_dir(set.path()).unwrap().flatten().map(|e| e.path()) {
            let mut bytes = fs::read(&file).unwrap();
            if let Some(at) = bytes.windows(needle.len()).position(|w| w == needle) {
                bytes[at + 40] ^= 0x10;
                fs::write(&file, bytes).unwrap();
            }
        }
    }
}
