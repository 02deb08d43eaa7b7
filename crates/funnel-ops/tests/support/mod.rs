//! What several tests need.

use std::path::Path;
use std::time::{Duration, Instant};

use otlp_journal::archive::AbandonedJournal;

/// Waits until the journal of a delivery that has ended can be taken: its sender's threads hold it until they have seen
/// the end.
pub(crate) fn until_abandoned(folder: &Path) {
    let start = Instant::now();
    while AbandonedJournal::open_all(folder).unwrap().is_empty() {
        assert!(start.elapsed() < Duration::from_secs(60), "the journal is still held");
        std::thread::sleep(Duration::from_millis(10));
    }
}
