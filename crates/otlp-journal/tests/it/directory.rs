//! The journal in a directory: restarts, siblings, damage, and disks that do not want.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use otlp_journal::archive::{AbandonedJournal, dead_letter_files, read_dead_letters};
use otlp_journal::transport::Response;
use otlp_journal::{Builder, Delivery, DeliveryAdvisory, Durability, LossReason, ManualClock, Priority};

use crate::support::{Far, LONG, Scratch, append, append_at, eventually, noon, now_nanos, quick, record};

fn in_files(far: &Far, scratch: &Scratch) -> Builder {
    quick(far).directory(scratch.path()).max_bytes(1 << 20).adopt_every(Duration::from_millis(5))
}

/// Records, and ends as a process does that cannot send: the records stay on disk.
fn left_behind(scratch: &Scratch, ids: std::ops::Range<u64>) {
    let delivery = in_files(&Far::always(503), scratch)
        .resource(*b"\x0a\x04dead")
        .backoff(Duration::from_secs(3_600), Duration::from_secs(3_600))
        .build()
        .unwrap();
    for id in ids.clone() {
        append(&delivery, Priority::Bulk, id).unwrap();
    }
    let report = delivery.shutdown(LONG);
    assert_eq!((report.complete, report.pending), (false, ids.end - ids.start));
}

fn segments(scratch: &Scratch) -> Vec<PathBuf> {
    let sets = fs::read_dir(scratch.path()).unwrap().flatten().map(|e| e.path());
    let mut files: Vec<PathBuf> = sets
        .filter(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("set-")))
        .flat_map(|set| fs::read_dir(set).unwrap().flatten().map(|e| e.path()))
        .filter(|p| p.extension().is_some_and(|e| e == "seg"))
        .collect();
    files.sort();
    files
}

#[test]
fn the_next_start_sends_what_was_left_in_the_name_of_the_dead() {
    let scratch = Scratch::new("restart");
    left_behind(&scratch, 0..500);
    let far = Far::always(200);
    let delivery = in_files(&far, &scratch).resource(*b"\x0a\x05alive").build().unwrap();
    append(&delivery, Priority::Bulk, 1_000).unwrap();
    let report = delivery.flush(LONG);
    assert!(report.complete, "{report:?}");
    let stats = delivery.stats();
    assert_eq!((stats.recorded, stats.recovered, stats.delivered, stats.pending), (1, 500, 501, 0));
    assert!(stats.is_conserved());
    assert_eq!(far.distinct(), 501);
    for request in far.requests() {
        let dead = request.ids.iter().all(|id| *id < 500);
        let name: &[u8] = if dead { b"\x0a\x04dead" } else { b"\x0a\x05alive" };
        assert_eq!(request.resources, [name.to_vec()]);
    }
    assert!(delivery.shutdown(LONG).complete);
    assert_eq!(scratch.count("set-"), 0, "nothing is left of either");
}

#[test]
fn a_running_sibling_adopts() {
    let scratch = Scratch::new("sibling");
    let far = Far::always(200);
    let sibling = in_files(&far, &scratch).build().unwrap();
    left_behind(&scratch, 0..100);
    eventually("adopted and sent", || sibling.stats().delivered == 100);
    assert_eq!(sibling.stats().recovered, 100);
}

#[test]
fn two_at_once_keep_apart() {
    let scratch = Scratch::new("two");
    let far = Far::always(200);
    let one = in_files(&far, &scratch).build().unwrap();
    let two = in_files(&far, &scratch).build().unwrap();
    for id in 0..1_000 {
        append(if id % 2 == 0 { &one } else { &two }, Priority::Bulk, id).unwrap();
    }
    assert!(one.flush(LONG).complete && two.flush(LONG).complete);
    assert_eq!((one.stats().recovered, two.stats().recovered), (0, 0));
    assert!(far.stored().values().all(|n| *n == 1) && far.distinct() == 1_000);
}

#[test]
fn what_was_delivered_before_a_crash_is_not_sent_again() {
    let scratch = Scratch::new("done");
    let far = Far::always(200);
    let delivery = in_files(&far, &scratch).build().unwrap();
    for id in 0..100 {
        append(&delivery, Priority::Bulk, id).unwrap();
    }
    assert!(delivery.flush(LONG).complete);
    for id in 100..110 {
        append(&delivery, Priority::Bulk, id).unwrap();
    }
    // As a crash leaves it: the files as they are now, without the lock.
    let crashed = Scratch::new("done-copy");
    copy(&scratch, &crashed);
    let after = Far::always(200);
    let next = in_files(&after, &crashed).build().unwrap();
    assert!(next.flush(LONG).complete);
    let sent: Vec<u64> = after.stored().into_keys().collect();
    // Some of the last ten may be delivered already when the copy is made.
    assert!(sent.iter().all(|id| *id >= 100), "{sent:?}");
    assert_eq!(next.advisories(), [DeliveryAdvisory::CopiedJournal]);
}

