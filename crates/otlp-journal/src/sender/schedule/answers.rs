//! How the schedule changes after an answer.

use std::sync::Arc;
use std::time::Duration;

use super::super::backoff::backoff;
use super::super::batch::Batch;
use super::super::gate::Why;
use super::super::verdict::Verdict;
use super::{After, Dead, SICK, Schedule};
use crate::settings::clock::Now;
use crate::settings::stats::{Counters, LossReason};
use crate::store::ring::Ring;

/// Records refused alone, one after the other, after which it may be the endpoint and not they.
const SEVERAL: u32 = 5;
/// A pause that the far end asks for is at most this long: a day of silence for one odd header is too much.
const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);

impl Schedule {
    /// Takes in what an answer says about a batch that was sent.
    pub(crate) fn answer(
        &mut self,
        mut batch: Batch,
        verdict: Verdict,
        now: Now,
        ring: &Ring,
        counters: &Counters,
    ) -> After {
        let mut after = After::default();
        self.in_flight -= 1;
        self.under_way.remove(&batch.seq);
        match verdict {
            Verdict::Delivered { rejected } => {
                self.works(now);
                let count = batch.resolve_all(&mut self.consumer);
                let rejected = rejected.min(count);
                counters.deliver(count - rejected);
                counters.lose(LossReason::Rejected, rejected);
                self.finish(batch.seq);
                after.freed = self.reap(ring);
            }
            Verdict::Retry { after: named } => {
                self.failures = self.failures.saturating_add(1);
                batch.attempts = batch.attempts.saturating_add(1);
                batch.due = now.after(self.pause(batch.attempts, named));
                batch.fixed = named.is_some();
                self.parked.push(batch);
                if self.failures >= SICK || self.gate.is_closed() {
                    let attempt = self.failures.saturating_sub(SICK - 1).max(1);
                    let wait = self.pause(attempt, None);
                    self.gate.close(now.after(wait), Why::Sick);
                }
            }
            Verdict::Throttled { after: named } => {
                batch.attempts = batch.attempts.saturating_add(1);
                batch.due = now.monotonic;
                self.throttles = self.throttles.saturating_add(1);
                let wait = self.pause(self.throttles.max(batch.attempts), named);
                self.parked.push(batch);
                self.gate.close(now.after(wait), Why::Throttled);
            }
            Verdict::Hold => {
                batch.due = now.monotonic;
                batch.attempts = batch.attempts.saturating_add(1);
                self.parked.push(batch);
                self.gate.close(now.after(self.limits.hold), Why::Held);
            }
            Verdict::Refused if !self.worked || self.gate.is_doubtful() => self.doubt(batch, now),
            Verdict::Refused | Verdict::TooLarge => after.dead = self.search(batch, verdict, now),
        }
        self.count_damage(counters);
        self.flushes.check(&self.outstanding, self.next_seq);
        after
    }

    /// Halves a batch that is refused, until the record that is to blame stands alone.
    fn search(&mut self, batch: Batch, verdict: Verdict, now: Now) -> Option<Dead> {
        match batch.divide() {
            (left, Some(right)) => {
                self.gate.open();
                *self.outstanding.entry(left.seq).or_default() += 1;
                self.ready.push_front(right);
                self.ready.push_front(left);
                None
            }
            // 413 names its reason; there is nothing to doubt.
            (alone, None) if verdict == Verdict::TooLarge => {
                Some(Dead { batch: alone, reason: LossReason::TooLarge })
            }
            (alone, None) if self.refused_alone + 1 < SEVERAL => {
                self.gate.open();
                self.refused_alone += 1;
                // It goes to the dead letters first; `bury` settles it after.
                Some(Dead { batch: alone, reason: LossReason::Rejected })
            }
            (alone, None) => {
                self.doubt(alone, now);
                None
            }
        }
    }

