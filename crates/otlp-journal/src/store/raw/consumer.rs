//! The consumer's side of a segment, behind one token.
//!
//! Passing, settling and emptying are for one thread at a time: `zero` writes plain bytes, and two that emptied one
//! segment at once, or one that emptied while another passed, would race. That they take turns is not left to a lock
//! that someone might forget: every function here takes the token by `&mut`, a segment belongs to the token that it
//! was made with, and there is no second token of the same number. A segment of another token is left as it is.
#![expect(clippy::needless_pass_by_ref_mut, reason = "the exclusive borrow of the token is the point")]

use super::super::entry::{HEADER, Head, State};
use super::segment::{CHANGING, FREE, OPEN, SEED_AT, Segment};
use super::sync::{Ordering, fence};
use super::token::Token;

/// The right to pass, settle and empty the segments that were made with its token.
#[derive(Debug)]
pub(crate) struct Consumer {
    token: Token,
    /// Entries that were passed and are not as their writers left them.
    unsound: u64,
}

impl Consumer {
    pub(crate) fn new() -> Self {
        Self { token: Token::new(), unsound: 0 }
    }

    /// What a segment is made with.
    pub(crate) fn token(&self) -> &Token {
        &self.token
    }

    fn owns(&self, segment: &Segment) -> bool {
        segment.owner == self.token.id()
    }

    /// Passes entries that are ready, in order, until `visit` says no; returns the new end of what is frozen.
    pub(crate) fn advance(
        &mut self,
        segment: &Segment,
        mut visit: impl FnMut(usize, Head, u64) -> bool,
    ) -> usize {
        let start = segment.consumed.load(Ordering::Acquire) as usize;
        let mut at = start;
        if !self.owns(segment) || segment.phase.load(Ordering::Acquire) != OPEN {
            return at;
        }
        let (mut live, mut unsound) = (0, 0);
        while at + HEADER <= segment.limit() {
            let Some(head) = Head::unpack(segment.memory.word(at).load(Ordering::Acquire)) else { break };
            if head.state == State::Reserved || at + head.span() > segment.memory.len() {
                break;
            }
            if head.state == State::Committed && !segment.is_sound(at, head) {
                // Overwritten: never to be shown.
                unsound += 1;
                segment.memory.word(at).store(Head { state: State::Done, ..head }.pack(), Ordering::Release);
            } else if head.state == State::Committed {
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
            segment.passed.fetch_add(live + unsound, Ordering::AcqRel);
            segment.consumed.store(at as u64, Ordering::Release);
        }
        self.unsound += unsound;
        at
    }

    /// Entries that were found to be overwritten since the last call.
    pub(crate) fn take_unsound(&mut self) -> u64 {
        std::mem::take(&mut self.unsound)
    }

    /// What lies where the next entry should be is none, though writers were there. It may be one whose writer has
    /// only just found room.
    pub(crate) fn is_stuck(&self, segment: &Segment) -> bool {
        let at = segment.consumed.load(Ordering::Acquire) as usize;
        if !self.owns(segment) || !segment.has_more() || at + HEADER > segment.limit() {
            return self.owns(segment) && segment.has_more();
        }
        match Head::unpack(segment.memory.word(at).load(Ordering::Acquire)) {
            None => true,
            Some(head) => head.state != State::Reserved && at + head.span() > segment.limit(),
        }
    }

    /// Passes over what is not an entry, to the next whole one or to the end. The segment takes no more records.
    ///
    /// A writer whose head was overwritten may still be at work in there: its bytes are never shown.
    pub(crate) fn bridge(&mut self, segment: &Segment) {
        if !self.is_stuck(segment) {
            return;
        }
        segment.seal();
        let (at, end) = (segment.consumed.load(Ordering::Acquire) as usize, segment.limit());
        let whole = |at: &usize| {
            let head = Head::unpack(segment.memory.word(*at).load(Ordering::Acquire));
            head.is_some_and(|head| {
                matches!(head.state, State::Committed | State::Done)
                    && at + head.span() <= end
                    && segment.is_sound(*at, head)
            })
        };
        let next = (at + HEADER..end.saturating_sub(HEADER)).step_by(8).find(whole).unwrap_or(end);
        if next >= at + HEADER
            && let Ok(len) = u32::try_from(next - at - HEADER)
        {
            let filler = Head { len, state: State::Aborted, flags: 0 };
            segment.memory.word(at).store(filler.pack(), Ordering::Release);
        }
        segment.consumed.store(next as u64, Ordering::Release);
    }

    /// Records of a segment that is passed to its end which nobody will find any more; for who holds the only batch.
    pub(crate) fn give_up(&mut self, segment: &Segment) -> u64 {
        let sealed = segment.sealed.load(Ordering::Acquire);
        if !self.owns(segment) || sealed == 0 || segment.consumed.load(Ordering::Acquire) < sealed {
            return 0;
        }
        segment.live.swap(0, Ordering::AcqRel)
    }

    /// Entries of a drained segment that were committed and never found.
    pub(crate) fn missing(&self, segment: &Segment) -> u64 {
        if self.owns(segment) && segment.is_drained() { segment.missing() } else { 0 }
    }

    /// Marks one frozen entry as delivered or dropped; true the first time.
    pub(crate) fn resolve(&mut self, segment: &Segment, at: usize) -> bool {
        let frozen = segment.consumed.load(Ordering::Acquire) as usize;
        self.owns(segment) && at + HEADER <= frozen && Self::settle(segment, at)
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
        if !self.owns(segment) || to > segment.consumed.load(Ordering::Acquire) as usize {
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
        if !self.owns(segment)
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

#[cfg(all(test, not(loom)))]
mod tests {
    use super::super::memory::Memory;
    use super::*;

    #[test]
    fn a_segment_has_work_from_the_first_reservation_until_it_is_passed_and_a_free_one_has_none() {
        let mut consumer = Consumer::new();
        let segment = Segment::free(consumer.token(), Memory::heap(512).unwrap(), 64, false);
        assert!(!segment.has_more(), "a sender over free segments sleeps");
        assert!(segment.open(7));
        assert!(!segment.has_more());
        let slot = segment.reserve(8, 0).map_err(|_| "full").unwrap();
        assert!(segment.has_more());
        let _ = slot.commit(1);
        consumer.advance(&segment, |_, _, _| true);
        assert!(!segment.has_more());
    }
}