fn copy(from: &Scratch, to: &Scratch) {
    for set in fs::read_dir(from.path()).unwrap().flatten().filter(|e| e.path().is_dir()) {
        let target = to.path().join(set.file_name());
        fs::create_dir_all(&target).unwrap();
        for file in fs::read_dir(set.path()).unwrap().flatten() {
            fs::copy(file.path(), target.join(file.file_name())).unwrap();
        }
    }
}

#[test]
fn damage_costs_the_damaged_record_only_and_is_kept_aside() {
    let scratch = Scratch::new("damage");
    left_behind(&scratch, 0..300);
    let needle = record(150);
    let mut hit = 0;
    for file in segments(&scratch) {
        let mut bytes = fs::read(&file).unwrap();
        if let Some(at) = bytes.windows(needle.len()).position(|w| w == needle) {
            bytes[at + 40] ^= 0x10;
            fs::write(&file, bytes).unwrap();
            hit += 1;
        }
    }
    assert_eq!(hit, 1);
    let far = Far::always(200);
    let delivery = in_files(&far, &scratch).build().unwrap();
    assert!(delivery.flush(LONG).complete);
    let stats = delivery.stats();
    assert_eq!((stats.recovered, stats.delivered), (300, 299));
    assert_eq!(stats.dropped.get(LossReason::Corrupt), 1);
    assert!(!far.stored().contains_key(&150) && stats.is_conserved());
    let files = dead_letter_files(&scratch.path().join("dead-letters")).unwrap();
    let letters = read_dead_letters(&files[0]).unwrap();
    assert_eq!((letters.len(), letters[0].reason), (1, LossReason::Corrupt));
}

#[test]
fn a_file_that_is_no_segment_stays_where_it_is() {
    let scratch = Scratch::new("foreign");
    left_behind(&scratch, 0..10);
    let files = segments(&scratch);
    let foreign = files.last().unwrap();
    fs::write(foreign, b"something else").unwrap();
    let far = Far::always(200);
    let delivery = in_files(&far, &scratch).build().unwrap();
    assert!(delivery.flush(LONG).complete);
    assert_eq!(far.distinct(), 10);
    assert!(foreign.exists());
    assert!(matches!(delivery.advisories().as_slice(), [DeliveryAdvisory::Unreadable { .. }]));
}

#[test]
fn a_directory_that_cannot_be_used_is_memory_and_an_advisory() {
    let scratch = Scratch::new("file");
    let file = scratch.path().join("file");
    fs::write(&file, b"").unwrap();
    let far = Far::always(200);
    for path in [file.join("below"), PathBuf::from("/proc/nowhere/journal")] {
        let delivery = quick(&far).directory(path).build().unwrap();
        assert!(matches!(delivery.advisories().as_slice(), [DeliveryAdvisory::MemoryOnly { .. }]));
        append(&delivery, Priority::Bulk, 1).unwrap();
        assert!(delivery.flush(LONG).complete);
        assert_eq!(delivery.stats().delivered, 1);
    }
}

#[test]
fn a_full_disk_gives_a_smaller_journal_or_memory() {
    // A device file that is always full stands for the disk.
    let delivery = Delivery::builder("http://far.test/v1/logs")
        .transport(std::sync::Arc::new(Far::always(200)))
        .compression(otlp_journal::Compression::None)
        .directory("/dev/full")
        .build()
        .unwrap();
    assert!(matches!(delivery.advisories().as_slice(), [DeliveryAdvisory::MemoryOnly { .. }]));
}

#[test]
fn a_directory_that_vanishes_goes_on_from_memory_and_says_so() {
    let scratch = Scratch::new("vanish");
    let far = Far::always(200);
    let delivery = in_files(&far, &scratch).build().unwrap();
    append(&delivery, Priority::Bulk, 1).unwrap();
    assert!(delivery.flush(LONG).complete);
    fs::remove_dir_all(scratch.path()).unwrap();
    for id in 2..20_000 {
        while append(&delivery, Priority::Bulk, id).is_err() {
            assert!(delivery.wait_for_room(Priority::Bulk, 120, LONG));
        }
    }
    let _ = delivery.flush(LONG);
    eventually("delivered", || delivery.stats().pending == 0);
    assert_eq!(delivery.advisories(), [DeliveryAdvisory::DirectoryVanished]);
    assert_eq!(far.distinct(), 19_999);
}

#[test]
fn a_synced_record_comes_back_after_a_restart() {
    let scratch = Scratch::new("synced");
    let delivery = in_files(&Far::always(503), &scratch)
        .durability(Priority::Critical, Durability::Synced)
        .backoff(LONG * 60, LONG * 60)
        .build()
        .unwrap();
    append(&delivery, Priority::Critical, 1).unwrap();
    assert!(delivery.advisories().is_empty());
    let _ = delivery.shutdown(LONG);
    drop(delivery);
    let far = Far::always(200);
    let next = in_files(&far, &scratch).build().unwrap();
    assert!(next.flush(LONG).complete);
    assert_eq!(far.distinct(), 1);
}

