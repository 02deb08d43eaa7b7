//! Any bytes as a file of dead letters.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use otlp_journal::archive::read_dead_letters;

static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    let shared = PathBuf::from("/dev/shm");
    let base = if shared.is_dir() { shared } else { std::env::temp_dir() };
    base.join(format!("otlp-journal-fuzz-{}.otd", std::process::id()))
});

fuzz_target!(|bytes: &[u8]| {
    std::fs::write(&*FILE, bytes).expect("the file");
    if let Ok(letters) = read_dead_letters(&FILE) {
        let held: usize = letters.iter().map(|letter| letter.stored.record.len()).sum();
        assert!(held <= bytes.len(), "more than there is");
    }
});
