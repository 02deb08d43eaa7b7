//! Catches panics of foreign code: sinks, clocks, subscribers, lookups and their destructors.
//!
//! With `panic = "abort"` no net can hold: a panic then ends the process before anybody can catch it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs foreign code; `None` when it panicked.
#[inline]
pub(crate) fn caught<T>(foreign: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(foreign)) {
        Ok(value) => Some(value),
        Err(payload) => {
            discard(payload);
            None
        }
    }
}

/// What a panic carries is foreign too: its destructor may panic.
#[cold]
fn discard(payload: Box<dyn Any + Send>) {
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        let _ = Box::leak(second);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct PanicsWhenDropped;

    impl Drop for PanicsWhenDropped {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }

    #[test]
    fn a_panic_is_caught_whatever_it_carries_and_wherever_it_starts() {
        assert_eq!(caught(|| 7), Some(7));
        assert_eq!(caught(|| -> u8 { panic!("text") }), None);
        assert_eq!(caught(|| -> u8 { std::panic::panic_any(PanicsWhenDropped) }), None);
        assert_eq!(caught(|| drop(PanicsWhenDropped)), None);
    }
}
