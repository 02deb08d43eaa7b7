//! Expiry of records, and adoption of journals that ended processes left.

use std::sync::Arc;
use std::time::Duration;

use super::super::batch::{Batch, Range, born};
use super::{Schedule, Source, new_batch};
use crate::settings::clock::{Now, nanos};
use crate::settings::stats::{Counters, LossReason};
use crate::store::files::abandoned::FoundSegment;
use crate::store::ring::Ring;

impl Schedule {
    /// Born before this is too old.
    fn limit(&self, now: Now) -> i64 {
        let age = i64::try_from(nanos(self.limits.max_age)).unwrap_or(i64::MAX);
        now.monotonic.cast_signed().saturating_sub(age)
    }

    pub(super) fn expire(&mut self, batch: &mut Batch, now: Now, counters: &Counters) {
        let before = self.limit(now);
        let gone = batch.resolve_older(&mut self.consumer, before);
        if gone > 0 {
            counters.lose(LossReason::Expired, gone);
        }
    }

    /// What nobody sends, because everything is held or its time is far away, grows old all the same.
    pub(super) fn expire_waiting(&mut self, now: Now, ring: &Ring, counters: &Counters) {
        let pace = (self.limits.max_age / 1_000).clamp(Duration::from_millis(100), Duration::from_secs(60));
        self.expire_at = now.after(pace);
        let (before, present) = (self.limit(now), self.present_offset());
        let (mut parked, mut ready) = (std::mem::take(&mut self.parked), std::mem::take(&mut self.ready));
        for batch in parked.iter_mut().chain(&mut ready) {
            self.expire(batch, now, counters);
            if batch.live == 0 {
                self.finish(batch.seq);
            }
        }
        parked.retain(|b| b.live > 0);
        ready.retain(|b| b.live > 0);
        (self.parked, self.ready) = (parked, ready);
        for source in &self.sources {
            let mut old = Vec::new();
            self.consumer.advance(&source.segment, |at, _, time| {
                let gone = born(time, source.offset_at(at as u64, present).0, now.monotonic) < before;
                if gone {
                    old.push(at);
                }
                gone
            });
            let gone = old.into_iter().filter(|at| self.consumer.resolve(&source.segment, *at)).count();
            counters.lose(LossReason::Expired, gone as u64);
        }
        self.reap(ring);
    }

    /// Takes in what a dead process left.
    pub(crate) fn adopted(&mut self, found: Vec<FoundSegment>, now: Now) {
        // A monotonic clock does not survive a reboot: for another process's records it is the wall clock's difference.
        let offset = now.offset();
        for found in found {
            let (segment, identity, runs, file) = found.claim(&self.consumer);
            let segment = Arc::new(segment);
            for run in runs {
                let mut batch = new_batch(self.next_seq, &identity, identity.framed() + run.bytes);
                batch.live = run.live;
                batch.oldest = born(run.oldest, offset, now.monotonic);
                batch.due = now.monotonic;
                batch.ranges.push(Range {
                    segment: Arc::clone(&segment),
                    from: run.from,
                    to: run.to,
                    offset,
                    seen: now.monotonic,
                });
                self.outstanding.insert(batch.seq, 1);
                self.next_seq += 1;
                self.parked.push(batch);
            }
            self.sources.push(Source::new(segment, identity, Some(file)));
        }
    }

    /// The search for journals of the dead is over for now; `more`: there are more than are taken at once.
    pub(crate) fn adoption_done(&mut self, more: bool, now: Now, ring: &Ring) {
        self.adopting = false;
        self.adopt_full = more;
        self.adopt_at = now.after(self.limits.adopt.unwrap_or(Duration::MAX));
        self.reap(ring);
        if !more {
            self.flushes.adoption_done();
        }
        self.flushes.check(&self.outstanding, self.next_seq);
    }
}
