//! Chooses the next batch: parked batches that are due, then new records.

use std::sync::Arc;

use super::super::batch::{Batch, Range, born};
use super::{Schedule, new_batch};
use crate::settings::clock::Now;
use crate::store::entry::framed;
use crate::store::ring::Ring;

impl Schedule {
    /// A half that was refused, or a parked batch whose time has come, together with others like it.
    pub(super) fn take_waiting(&mut self, now: Now) -> Option<Batch> {
        if let Some(batch) = self.ready.pop_front() {
            return Some(batch);
        }
        let first = self
            .parked
            .iter()
            .enumerate()
            .filter(|(_, b)| b.due <= now.monotonic)
            .min_by_key(|(_, b)| (b.due, b.seq))?
            .0;
        let mut batch = self.parked.swap_remove(first);
        let mut i = 0;
        while i < self.parked.len() && !batch.divided {
            let other = &self.parked[i];
            let fits = other.due <= now.monotonic
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
    pub(super) fn form(&mut self, now: Now, free: usize, ring: &Ring) -> Option<Batch> {
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
        let sweep_at = *self.sweep_at.get_or_insert(now.after(self.limits.linger));
        // A request's worth is there, or room is getting scarce.
        let pressed = free * 2 < ring.segments().len() || ring.take_pressed();
        let sweep = now.monotonic >= sweep_at || self.flushes.is_active();
        if !sweep && !pressed && whole < self.limits.request as u64 / 2 {
            return None;
        }
        let (batch, full) = self.gather(sweep, now);
        if sweep && !full {
            // All there was is taken; what comes now may linger again.
            self.sweep_at = Some(now.after(self.limits.linger));
        }
        if batch.is_none() {
            // Sealed segments without a record in them are done now.
            self.reap(ring);
        }
        batch
    }

    /// One batch to find out whether the far end takes anything: what was recorded last and never refused first, then
    /// of what was refused the least tried, so that every probe takes different records.
    pub(super) fn take_probe(&mut self, now: Now, ring: &Ring) -> Option<Batch> {
        let (fresh, _) = self.gather(true, now);
        if let Some(fresh) = fresh {
            return Some(Batch { probe: true, ..fresh });
        }
        self.reap(ring);
        self.parked.extend(self.ready.drain(..));
        let fewest = self.parked.iter().map(|b| b.attempts).min()?;
        let like: Vec<usize> =
            self.parked.iter().enumerate().filter(|(_, b)| b.attempts == fewest).map(|(i, _)| i).collect();
        let pick = like.get(self.random.next() as usize % like.len().max(1))?;
        Some(Batch { probe: true, ..self.parked.swap_remove(*pick) })
    }

    /// As much as one request holds, and whether it holds no more. Takes at least one record if there is one.
    fn gather(&mut self, open_too: bool, now: Now) -> (Option<Batch>, bool) {
        let mut batch: Option<Batch> = None;
        let mut full = false;
        let present = self.present_offset();
        'sources: for source in &self.sources {
            let segment = &source.segment;
            if !segment.has_more() || !(open_too || segment.is_sealed()) {
                continue;
            }
            let identity = &source.identity;
            let batch = batch.get_or_insert_with(|| new_batch(self.next_seq, identity, identity.framed()));
            if !Arc::ptr_eq(&batch.identity, identity) {
                continue;
            }
            // One pass for each offset between the clocks.
            loop {
                let (from, before) = (segment.consumed() as usize, batch.live);
                let (offset, end) = source.offset_at(from as u64, present);
                let mut other = false;
                let to = self.consumer.advance(segment, |at, head, time| {
                    let bytes = framed(head);
                    other = at as u64 >= end;
                    full = !other && batch.live > 0 && batch.bytes + bytes > self.limits.request;
                    if !full && !other {
                        batch.bytes += bytes;
                        batch.live += 1;
                        batch.oldest = batch.oldest.min(born(time, offset, now.monotonic));
                    }
                    !full && !other
                });
                if batch.live > before {
                    let seen = now.monotonic;
                    batch.ranges.push(Range { segment: Arc::clone(segment), from, to, offset, seen });
                }
                if full {
                    break 'sources;
                }
                if !other {
                    break;
                }
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
