//! What grows old, and what was left by processes that are no more.

use std::sync::Arc;
use std::time::Duration;

use super::super::batch::{Batch, Range};
use super::{Schedule, Source, new_batch};
use crate::settings::clock::nanos;
use crate::settings::stats::{Counters, LossReason};
use crate::store::files::abandoned::FoundSegment;
use crate::store::ring::Ring;

impl Schedule {
    pub(super) fn expire(&mut self, batch: &mut Batch, now: u64, counters: &Counters) {
        let gone = batch.resolve_older(&mut self.consumer, now.saturating_sub(nanos(self.limits.max_age)));
        if gone > 0 {
            counters.lose(LossReason::Expired, gone);
        }
    }

    /// What nobody sends, because everything is held or its time is far away, grows old all the same.
    pub(super) fn expire_waiting(&mut self, now: u64, ring: &Ring, counters: &Counters) {
        let pace = (self.limits.max_age / 1_000).clamp(Duration::from_millis(100), Duration::from_secs(60));
        self.expire_at = now.saturating_add(nanos(pace));
        let before = now.saturating_sub(nanos(self.limits.max_age));
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
                let gone = time < before;
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
    pub(crate) fn adopted(&mut self, found: Vec<FoundSegment>, now: u64) {
        for found in found {
            let (segment, identity, runs, file) = found.claim(&self.consumer);
            let segment = Arc::new(segment);
            for run in runs {
                let mut batch = new_batch(self.next_seq, &identity, identity.framed() + run.bytes);
                batch.live = run.live;
                batch.oldest = run.oldest;
                batch.due = now;
                batch.ranges.push(Range { segment: Arc::clone(&segment), from: run.from, to: run.to });
                self.outstanding.insert(batch.seq, 1);
                self.next_seq += 1;
                self.parked.push(batch);
            }
            self.sources.push(Source { segment, identity, adopted: Some(file) });
        }
    }

    /// The search for journals of the dead is over for now.
    pub(crate) fn adoption_done(&mut self, now: u64, ring: &Ring) {
        self.adopting = false;
        self.adopt_at = now.saturating_add(self.limits.adopt.map_or(u64::MAX, nanos));
        self.reap(ring);
        self.flushes.adoption_done();
        self.flushes.check(&self.outstanding, self.next_seq);
    }
}