    /// Refused, and it may not be the records' fault: nothing is given up before the far end has taken something. The
    /// first question is asked at once, the others from time to time.
    fn doubt(&mut self, batch: Batch, now: Now) {
        let (doubtful, probe) = (self.gate.is_doubtful(), batch.probe);
        let attempts = batch.attempts.saturating_add(1);
        let (left, right) = batch.divide();
        if right.is_some() {
            *self.outstanding.entry(left.seq).or_default() += 1;
        }
        for mut part in [Some(left), right].into_iter().flatten() {
            (part.attempts, part.due, part.divided) = (attempts, now.monotonic, true);
            part.probe = false;
            self.parked.push(part);
        }
        // What was under way when the doubt began says nothing new.
        if probe || !doubtful {
            self.doubts = self.doubts.saturating_add(1);
            let until = if doubtful { now.after(self.limits.hold) } else { now.monotonic };
            self.gate.close(until, Why::Doubt);
        }
    }

    /// The time to wait: the backoff, or longer if the far end says so.
    fn pause(&mut self, attempts: u32, named: Option<Duration>) -> Duration {
        let (first, longest) = self.limits.backoff;
        let backoff = backoff(attempts, first, longest, &mut self.random);
        self.named(named).map_or(backoff, |named| named.max(backoff))
    }

    /// A wait that the far end named, within reason.
    fn named(&self, wait: Option<Duration>) -> Option<Duration> {
        wait.map(|wait| wait.min(LONGEST_PAUSE).min(self.limits.max_age))
    }

    /// Settles a record that has been written to the dead letters.
    pub(crate) fn bury(&mut self, dead: &Dead, ring: &Ring, counters: &Counters) -> bool {
        counters.lose(dead.reason, dead.batch.resolve_all(&mut self.consumer));
        self.finish(dead.batch.seq);
        let freed = self.reap(ring);
        self.flushes.check(&self.outstanding, self.next_seq);
        freed
    }

    /// The far end takes records again: what waits for no time that it named goes on.
    fn works(&mut self, now: Now) {
        let doubted = self.gate.is_doubtful();
        self.gate.open();
        self.worked = true;
        (self.refused_alone, self.throttles, self.doubts) = (0, 0, 0);
        if std::mem::take(&mut self.failures) > 0 || doubted {
            self.hurry(now);
        }
    }

    /// Sending is held because of what the far end says to everything, other records included.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.gate.is_doubtful() && self.doubts > 1
    }

    /// Tries everything once more, now, except where the far end named a time.
    pub(crate) fn hurry(&mut self, now: Now) {
        for batch in self.parked.iter_mut().filter(|b| !b.fixed) {
            batch.due = batch.due.min(now.monotonic);
        }
        self.gate.hurry(now.monotonic);
    }

    pub(super) fn finish(&mut self, seq: u64) {
        if let Some(parts) = self.outstanding.get_mut(&seq) {
            *parts -= 1;
            if *parts == 0 {
                self.outstanding.remove(&seq);
            }
        }
    }

    /// Gives segments back that are settled to the last record.
    pub(super) fn reap(&mut self, ring: &Ring) -> bool {
        let before = self.sources.len();
        let mut settled = false;
        self.sources.retain_mut(|source| {
            // Nobody holds a batch of it, so what is not settled cannot be found any more.
            let others = if source.adopted.is_some() { 1 } else { 2 };
            if source.segment.live() > 0 && Arc::strong_count(&source.segment) == others {
                self.damaged += self.consumer.give_up(&source.segment);
            }
            if !source.segment.is_drained() {
                return true;
            }
            let missing = self.consumer.missing(&source.segment);
            match &source.adopted {
                None => {
                    let gone = ring.recycle(&mut self.consumer, &source.segment);
                    if gone {
                        self.damaged += missing;
                    }
                    !gone
                }
                Some(file) => {
                    file.remove();
                    settled = true;
                    false
                }
            }
        });
        if settled {
            self.adopt_full = false;
        }
        self.sources.len() < before
    }
}
