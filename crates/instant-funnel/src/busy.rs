//! Detects recursion: foreign code that calls the funnel which called it.

use std::cell::Cell;
use std::marker::PhantomData;

/// Calls that one thread may be inside at once, as when a sink records into a second funnel.
const DEPTH: usize = 8;

struct Active {
    calls: [Cell<usize>; DEPTH],
    /// None at or behind this place.
    depth: Cell<usize>,
}

thread_local! {
    // Without a destructor, so it can be read at any time, in the destructors of other thread-locals too.
    static ACTIVE: Active =
        const { Active { calls: [const { Cell::new(0) }; DEPTH], depth: Cell::new(0) } };
}

/// What foreign code is being asked to do.
#[derive(Clone, Copy)]
pub(crate) enum Call {
    Record,
    Settled,
    Flush,
    Layer,
    Clock,
}

/// While it lives, the same call to the same funnel on this thread is a recursion.
pub(crate) struct Busy {
    slot: usize,
    on_its_thread: PhantomData<*const ()>,
}

impl Busy {
    /// `None` when this thread is inside the same call of the same `owner` already, or too deep in others.
    #[inline]
    pub(crate) fn enter<T>(owner: &T, call: Call) -> Option<Self> {
        // An address names its owner while it lives. The bit on the left keeps it from being 0, which is not a call.
        let id = (std::ptr::from_ref(owner).addr() << 3) | (call as usize) | 1 << (usize::BITS - 1);
        ACTIVE.with(|active| {
            let slot = active.depth.get();
            if active.calls.get(..slot)?.iter().any(|call| call.get() == id) {
                return None;
            }
            active.calls.get(slot)?.set(id);
            active.depth.set(slot + 1);
            Some(Self { slot, on_its_thread: PhantomData })
        })
    }
}

impl Drop for Busy {
    #[inline]
    fn drop(&mut self) {
        ACTIVE.with(|active| {
            if let Some(call) = active.calls.get(self.slot) {
                call.set(0);
            }
            while let Some(last) = active.depth.get().checked_sub(1)
                && active.calls.get(last).is_none_or(|call| call.get() == 0)
            {
                active.depth.set(last);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_call_of_the_same_funnel_is_refused_and_another_is_not() {
        let funnels = [0_u64; DEPTH + 1];
        let outer = Busy::enter(&funnels[0], Call::Record);
        assert!(outer.is_some());
        assert!(Busy::enter(&funnels[0], Call::Record).is_none());
        assert!(Busy::enter(&funnels[0], Call::Settled).is_some());
        let others: Vec<_> = funnels[1..].iter().map(|funnel| Busy::enter(funnel, Call::Record)).collect();
        assert_eq!(others.iter().filter(|entered| entered.is_some()).count(), DEPTH - 1);
        drop((outer, others));
        assert!(Busy::enter(&funnels[0], Call::Record).is_some());
    }
}
