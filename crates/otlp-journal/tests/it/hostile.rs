//! A directory in which others write, lock and delete.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use otlp_journal::archive::AbandonedJournal;
use otlp_journal::{Builder, Delivery, DeliveryAdvisory, LossReason, Priority};

use crate::support::{Far, LONG, Scratch, append, eventually, quick, record};

pub(crate) const NEVER: Duration = Duration::from_secs(360_000);

pub(crate) fn in_files(far: &Far, directory: &Path) -> Builder {
    quick(far).directory(directory).max_bytes(256 << 10).adopt_every(Duration::from_millis(5))
}

fn stuck(directory: &Path) -> Builder {
    in_files(&Far::always(503), directory).backoff(NEVER, NEVER).adopt_every(NEVER)
}

/// What a process leaves that could not send.
fn left_behind(builder: Builder, ids: std::ops::Range<u64>) {
    let delivery = builder.build().unwrap();
    for id in ids {
        append(&delivery, Priority::Bulk, id).unwrap();
    }
    let _ = delivery.shutdown(LONG);
}

pub(crate) fn sets(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().flatten().map(|e| e.path());
    let mut sets: Vec<PathBuf> =
        entries.filter(|p| p.file_name().unwrap().to_string_lossy().starts_with("set-")).collect();
    sets.sort();
    sets
}

/// The file that holds this record.
fn file_of(directory: &Path, id: u64) -> PathBuf {
    let needle = record(id);
    let files =
        sets(directory).into_iter().flat_map(|set| fs::read_dir(set).unwrap().flatten().map(|e| e.path()));
    files
        .filter(|path| path.extension().is_some_and(|e| e == "seg"))
        .find(|path| fs::read(path).unwrap().windows(needle.len()).any(|w| w == needle))
        .unwrap()
}

/// Delivers what is there; returns the delivery after a flush.
fn next(far: &Far, directory: &Path) -> Delivery {
    let delivery = in_files(far, directory).build().unwrap();
    let report = delivery.flush(LONG);
    assert!(report.complete && report.stats.is_conserved(), "{report:?}");
    delivery
}

#[test]
fn a_living_set_whose_lock_was_removed_is_not_adopted() {
    let scratch = Scratch::new("unlinked");
    let far = Far::always(503);
    let living = stuck(scratch.path()).transport(std::sync::Arc::new(far.clone())).build().unwrap();
    append(&living, Priority::Bulk, 1).unwrap();
    let set = sets(scratch.path()).remove(0);
    for damage in ["removed", "another file", "a link"] {
        let _ = fs::remove_file(set.join("lock"));
        match damage {
            "another file" => fs::write(set.join("lock"), "otlp-journal 1 0:0\n").unwrap(),
            "a link" => symlink("/dev/null", set.join("lock")).unwrap(),
            _ => {}
        }
        let other = Far::always(200);
        let sibling = next(&other, scratch.path());
        assert_eq!((other.distinct(), sibling.stats().recovered), (0, 0), "{damage}");
        assert!(AbandonedJournal::open_all(scratch.path()).unwrap().is_empty());
    }
    far.answer(200);
    append(&living, Priority::Bulk, 2).unwrap();
    assert!(living.flush(LONG).complete);
    assert!(far.stored().values().all(|n| *n == 1) && far.distinct() == 2);
}

#[test]
fn a_dead_set_whose_lock_was_removed_is_adopted_and_one_of_the_first_release_is_left() {
    let scratch = Scratch::new("no-lock");
    left_behind(stuck(scratch.path()), 0..10);
    fs::remove_file(sets(scratch.path()).remove(0).join("lock")).unwrap();
    let far = Far::always(200);
    let delivery = next(&far, scratch.path());
    assert_eq!(far.distinct(), 10, "its writer locked the directory");
    assert!(delivery.shutdown(LONG).complete);

    let old = scratch.path().join("set-1-00");
    fs::create_dir(&old).unwrap();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/journal-0.1.0");
    let some = sets(&fixture).remove(0);
    fs::copy(some.join("0000.seg"), old.join("0000.seg")).unwrap();
    drop(next(&far, scratch.path()));
    assert!(old.join("0000.seg").exists() && !old.join("lock").exists(), "it may live, and no lock is made");
}

