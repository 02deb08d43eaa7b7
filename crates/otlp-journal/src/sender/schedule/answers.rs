//! What an answer changes.

use std::time::Duration;

use super::super::backoff::backoff;
use super::super::batch::Batch;
use super::super::gate::Why;
use super::super::verdict::Verdict;
use super::{After, Dead, SICK, Schedule};
use crate::settings::clock::nanos;
use crate::settings::stats::{Counters, LossReason};
use crate::store::ring::Ring;

impl Schedule {
    /// Takes in what an answer says about a batch that was sent.
    pub(crate) fn answer(
        &mut self,
        mut batch: Batch,
        verdict: Verdict,
        now: u64,
        ring: &Ring,
        counters: &Counters,
    ) -> After {
        let mut after = After::default();
        self.in_flight -= 1;
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
                let (first, longest) = self.limits.backoff;
                let wait = self
                    .named(named)
                    .unwrap_or_else(|| backoff(batch.attempts, first, longest, &mut self.random));
                batch.due = now.saturating_add(nanos(wait));
                batch.fixed = named.is_some();
                self.parked.push(batch);
                if self.failures >= SICK || self.gate.is_closed() {
                    let attempt = self.failures.saturating_sub(SICK - 1).max(1);
                    let wait = backoff(attempt, first, longest, &mut self.random);
                    self.gate.close(now.saturating_add(nanos(wait)), Why::Sick);
                }
            }
            Verdict::Throttled { after: named } => {
                batch.attempts = batch.attempts.saturating_add(1);
                let (first, longest) = self.limits.backoff;
                let wait = self
                    .named(named)
                    .unwrap_or_else(|| backoff(batch.attempts, first, longest, &mut self.random));
                batch.due = now;
                self.parked.push(batch);
                self.gate.close(now.saturating_add(nanos(wait)), Why::Throttled);
            }
            Verdict::Hold => {
                after.held = !std::mem::replace(&mut self.held_said, true);
                batch.due = now;
                self.parked.push(batch);
                self.gate.close(now.saturating_add(nanos(self.limits.hold)), Why::Held);
            }
            Verdict::Refused | Verdict::TooLarge => {
                self.gate.open();
                match batch.divide() {
                    (left, Some(right)) => {
                        *self.outstanding.entry(left.seq).or_default() += 1;
                        self.ready.push_front(right);
                        self.ready.push_front(left);
                    }
                    (alone, None) => {
                        let reason = match verdict {
                            Verdict::TooLarge => LossReason::TooLarge,
                            _ => LossReason::Rejected,
                        };
                        // It goes to the dead letters first; `bury` settles it after.
                        after.dead = Some(Dead { batch: alone, reason });
                    }
                }
            }
        }
        self.flushes.check(&self.outstanding, self.next_seq);
        after
    }

    /// A wait that the far end named; beyond the age of the oldest record it means the same as that age.
    fn named(&self, wait: Option<Duration>) -> Option<Duration> {
        wait.map(|wait| wait.min(self.limits.max_age))
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
    fn works(&mut self, now: u64) {
        self.gate.open();
        self.held_said = false;
        if std::mem::take(&mut self.failures) > 0 {
            self.hurry(now);
        }
    }

    /// Tries everything once more, now, except where the far end named a time.
    pub(crate) fn hurry(&mut self, now: u64) {
        for batch in self.parked.iter_mut().filter(|b| !b.fixed) {
            batch.due = batch.due.min(now);
        }
        self.gate.hurry(now);
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
        self.sources.retain_mut(|source| {
            if !source.segment.is_drained() {
                return true;
            }
            match &source.adopted {
                None => !ring.recycle(&mut self.consumer, &source.segment),
                Some(file) => {
                    file.remove();
                    false
                }
            }
        });
        self.sources.len() < before
    }
}
