//! A real fork. Here, because `fork` needs `unsafe`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::transport::{Request, Response, Transport, TransportError};
use crate::{Compression, Delivery, Priority};

const LONG: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
struct Far(AtomicU64);

impl Transport for Far {
    fn send(&self, _: &Request<'_>) -> Result<Response, TransportError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(Response::new(200))
    }
}

fn record(delivery: &Delivery) -> bool {
    delivery.append(Priority::Bulk, u64::MAX / 2, 4, |buf| buf.fill(1)).is_ok()
}

/// Runs `child` in a forked process, and returns its exit status.
fn forked(child: impl FnOnce() -> i32) -> i32 {
    // SAFETY: the child uses only this crate, the allocator (which glibc repairs after a fork) and `_exit`.
    match unsafe { libc::fork() } {
        0 => {
            let code = std::panic::catch_unwind(std::panic::AssertUnwindSafe(child)).unwrap_or(99);
            // SAFETY: ends the child without running the parent's exit handlers.
            unsafe { libc::_exit(code) }
        }
        pid => {
            assert!(pid > 0, "no fork");
            let mut status = 0;
            // SAFETY: `pid` is our child and `status` a place to write to.
            assert_eq!(unsafe { libc::waitpid(pid, &raw mut status, 0) }, pid);
            if libc::WIFEXITED(status) { libc::WEXITSTATUS(status) } else { 100 + libc::WTERMSIG(status) }
        }
    }
}

#[test]
fn a_forked_child_gets_a_delivery_of_its_own_and_the_parent_keeps_its_own() {
    let directory = std::env::temp_dir().join(format!("otlp-journal-fork-{}", std::process::id()));
    for files in [false, true] {
        let far = Arc::new(Far::default());
        let mut builder = Delivery::builder("http://far.test/v1/logs")
            .transport(Arc::<Far>::clone(&far))
            .compression(Compression::None)
            .linger(LONG);
        if files {
            builder = builder.directory(&directory);
        }
        let delivery = builder.build().unwrap();
        assert!(record(&delivery));
        let before = far.0.load(Ordering::SeqCst);
        let code = forked(|| {
            let fresh = delivery.stats();
            if fresh.recorded != 0 || fresh.pending != 0 {
                return 1;
            }
            for _ in 0..100 {
                if !record(&delivery) {
                    return 2;
                }
            }
            let report = delivery.flush(LONG);
            if !report.complete || report.delivered != 100 || far.0.load(Ordering::SeqCst) == before {
                return 3;
            }
            if !report.stats.is_conserved() {
                return 4;
            }
            // A child of the child as well.
            let grandchild = forked(|| i32::from(!record(&delivery) || !delivery.flush(LONG).complete));
            if grandchild != 0 { 5 } else { i32::from(!delivery.shutdown(LONG).complete) * 6 }
        });
        assert_eq!(code, 0, "in files: {files}");
        let report = delivery.shutdown(LONG);
        assert_eq!((report.complete, report.stats.recorded, report.stats.delivered), (true, 1, 1));
    }
    let _ = std::fs::remove_dir_all(directory);
}

#[test]
fn a_child_that_outlives_its_parent_does_not_keep_the_journal_locked() {
    let directory = std::env::temp_dir().join(format!("otlp-journal-fork-lock-{}", std::process::id()));
    let (reader, writer) = std::io::pipe().unwrap();
    let parent = || {
        let delivery = Delivery::builder("http://far.test/v1/logs")
            .transport(Arc::new(Far::default()))
            .directory(&directory)
            .linger(LONG)
            .build();
        let Ok(delivery) = delivery else { return 1 };
        // It dies without a word.
        let delivery = std::mem::ManuallyDrop::new(delivery);
        if !record(&delivery) {
            return 2;
        }
        // SAFETY: the child only waits for a pipe and exits.
        if unsafe { libc::fork() } == 0 {
            drop(writer);
            let mut byte = [0];
            let _ = std::io::Read::read(&mut &reader, &mut byte);
            // SAFETY: ends the child without running anything else.
            unsafe { libc::_exit(0) }
        }
        0
    };
    assert_eq!(forked(parent), 0);
    // The parent is dead; its child waits for the pipe, which is closed at the end of this test.
    // It lets go on its way out of `fork`, which it may not have left yet.
    let start = std::time::Instant::now();
    let left = loop {
        let left = crate::archive::AbandonedJournal::open_all(&directory).unwrap();
        if !left.is_empty() {
            break left;
        }
        assert!(start.elapsed() < LONG, "the child holds the lock");
        std::thread::yield_now();
    };
    assert_eq!(left[0].records().unwrap().len(), 1);
    let _ = std::fs::remove_dir_all(directory);
}