#[test]
fn one_damaged_byte_of_a_header_costs_no_record() {
    for at in [0, 3, 8, 12, 13, 16, 17, 20, 23, 24, 25, 32, 40, 44, 48, 56, 60, 64, 70] {
        let scratch = Scratch::new("header");
        left_behind(stuck(scratch.path()).resource(*b"\x0a\x04dead"), 0..20);
        let file = file_of(scratch.path(), 7);
        let mut bytes = fs::read(&file).unwrap();
        bytes[at] ^= 0x41;
        fs::write(&file, bytes).unwrap();
        let far = Far::always(200);
        let delivery = next(&far, scratch.path());
        assert_eq!(far.distinct(), 20, "byte {at}: {:?}", delivery.advisories());
        assert!(far.requests().iter().all(|r| r.resources == [b"\x0a\x04dead".to_vec()]), "byte {at}");
        let stats = delivery.stats();
        // The seed is covered by no checksum of the header, so that nobody sees its damage but by its effect.
        let counted = stats.dropped.get(LossReason::Corrupt);
        assert!(counted == 1 || (16..24).contains(&at), "byte {at}: {counted}");
    }
}

#[test]
fn a_file_of_another_length_is_scanned_and_counted_once() {
    for (length, least) in [(0_u64, 0), (10, 0), (4_096, 15), (40_001, 100), (200_000, 100)] {
        let scratch = Scratch::new("length");
        left_behind(stuck(scratch.path()), 0..100);
        let file = file_of(scratch.path(), 7);
        fs::File::options().write(true).open(&file).unwrap().set_len(length).unwrap();
        let far = Far::always(200);
        let delivery = next(&far, scratch.path());
        let stats = delivery.stats();
        assert!(far.distinct() >= least, "{length}: {}", far.distinct());
        let corrupt = stats.dropped.get(LossReason::Corrupt);
        assert!(corrupt >= 1, "{length} is counted");
        assert_eq!(stats.recovered, far.distinct() + corrupt);
        assert!(!delivery.advisories().is_empty(), "{length} is reported");
        if least == 0 {
            assert!(file.exists(), "{length}: nothing is deleted in silence");
        }
        drop(delivery);
        let again = next(&far, scratch.path());
        assert_eq!(again.stats().recovered, 0, "{length}: counted once");
    }
}

#[test]
fn a_torn_entry_is_counted_once_and_not_at_every_start() {
    let scratch = Scratch::new("torn");
    left_behind(stuck(scratch.path()), 0..50);
    let file = file_of(scratch.path(), 20);
    let mut bytes = fs::read(&file).unwrap();
    let needle = record(20);
    let at = bytes.windows(needle.len()).position(|w| w == needle).unwrap();
    bytes[at + 40] ^= 1;
    fs::write(&file, bytes).unwrap();
    let mut counted = 0;
    for _ in 0..3 {
        // Each start finds the records and cannot send them.
        let delivery = stuck(scratch.path()).adopt_every(Duration::from_millis(5)).build().unwrap();
        eventually("found", || delivery.stats().recovered >= 49);
        counted += delivery.stats().dropped.get(LossReason::Corrupt);
        let _ = delivery.shutdown(Duration::ZERO);
    }
    let far = Far::always(200);
    let delivery = next(&far, scratch.path());
    assert_eq!((counted + delivery.stats().dropped.get(LossReason::Corrupt), far.distinct()), (1, 49));
}

