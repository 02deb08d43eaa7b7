//! The consumer's side of a segment, behind one token.
//!
//! Passing, settling and emptying are for one thread at a time: `zero` writes plain bytes, and two that emptied one
//! segment at once, or one that emptied while another passed, would race. That they take turns is not left to a lock
//! that someone might forget: every function here takes the token by `&mut`, a segment belongs to the token that it
//! was made with, and there is no second token of the same number. A segment of another token is left as it is.
#![expect(clippy::needless_pass_by_ref_mut, reason = "the exclusive borrow of the token is the point")]

use std::sync::atomic;

use super::super::entry::{HEADER, Head, State};
use super::segment::{CHANGING, FREE, OPEN, SEED_AT, Segment};
use super::sync::{Ordering, fence};

/// The right to pass, settle and empty the segments that were made with it. Neither `Clone` nor `Copy`.
#[derive(Debug)]
pub(crate) struct Consumer {
    id: u64,
}

impl Consumer {
    pub(crate) fn new() -> Self {
        // The standard atomic under loom too: the number is no part of the protocol.
        static NEXT: atomic::AtomicU64 = atomic::AtomicU64::new(1);
        Self { id: NEXT.fetch_add(1, Ordering::Relaxed) }
    }

    pub(super) fn id(&self) -> u64 {
        self.id
    }

    /// Passes entries that are ready, in order, until `visit` says no; returns the new end of what is frozen.
    pub(crate) fn advance(
        &mut self,
        segment: &Segment,
        mut visit: impl FnMut(usize, Head, u64) -> bool,
    ) -> usize {
        let start = segment.consumed.load(Ordering::Acquire) as usize;
        let mut at = start;
        if segment.owner != self.id || segment.phase.load(Ordering::Acquire) != OPEN {
            return at;
        }
        let mut live = 0;
        while at + HEADER <= segment.limit() {
            let Some(head) = Head::unpack(segment.memory.word(at).load(Ordering::Acquire)) else { break };
            if head.state == State::Reserved || at + head.span() > segment.memory.len() {
                break;
            }
            if head.state == State::Committed {
                if !visit(at, head, segment.time(at)) {
                    break;
                }
                live += 1;
            }
            at += head.span();
        }
        if at > start {
            // Counted before it counts as passed: a resolution can only follow.
            segment.live.fetch_add(live, Ordering::AcqRel);
            segment.consumed.store(at as u64, Ordering::Release);
        }
        at
    }

    /// Marks one frozen entry as delivered or dropped; true the first time.
    pub(crate) fn resolve(&mut self, segment: &Segment, at: usize) -> bool {
        let frozen = segment.consumed.load(Ordering::Acquire) as usize;
        segment.owner == self.id && at + HEADER <= frozen && Self::settle(segment, at)
    }

    fn settle(segment: &Segment, at: usize) -> bool {
        let word = segment.memory.word(at);
        let seen = word.load(Ordering::Acquire);
        let Some(head) = Head::unpack(seen) else { return false };
        let done = Head { state: State::Done, ..head }.pack();
        let first = head.state == State::Committed
            && word.compare_exchange(seen, done, Ordering::AcqRel, Ordering::Relaxed).is_ok();
        if first {
            segment.live.fetch_sub(1, Ordering::AcqRel);
        }
        first
    }

    /// Marks every entry of a frozen range; returns how many were not marked before.
    pub(crate) fn resolve_range(&mut self, segment: &Segment, from: usize, to: usize) -> u64 {
        if segment.owner != self.id || to > segment.consumed.load(Ordering::Acquire) as usize {
            return 0;
        }
        let (mut at, mut first) = (from, 0);
        while at + HEADER <= to {
            let word = segment.memory.word(at);
            let Some(head) = Head::unpack(word.load(Ordering::Acquire)) else { break };
            if head.state == State::Committed {
                word.store(Head { state: State::Done, ..head }.pack(), Ordering::Release);
                first += 1;
            }
            at += head.span();
        }
        segment.live.fetch_sub(first, Ordering::AcqRel);
        first
    }

    /// Empties a drained segment; false when it is not drained or a reader is inside.
    pub(crate) fn try_reset(&mut self, segment: &Segment) -> bool {
        if segment.owner != self.id
            || !segment.is_drained()
            || segment.phase.compare_exchange(OPEN, CHANGING, Ordering::AcqRel, Ordering::Relaxed).is_err()
        {
            return false;
        }
        let consumed = segment.consumed.swap(0, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        // A reader either shows up here, or came later and finds nothing frozen.
        if segment.readers.load(Ordering::SeqCst) != 0 {
            segment.consumed.store(consumed, Ordering::SeqCst);
            segment.phase.store(OPEN, Ordering::Release);
            return false;
        }
        segment.memory.word(SEED_AT).store(0, Ordering::Release);
        let end = (consumed as usize).min(segment.memory.len());
        if end > segment.data {
            // SAFETY: the cursor is beyond the end, so no new reservation; every old one was committed or aborted,
            // since `consumed` reached the seal; no reader is inside and none can come (`consumed` is 0); the one
            // other that writes, this consumer, is borrowed here, and `phase` keeps `open` out.
            unsafe { segment.memory.zero(segment.data, end - segment.data) };
        }
        segment.sealed.store(0, Ordering::Relaxed);
        segment.seed.store(0, Ordering::Release);
        segment.phase.store(FREE, Ordering::Release);
        true
    }
}
