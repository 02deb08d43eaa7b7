//! Recursion: foreign code that calls the funnel which called it.

use std::cell::Cell;
use std::marker::PhantomData;

/// Funnels that may call one another on one thread, such as a sink that records into a second funnel.
const DEPTH: usize = 4;

thread_local! {
    // Without a destructor, so it can be read at any time, in the destructors of other thread-locals too.
    static ACTIVE: [Cell<usize>; DEPTH] = const { [const { Cell::new(0) }; DEPTH] };
}

/// What foreign code is being asked to do.
#[derive(Clone, Copy)]
pub(crate) enum Call {
    Record,
    Settled,
    Flush,
    Layer,
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
        // An address names its owner while it lives, and leaves room for the call: none is odd.
        let id = (std::ptr::from_ref(owner).addr() << 2) | (call as usize) | 1 << (usize::BITS - 1);
        ACTIVE.with(|active| {
            let mut free = None;
            for (slot, taken) in active.iter().enumerate() {
                match taken.get() {
                    0 if free.is_none() => free = Some(slot),
                    taken if taken == id => return None,
                    _ => {}
                }
            }
            let slot = free?;
            active.get(slot)?.set(id);
            Some(Self { slot, on_its_thread: PhantomData })
        })
    }
}

impl Drop for Busy {
    #[inline]
    fn drop(&mut self) {
        ACTIVE.with(|active| {
            if let Some(slot) = active.get(self.slot) {
                slot.set(0);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_call_of_the_same_funnel_is_refused_and_another_is_not() {
        let funnels = [0_u64, 1, 2, 3, 4];
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
