//! Marks where this thread must not log.
//!
//! An event that is emitted while a subscriber asks its layers about another one resets the bits in which
//! `tracing-subscriber` keeps what its per-layer filters have said. A layer that was to be passed over then gets the
//! outer event, raw fields and all. So inside the layer's callbacks what we have to say is kept, and said at the next
//! call outside.

use std::cell::Cell;
use std::marker::PhantomData;

thread_local! {
    // Without a destructor, so it can be read at any time, in the destructors of other thread-locals too.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// While it lives, this thread logs nothing.
#[must_use = "the thread may log again as soon as it is dropped"]
pub(crate) struct Quiet(PhantomData<*const ()>);

impl Quiet {
    pub(crate) fn enter() -> Self {
        DEPTH.set(DEPTH.get() + 1);
        Self(PhantomData)
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}

/// Whether this thread must not log now.
pub(crate) fn is_quiet() -> bool {
    DEPTH.get() > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_with_the_last_guard_and_holds_for_its_own_thread_only() {
        let outer = Quiet::enter();
        let inner = Quiet::enter();
        drop(outer);
        assert!(is_quiet());
        assert!(std::thread::spawn(is_quiet).join().is_ok_and(|quiet| !quiet));
        drop(inner);
        assert!(!is_quiet());
    }
}
