//! What to send: what waits to be sent again, and what was recorded since.

use std::sync::Arc;

use super::super::batch::{Batch, Range};
use super::{Schedule, new_batch};
use crate::settings::clock::nanos;
use crate::store::entry::framed;
use crate::store::ring::Ring;

impl Schedule {
    /// A half that was refused, or a parked batch whose time has come, together with others like it.
    pub(super) fn take_waiting(&mut self, now: u64) -> Option<Batch> {
        if let Some(batch) = self.ready.pop_front() {
            return Some(batch);
        }
        let first = self
            .parked
            .iter()
            .enumerate()
            .filter(|(_, b)| b.due <= now)
            .min_by_key(|(_, b)| (b.due, b.seq))?
            .0;
        let mut batch = self.parked.swap_remove(first);
        let mut i = 0;
        while i < self.parked.len() && !batch.divided {
            let other = &self.parked[i];
            let fits = other.due <= now
                && !other.divided
                && batch.bytes + other.bytes <= self.limits.request
                && Arc::ptr_eq(&batch.identity, &other.identity);
            if fits {
                let other = self.parked.swap_remove(i);
                let (kept, gone) = (batch.seq.min(other.seq), batch.seq.max(other.seq));
                batch.join(other);
                batch.seq = kept;
                self.finish(gone);
            } else {
                i += 1;
            }
        }
        batch.fixed = false;
        Some(batch)
    }

    /// A batch of what was recorded since, when there is reason to send it now.
    pub(super) fn form(&mut self, now: u64, free: usize, ring: &Ring) -> Option<Batch> {
        let waiting = self.sources.iter().filter(|s| s.segment.has_more());
        let (mut any, mut whole) = (false, 0);
        for source in waiting {
            any = true;
            if source.segment.is_sealed() {
                whole += source.segment.written_end().saturating_sub(source.segment.consumed());
            }
        }
        if !any {
            self.sweep_at = None;
            return None;
        }
        let sweep_at = *self.sweep_at.get_or_insert(now.saturating_add(nanos(self.limits.linger)));
        // A request's worth is there, or room is getting scarce.
        let pressed = free * 2 < ring.segments().len() || ring.take_pressed();
        let sweep = now >= sweep_at || self.flushes.is_active();
        if !sweep && !pressed && whole < self.limits.request as u64 / 2 {
            return None;
        }
        let (batch, full) = self.gather(sweep);
        if sweep && !full {
            // All there was is taken; what comes now may linger again.
            self.sweep_at = Some(now.saturating_add(nanos(self.limits.linger)));
        }
        if batch.is_none() {
            // Sealed segments without a record in them are done now.
            self.reap(ring);
        }
        batch
    }

    /// As much as one request holds, and whether it holds no more.
    fn gather(&mut self, open_too: bool) -> (Option<Batch>, bool) {
        let mut batch: Option<Batch> = None;
        let mut full = false;
        for source in &self.sources {
            let segment = &source.segment;
            if !segment.has_more() || !(open_too || segment.is_sealed()) {
                continue;
            }
            let identity = &source.identity;
            let batch = batch.get_or_insert_with(|| new_batch(self.next_seq, identity, identity.framed()));
            if !Arc::ptr_eq(&batch.identity, identity) {
                continue;
            }
            let (from, before) = (segment.consumed() as usize, batch.live);
            let to = self.consumer.advance(segment, |_, head, time| {
                let bytes = framed(head);
                full = batch.bytes + bytes > self.limits.request;
                if !full {
                    batch.bytes += bytes;
                    batch.live += 1;
                    batch.oldest = batch.oldest.min(time);
                }
                !full
            });
            if batch.live > before {
                batch.ranges.push(Range { segment: Arc::clone(segment), from, to });
            }
            if full {
                break;
            }
        }
        let batch = batch.filter(|b| b.live > 0);
        if let Some(batch) = &batch {
            self.next_seq += 1;
            self.outstanding.insert(batch.seq, 1);
        }
        (batch, full)
    }
}
