//! Files that change under a living delivery, and files with any kind of damage.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use otlp_journal::{DeliveryAdvisory, LossReason, Priority};

use crate::hostile::{NEVER, in_files, sets};
use crate::support::{Far, Scratch, eventually, tick};

/// Changes the files of a living delivery, and lets time pass until everything is settled.
fn changed_under_a_living_delivery(what: &str, change: impl Fn(&Path)) -> (u64, otlp_journal::DeliveryStats) {
    let scratch = Scratch::new("living");
    let clock = otlp_journal::ManualClock::at(crate::support::noon());
    let far = Far::always(503);
    let delivery = in_files(&far, scratch.path()).clock(clock.clock()).linger(NEVER).build().unwrap();
    let put = |id| {
        let time = clock.now_unix_nanos();
        crate::support::append_at(&delivery, Priority::Bulk, id, time).unwrap();
    };
    (0..200).for_each(put);
    let set = sets(scratch.path()).remove(0);
    for file in fs::read_dir(set).unwrap().flatten().map(|e| e.path()) {
        if file.extension().is_some_and(|e| e == "seg") {
            change(&file);
        }
    }
    (200..400).for_each(put);
    far.answer(200);
    eventually(what, || {
        tick(&clock, Duration::from_millis(500));
        let _ = delivery.flush(Duration::from_millis(5));
        delivery.stats().pending == 0
    });
    (400..500).for_each(put);
    eventually("and it goes on", || {
        tick(&clock, Duration::from_millis(500));
        let _ = delivery.flush(Duration::from_millis(5));
        delivery.stats().pending == 0
    });
    let stats = delivery.stats();
    assert!(stats.is_conserved() && stats.recorded == 500, "{what}: {stats:?}");
    assert_eq!(stats.dropped.total(), stats.dropped.get(LossReason::Corrupt), "{what}");
    assert!(far.stored().keys().filter(|id| **id >= 400).count() == 100, "{what}: what came later arrives");
    if what.contains("truncated") {
        assert!(delivery.advisories().contains(&DeliveryAdvisory::Overwritten), "{what}");
    }
    (far.distinct(), stats)
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_is_truncated_under_a_living_delivery_costs_its_records_and_not_the_process() {
    for length in [0, 4_096, 8_192, 20_000] {
        let what = format!("truncated to {length}");
        let (arrived, stats) = changed_under_a_living_delivery(&what, |file| {
            fs::File::options().write(true).open(file).unwrap().set_len(length).unwrap();
        });
        assert_eq!(arrived + stats.dropped.total(), 500, "{what}");
        assert!(stats.dropped.total() >= 1, "{what}: counted");
    }
}

#[test]
fn a_file_that_is_overwritten_under_a_living_delivery_costs_what_was_overwritten() {
    use std::os::unix::fs::FileExt as _;
    for (fill, from, len, most) in [
        (0_u8, 1_000_usize, 3_000_usize, 60),
        (0xff, 1_000, 3_000, 60),
        (0x33, 64, 20_000, 250),
        (7, 5_000, 1, 2),
    ] {
        let what = format!("{len} bytes of {fill} at {from}");
        let (arrived, stats) = changed_under_a_living_delivery(&what, |file| {
            let file = fs::File::options().write(true).open(file).unwrap();
            file.write_all_at(&vec![fill; len], from as u64).unwrap();
        });
        assert_eq!(arrived + stats.dropped.total(), 500, "{what}");
        assert!(stats.dropped.total() <= most, "{what}: {stats:?}");
    }
}

/// Random damage to every file of the first release's journal. `OTLP_JOURNAL_MUTATIONS` is the number for each file: 150
/// by default.
#[test]
fn damaged_files_of_any_kind_are_read_in_bounded_time_and_without_a_panic() {
    let rounds: u64 =
        std::env::var("OTLP_JOURNAL_MUTATIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(150);
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/journal-0.1.0");
    let mut files: Vec<PathBuf> = sets(&fixture)
        .into_iter()
        .flat_map(|set| fs::read_dir(set).unwrap().flatten().map(|e| e.path()))
        .collect();
    files.extend(fs::read_dir(fixture.join("dead-letters")).unwrap().flatten().map(|e| e.path()));
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random as usize % below.max(1)
    };
    let mut found = 0;
    for file in files {
        let whole = fs::read(&file).unwrap();
        for _ in 0..rounds {
            let mut bytes = whole.clone();
            for _ in 0..=next(4) {
                if bytes.is_empty() {
                    break;
                }
                let at = next(bytes.len());
                match next(5) {
                    0 => bytes[at] ^= 1 << next(8),
                    1 => bytes.truncate(at),
                    2 => bytes[at..].fill(0xff),
                    3 => bytes.resize(bytes.len() + next(4_096), 0),
                    _ => {
                        let from = next(bytes.len());
                        let len = next(64).min(bytes.len() - from.max(at));
                        bytes.copy_within(from..from + len, at);
                    }
                }
            }
            found += otlp_journal::archive::fuzz(&bytes);
        }
    }
    assert!(found > 0, "most records of most files are whole");
}