#[test]
fn an_abandoned_journal_can_be_read_by_a_tool() {
    let scratch = Scratch::new("archive");
    left_behind(&scratch, 0..50);
    let found = AbandonedJournal::open_all(scratch.path()).unwrap();
    assert_eq!(found.len(), 1);
    assert!(AbandonedJournal::open_all(scratch.path()).unwrap().is_empty(), "locked");
    for journal in found {
        let records = journal.records().unwrap();
        assert_eq!(records.len(), 50);
        assert_eq!(records[7].record, record(7));
        assert_eq!(&*records[7].resource, b"\x0a\x04dead");
        journal.remove().unwrap();
    }
    assert_eq!(scratch.count("set-"), 0);
}

#[test]
fn the_wrong_key_can_be_fixed_by_a_restart() {
    let scratch = Scratch::new("key-restart");
    let clock = ManualClock::at(noon());
    let delivery =
        in_files(&Far::always(401), &scratch).clock(clock.clock()).header("api-key", "wrong").build();
    let delivery = delivery.unwrap();
    for second in 0..600 {
        append_at(&delivery, Priority::Bulk, second, clock.now_unix_nanos()).unwrap();
        clock.advance(Duration::from_secs(1));
    }
    let _ = delivery.shutdown(Duration::from_secs(1));
    drop(delivery);
    let far = Far::always(200);
    let next = in_files(&far, &scratch).clock(clock.clock()).header("api-key", "right").build().unwrap();
    assert!(next.flush(LONG).complete);
    assert_eq!((far.distinct(), next.stats().recovered), (600, 600));
}

#[test]
fn what_is_too_old_when_it_is_found_expires() {
    let scratch = Scratch::new("old");
    left_behind(&scratch, 0..10);
    let clock = ManualClock::at(std::time::SystemTime::now() + Duration::from_secs(25 * 3_600));
    let far = Far::always(200);
    let delivery = in_files(&far, &scratch).clock(clock.clock()).build().unwrap();
    assert!(delivery.flush(LONG).complete);
    assert_eq!(delivery.stats().dropped.get(LossReason::Expired), 10);
    assert!(far.distinct() == 0 && now_nanos() > 0);
}

/// From this number on records are taken.
const GOOD: u64 = 1_000;

/// Takes some records and never the others: were all refused, it would be the endpoint that is wrong.
fn refusing() -> Far {
    Far::new(|ids| Ok(Response::new(if ids.iter().any(|id| *id < GOOD) { 400 } else { 200 })))
}

#[test]
fn damaged_dead_letters_are_read_up_to_the_damage() {
    let scratch = Scratch::new("letters");
    let far = refusing();
    let delivery = quick(&far).dead_letters(scratch.path()).build().unwrap();
    for id in 0..20 {
        append(&delivery, Priority::Bulk, id).unwrap();
        append(&delivery, Priority::Bulk, GOOD + id).unwrap();
    }
    assert!(delivery.flush(LONG).complete);
    assert_eq!(delivery.stats().dropped.get(LossReason::Rejected), 20);
    let file = dead_letter_files(scratch.path()).unwrap().remove(0);
    let whole = read_dead_letters(&file).unwrap();
    assert_eq!(whole.len(), 20);
    assert!(whole.iter().all(|l| l.status == 400 && l.reason == LossReason::Rejected));
    let bytes = fs::read(&file).unwrap();
    for cut in (0..bytes.len()).step_by(7) {
        fs::write(&file, &bytes[..cut]).unwrap();
        match read_dead_letters(&file) {
            Ok(some) => assert_eq!(some, whole[..some.len()]),
            Err(_) => assert!(cut < 24),
        }
    }
}

#[test]
fn dead_letters_are_bounded() {
    let scratch = Scratch::new("bounded");
    let far = refusing();
    let delivery = quick(&far).dead_letters(scratch.path()).dead_letter_bytes(1_000).build().unwrap();
    for id in 0..100 {
        append(&delivery, Priority::Bulk, id).unwrap();
        append(&delivery, Priority::Bulk, GOOD + id).unwrap();
    }
    assert!(delivery.flush(LONG).complete);
    assert_eq!(delivery.stats().dropped.get(LossReason::Rejected), 100);
    let file = dead_letter_files(scratch.path()).unwrap().remove(0);
    assert!(fs::metadata(file).unwrap().len() <= 1_000);
    let lost = |a: &DeliveryAdvisory| matches!(a, DeliveryAdvisory::DeadLetterLost { .. });
    assert_eq!(delivery.advisories().iter().filter(|a| lost(a)).count(), 1);
}
