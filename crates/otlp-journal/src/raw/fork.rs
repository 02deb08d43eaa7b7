//! Notices that this process is a fork of the one that built a delivery.
//!
//! A child has the parent's memory but none of its threads, and shares the parent's mapped files. So nothing built
//! before the fork may be touched in the child; a counter that only the child raises tells them apart for one load.

use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};

static GENERATION: AtomicU64 = AtomicU64::new(0);
static HOOK: Once = Once::new();

/// The generation of this process: unequal to a remembered one after a fork.
#[inline]
pub(crate) fn generation() -> u64 {
    GENERATION.load(Ordering::Relaxed)
}

/// Makes sure that forks are noticed from now on, and returns the present generation.
pub(crate) fn watch() -> u64 {
    HOOK.call_once(|| {
        #[cfg(all(unix, not(miri)))]
        {
            // SAFETY: the hook runs in the child between fork and return; it does one atomic addition, which is
            // async-signal-safe, and it is a plain `extern "C"` function that lives as long as the program.
            // A failure (out of memory) leaves forks unnoticed, which is where a platform without the call is too.
            let _ = unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
        }
    });
    generation()
}

#[cfg(all(unix, not(miri)))]
extern "C" fn in_child() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
}
