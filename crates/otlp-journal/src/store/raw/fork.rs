//! Notices that this process is a fork of the one that built a delivery.
//!
//! A child has the parent's memory but none of its threads, and shares the parent's mapped files. So nothing built
//! before the fork may be touched in the child; a counter that only the child raises tells them apart for one load.
//! A child also shares the parent's file locks, which would look held after the parent's death; the hook lets them go.

use std::fs::File;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};

static GENERATION: AtomicU64 = AtomicU64::new(0);
static WATCHED: AtomicBool = AtomicBool::new(false);

const NONE: i32 = -1;
/// Something harmless to put in the place of a lock.
static HARMLESS: AtomicI32 = AtomicI32::new(NONE);
/// Locks beyond these stay with the child until it ends; then its parent's journal is adopted that much later.
static LOCKS: [AtomicI32; 64] = [const { AtomicI32::new(NONE) }; 64];

/// The generation of this process: unequal to a remembered one after a fork.
#[inline]
pub(crate) fn generation() -> u64 {
    GENERATION.load(Ordering::Relaxed)
}

/// Makes sure that forks are noticed from now on, and returns the present generation.
///
/// No lock and no `Once`: a child of a fork that happened while another thread was in here would wait for ever. Two
/// threads may install the hook twice, which counts a fork twice and harms nothing.
pub(crate) fn watch() -> u64 {
    #[cfg(all(unix, not(miri)))]
    if !WATCHED.load(Ordering::Acquire) {
        use std::os::fd::IntoRawFd as _;
        if HARMLESS.load(Ordering::Acquire) == NONE
            && let Ok(null) = File::open("/dev/null")
        {
            let null = null.into_raw_fd();
            if HARMLESS.compare_exchange(NONE, null, Ordering::AcqRel, Ordering::Acquire).is_err() {
                // SAFETY: opened above, and nobody else knows the number.
                let _ = unsafe { libc::close(null) };
            }
        }
        // SAFETY: the hook runs in the child between fork and return; it uses atomics and `dup2`, which are
        // async-signal-safe, and it is a plain `extern "C"` function that lives as long as the program.
        // A failure (out of memory) leaves forks unnoticed, which is where a platform without the call is too.
        let _ = unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
        WATCHED.store(true, Ordering::Release);
    }
    generation()
}

/// A forked child is not to hold this lock.
pub(crate) fn let_go_in_child(lock: &File) {
    replace(NONE, raw(lock));
}

/// The lock is about to be closed here, and its number to be used for something else.
pub(crate) fn keep_in_child(lock: &File) {
    replace(raw(lock), NONE);
}

fn replace(old: i32, new: i32) {
    let _ = LOCKS.iter().find(|l| l.compare_exchange(old, new, Ordering::AcqRel, Ordering::Relaxed).is_ok());
}

#[cfg(unix)]
fn raw(lock: &File) -> i32 {
    use std::os::fd::AsRawFd as _;
    lock.as_raw_fd()
}

#[cfg(not(unix))]
fn raw(_lock: &File) -> i32 {
    NONE
}

#[cfg(all(unix, not(miri)))]
extern "C" fn in_child() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
    let harmless = HARMLESS.load(Ordering::Relaxed);
    for lock in &LOCKS {
        let fd = lock.swap(NONE, Ordering::Relaxed);
        if fd != NONE && harmless != NONE {
            // SAFETY: both numbers are open descriptors of this process; the number stays valid for its `File`, but
            // no longer refers to the lock that is shared with the parent.
            let _ = unsafe { libc::dup2(harmless, fd) };
        }
    }
}
