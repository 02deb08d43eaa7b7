//! Any bytes as a segment file of a process that ended: header, entries, checksums.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use otlp_journal::archive::AbandonedJournal;

/// A directory with one set in it, in memory where the system has such a place.
static DIRECTORY: LazyLock<PathBuf> = LazyLock::new(|| {
    let shared = PathBuf::from("/dev/shm");
    let base = if shared.is_dir() { shared } else { std::env::temp_dir() };
    let directory = base.join(format!("otlp-journal-fuzz-{}", std::process::id()));
    let set = directory.join("set-1-18fad6f9332fcc00");
    std::fs::create_dir_all(&set).expect("a directory for the set");
    std::fs::write(set.join("lock"), b"").expect("its lock");
    directory
});

fuzz_target!(|bytes: &[u8]| {
    let file = DIRECTORY.join("set-1-18fad6f9332fcc00/0000.seg");
    std::fs::write(&file, bytes).expect("its segment");
    let journals = AbandonedJournal::open_all(&DIRECTORY).expect("the directory can be read");
    for journal in journals {
        let records = journal.records().expect("nothing passes here");
        let held: usize = records.iter().map(|record| record.record.len()).sum();
        assert!(held <= bytes.len(), "more than there is");
        let bad = journal.unreadable().expect("the directory can be read");
        assert!(bad.is_empty() || records.is_empty(), "a file that cannot be read has no records");
    }
});
