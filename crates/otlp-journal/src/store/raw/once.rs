//! A cell that is set once, without a lock: `OnceLock` makes a forked child wait for a thread that it does not have.

use std::fmt;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// Empty, or a value that stays until the end.
pub(crate) struct OnceSlot<T>(AtomicPtr<T>);

impl<T> OnceSlot<T> {
    pub(crate) const fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    pub(crate) fn get(&self) -> Option<&T> {
        // SAFETY: null, or a pointer from `Box::into_raw` in `set` that is never replaced and that only `drop`, which
        // has the slot to itself, takes back. Acquire pairs with the release there.
        unsafe { self.0.load(Ordering::Acquire).as_ref() }
    }

    /// Gives the value back if another one is there already.
    pub(crate) fn set(&self, value: T) -> Result<(), T> {
        let new = Box::into_raw(Box::new(value));
        match self.0.compare_exchange(ptr::null_mut(), new, Ordering::Release, Ordering::Relaxed) {
            Ok(_) => Ok(()),
            // SAFETY: `new` is from the box above, and nobody else has seen it.
            Err(_) => Err(*unsafe { Box::from_raw(new) }),
        }
    }
}

impl<T> Drop for OnceSlot<T> {
    fn drop(&mut self) {
        let value = *self.0.get_mut();
        if !value.is_null() {
            // SAFETY: from `Box::into_raw` in `set`, and nobody borrows it, since the slot is borrowed mutably.
            drop(unsafe { Box::from_raw(value) });
        }
    }
}

// SAFETY: it owns a `T`, hands out `&T` to whoever has `&self`, and takes a `T` in from any thread.
unsafe impl<T: Send + Sync> Sync for OnceSlot<T> {}
// SAFETY: as a box of `T`.
unsafe impl<T: Send> Send for OnceSlot<T> {}

impl<T: fmt::Debug> fmt::Debug for OnceSlot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OnceSlot").field(&self.get()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn the_first_value_stays_and_none_leaks() {
        let value = Arc::new(());
        let slot = OnceSlot::new();
        assert!(slot.get().is_none());
        assert!(slot.set(Arc::clone(&value)).is_ok());
        assert!(slot.set(Arc::clone(&value)).is_err());
        assert_eq!(Arc::strong_count(&value), 2);
        drop(slot);
        assert_eq!(Arc::strong_count(&value), 1);
    }

    #[test]
    fn of_several_threads_one_fills_it() {
        let slot = OnceSlot::new();
        let filled = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|n| {
                    scope.spawn({
                        let slot = &slot;
                        move || slot.set(n).is_ok()
                    })
                })
                .collect();
            threads.into_iter().map(|t| usize::from(t.join().unwrap())).sum::<usize>()
        });
        assert_eq!(filled, 1);
        assert!(slot.get().is_some());
    }
}