#[test]
fn what_is_no_regular_file_is_left_alone_and_costs_nothing() {
    let scratch = Scratch::new("odd");
    left_behind(stuck(scratch.path()), 0..10);
    let set = sets(scratch.path()).remove(0);
    let outside = Scratch::new("odd-outside");
    let precious = outside.path().join("0000.seg");
    fs::write(&precious, "not ours").unwrap();
    let fifo = std::process::Command::new("mkfifo").arg(set.join("8000.seg")).status().unwrap();
    assert!(fifo.success());
    symlink("/dev/zero", set.join("8001.seg")).unwrap();
    symlink(&precious, set.join("8002.seg")).unwrap();
    fs::create_dir(set.join("8003.seg")).unwrap();
    fs::File::create(set.join("8004.seg")).unwrap().set_len(12 << 30).unwrap();
    symlink(outside.path(), scratch.path().join("set-9-link")).unwrap();
    symlink(outside.path(), scratch.path().join("making-9-link")).unwrap();
    let far = Far::always(200);
    let delivery = next(&far, scratch.path());
    assert_eq!(far.distinct(), 10);
    assert_eq!(delivery.stats().dropped.get(LossReason::Corrupt), 5, "each odd file counts one");
    assert_eq!(fs::read_to_string(&precious).unwrap(), "not ours");
    assert!(delivery.shutdown(LONG).complete);
    // A tool reads past them as well.
    drop(delivery);
    let found = AbandonedJournal::open_all(scratch.path()).unwrap();
    assert_eq!(found.len(), 1);
    assert!(found[0].records().unwrap().is_empty());
    assert_eq!(found[0].unreadable().unwrap().len(), 5);
}

#[test]
fn bytes_in_a_lock_are_bytes() {
    for content in [&[0xff, 0xfe, b'x'][..], b"", &[0; 300]] {
        let scratch = Scratch::new("bytes");
        left_behind(stuck(scratch.path()), 0..10);
        fs::write(sets(scratch.path()).remove(0).join("lock"), content).unwrap();
        let far = Far::always(200);
        drop(next(&far, scratch.path()));
        assert_eq!(far.distinct(), 10, "{content:?}");
    }
}

#[test]
fn directories_and_files_are_for_their_owner_alone() {
    let scratch = Scratch::new("modes");
    let directory = scratch.path().join("a/b");
    let far =
        Far::new(|ids| Ok(otlp_journal::transport::Response::new(if ids.contains(&1) { 400 } else { 200 })));
    let delivery = in_files(&far, &directory).build().unwrap();
    append(&delivery, Priority::Bulk, 2).unwrap();
    assert!(delivery.flush(LONG).complete);
    append(&delivery, Priority::Bulk, 1).unwrap();
    assert!(delivery.flush(LONG).complete);
    let mut seen = 0;
    let mut todo = vec![scratch.path().join("a")];
    while let Some(path) = todo.pop() {
        let meta = fs::symlink_metadata(&path).unwrap();
        let wanted = if meta.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(meta.permissions().mode() & 0o777, wanted, "{}", path.display());
        seen += 1;
        if meta.is_dir() {
            todo.extend(fs::read_dir(&path).unwrap().flatten().map(|e| e.path()));
        }
    }
    assert!(seen > 9, "a set, its files, and a dead letter");
}

#[test]
fn what_another_owner_left_stays_and_what_nobody_owns_is_ours() {
    let scratch = Scratch::new("owner");
    left_behind(stuck(scratch.path()).owner("logs/mail"), 0..10);
    left_behind(stuck(scratch.path()), 10..20);
    left_behind(stuck(scratch.path()).owner("InstantFunnel/api"), 20..30);
    let far = Far::always(200);
    let delivery = in_files(&far, scratch.path()).owner("InstantFunnel/api").build().unwrap();
    assert!(delivery.flush(LONG).complete && delivery.flush(LONG).complete);
    assert_eq!(far.stored().into_keys().collect::<Vec<_>>(), (10..30).collect::<Vec<_>>());
    let strangers: Vec<_> = delivery.advisories();
    assert!(matches!(strangers.as_slice(), [DeliveryAdvisory::OtherOwner { .. }]), "{strangers:?}");
    assert!(delivery.shutdown(LONG).complete);
    drop(delivery);
    // Neither does one without an owner take it; its own does.
    let far = Far::always(200);
    drop(next(&far, scratch.path()));
    assert_eq!(far.distinct(), 0);
    let own = in_files(&far, scratch.path()).owner("logs/mail").build().unwrap();
    assert!(own.flush(LONG).complete);
    assert_eq!(far.distinct(), 10);
}

#[test]
fn the_judge_sees_each_adopted_record_and_its_no_is_kept_aside() {
    let scratch = Scratch::new("judge");
    left_behind(stuck(scratch.path()).resource(*b"\x0a\x04dead"), 0..30);
    let far = Far::always(200);
    let bad = record(7);
    let delivery = in_files(&far, scratch.path())
        .judge_adopted(move |found: &otlp_journal::AdoptedRecord<'_>| {
            assert!(found.resource == b"\x0a\x04dead" && found.time_unix_nanos > 0);
            if found.record == record(8) {
                std::panic::resume_unwind(Box::new("on purpose"));
            }
            found.record != bad
        })
        .build()
        .unwrap();
    append(&delivery, Priority::Bulk, 7).unwrap();
    assert!(delivery.flush(LONG).complete);
    let stats = delivery.stats();
    assert_eq!((stats.recovered, stats.dropped.get(LossReason::Rejected), far.distinct()), (30, 2, 29));
    assert!(stats.is_conserved() && far.stored().contains_key(&7), "its own records are not judged");
    let files = otlp_journal::archive::dead_letter_files(&scratch.path().join("dead-letters")).unwrap();
    let letters = otlp_journal::archive::read_dead_letters(&files[0]).unwrap();
    assert_eq!(letters.len(), 2);
    assert_eq!(letters[0].stored.record, record(7));
}

#[test]
fn a_second_living_endpoint_in_one_directory_keeps_to_memory() {
    let scratch = Scratch::new("endpoints");
    let far = Far::always(200);
    let first = in_files(&far, scratch.path()).endpoint("http://a.test/v1/logs").build().unwrap();
    let second = in_files(&far, scratch.path()).endpoint("http://b.test/v1/logs").build().unwrap();
    assert_eq!(second.advisories(), [DeliveryAdvisory::OtherEndpoint]);
    assert!(!second.health().durable && first.health().durable);
    append(&second, Priority::Bulk, 1).unwrap();
    assert!(second.flush(LONG).complete);
    let third = in_files(&far, scratch.path()).endpoint("http://u:p@A.test/v1/logs?x=1").build().unwrap();
    assert!(third.advisories().is_empty(), "the same endpoint with another key");
    // A corrected endpoint owns what the wrong one left.
    drop((first, second, third));
    left_behind(stuck(scratch.path()).endpoint("http://wrong.test/v1/logs"), 10..20);
    let far = Far::always(200);
    let right = in_files(&far, scratch.path()).endpoint("http://right.test/v1/logs").build().unwrap();
    assert!(right.flush(LONG).complete);
    assert_eq!(far.distinct(), 10);
}

#[test]
fn many_dead_sets_are_taken_a_few_at_a_time_and_all_by_a_flush() {
    let scratch = Scratch::new("many");
    for n in 0..60 {
        left_behind(stuck(scratch.path()), n * 10..n * 10 + 10);
    }
    let far = Far::always(503);
    let delivery = in_files(&far, scratch.path()).build().unwrap();
    far.await_requests(20);
    let open = fs::read_dir("/proc/self/fd").unwrap().flatten().filter_map(|e| fs::read_link(e.path()).ok());
    let ours = open.filter(|path| path.starts_with(scratch.path())).count();
    assert!(ours < 40, "{ours} descriptors for 60 sets");
    far.answer(200);
    assert!(delivery.flush(LONG).complete);
    assert_eq!((far.distinct(), delivery.stats().recovered), (600, 600));
    assert!(delivery.shutdown(LONG).complete);
    assert!(sets(scratch.path()).is_empty());
}

#[test]
fn half_made_sets_are_cleared_away_and_living_ones_are_not() {
    let scratch = Scratch::new("making");
    for n in 0..5 {
        let dead = scratch.path().join(format!("making-1-{n}"));
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join("lock"), "").unwrap();
        fs::write(dead.join("0000.seg"), vec![0; 100_000]).unwrap();
    }
    let living = scratch.path().join("making-2-0");
    fs::create_dir(&living).unwrap();
    fs::write(living.join("lock"), "").unwrap();
    let lock = fs::File::options().write(true).open(living.join("lock")).unwrap();
    lock.try_lock().unwrap();
    drop(next(&Far::always(200), scratch.path()));
    assert_eq!(scratch.count("making-1"), 0);
    assert_eq!(scratch.count("making-2"), 1);
}
