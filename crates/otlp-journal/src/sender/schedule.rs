//! What to send next, and what an answer changes. A state machine without threads, sockets or a clock of its own.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::backoff::{Random, backoff};
use super::batch::{Batch, Identity, Range, framed};
use super::flush::Flushes;
use super::gate::{Gate, Why};
use super::verdict::Verdict;
use crate::DropReason;
use crate::clock::nanos;
use crate::raw::segment::Segment;
use crate::ring::{Opened, Ring};
use crate::stats::Counters;

/// Failures in a row, of whatever batch, after which the endpoint is asked by one request at a time.
const SICK: u32 = 8;

#[derive(Debug)]
pub(crate) struct Limits {
    pub(crate) request: usize,
    pub(crate) linger: Duration,
    pub(crate) max_age: Duration,
    pub(crate) backoff: (Duration, Duration),
    pub(crate) hold: Duration,
    /// How often to look for journals of the dead; `None` without a directory.
    pub(crate) adopt: Option<Duration>,
}

/// A segment with something in it.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) segment: Arc<Segment>,
    pub(crate) identity: Arc<Identity>,
    /// The file of another process, to be removed when all of it is settled.
    pub(crate) adopted: Option<Box<dyn Leftover>>,
}

/// What remains of a dead process's segment.
pub(crate) trait Leftover: std::fmt::Debug + Send {
    /// All of it is settled.
    fn remove(&mut self);
}

/// What a sender thread does next. Times are Unix nanoseconds.
#[derive(Debug)]
pub(crate) enum Next {
    Send(Batch),
    /// Look for journals of dead processes, then report with `adopted`.
    Adopt,
    Wait {
        until: Option<u64>,
        asleep: bool,
    },
    /// A record is being written this very moment and somebody waits for it.
    Spin,
    End,
}

/// A record that goes to the dead letters.
#[derive(Debug)]
pub(crate) struct Dead {
    pub(crate) batch: Batch,
    pub(crate) reason: DropReason,
}

/// What an answer leads to outside of the schedule.
#[derive(Debug, Default)]
pub(crate) struct After {
    pub(crate) dead: Option<Dead>,
    /// Sending is held for this reason, and this is the first time since it last worked.
    pub(crate) held: bool,
    /// Room was made.
    pub(crate) freed: bool,
}

#[derive(Debug)]
pub(crate) struct Schedule {
    limits: Limits,
    identity: Arc<Identity>,
    sources: Vec<Source>,
    fresh: Vec<Opened>,
    ready: VecDeque<Batch>,
    parked: Vec<Batch>,
    gate: Gate,
    failures: u32,
    held_said: bool,
    sweep_at: Option<u64>,
    expire_at: u64,
    adopt_at: u64,
    adopting: bool,
    in_flight: usize,
    outstanding: BTreeMap<u64, u32>,
    next_seq: u64,
    pub(crate) flushes: Flushes,
    random: Random,
    pub(crate) ended: bool,
    /// Sender threads, and those of them that wait for work.
    pub(crate) threads: usize,
    pub(crate) idle: usize,
}

impl Schedule {
    pub(crate) fn new(limits: Limits, identity: Arc<Identity>, seed: u64) -> Self {
        Self {
            limits,
            identity,
            sources: Vec::new(),
            fresh: Vec::new(),
            ready: VecDeque::new(),
            parked: Vec::new(),
            gate: Gate::Open,
            failures: 0,
            held_said: false,
            sweep_at: None,
            expire_at: 0,
            adopt_at: 0,
            adopting: false,
            in_flight: 0,
            outstanding: BTreeMap::new(),
            next_seq: 0,
            flushes: Flushes::default(),
            random: Random::new(seed),
            ended: false,
            threads: 0,
            idle: 0,
        }
    }

    pub(crate) fn next(&mut self, now: u64, ring: &Ring, counters: &Counters) -> Next {
        if self.ended {
            return Next::End;
        }
        let free = self.collect(ring);
        if self.limits.adopt.is_some()
            && !self.adopting
            && (now >= self.adopt_at || self.flushes.want_adoption())
        {
            self.adopting = true;
            return Next::Adopt;
        }
        if now >= self.expire_at {
            self.expire_waiting(now, ring, counters);
        }
        loop {
            if let Err(until) = self.gate.may_send(now) {
                self.flushes.check(&self.outstanding, self.next_seq);
                return Next::Wait { until: self.earliest(until), asleep: false };
            }
            let batch = match self.take_waiting(now) {
                Some(batch) => Some(batch),
                None => self.form(now, free, ring),
            };
            self.flushes.check(&self.outstanding, self.next_seq);
            let Some(mut batch) = batch else { break };
            self.expire(&mut batch, now, counters);
            if batch.live == 0 {
                self.finish(batch.seq);
                self.reap(ring);
                continue;
            }
            self.gate.sent();
            self.in_flight += 1;
            return Next::Send(batch);
        }
        if self.flushes.waits_for_writer() && self.in_flight == 0 {
            return Next::Spin;
        }
        let due = self.parked.iter().map(|b| b.due).min();
        let until = [due, self.sweep_at].into_iter().flatten().min();
        Next::Wait { until: self.earliest(until), asleep: self.sweep_at.is_none() }
    }

    fn earliest(&self, until: Option<u64>) -> Option<u64> {
        let adopt = (self.limits.adopt.is_some() && !self.adopting).then_some(self.adopt_at);
        let expire = (!self.sources.is_empty()).then_some(self.expire_at);
        [until, adopt, expire].into_iter().flatten().min()
    }

    /// Takes note of segments opened since the last look, those of the class of value before others.
    fn collect(&mut self, ring: &Ring) -> usize {
        let free = ring.take_opened(&mut self.fresh);
        for opened in self.fresh.drain(..) {
            let source =
                Source { segment: opened.segment, identity: Arc::clone(&self.identity), adopted: None };
            if opened.value { self.sources.insert(0, source) } else { self.sources.push(source) }
        }
        free
    }

    /// A half that was refused, or a parked batch whose time has come, together with others like it.
    fn take_waiting(&mut self, now: u64) -> Option<Batch> {
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
    fn form(&mut self, now: u64, free: usize, ring: &Ring) -> Option<Batch> {
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
            let fixed = identity.resource.len() + identity.scope.len() + 64;
            let batch = batch.get_or_insert_with(|| new_batch(self.next_seq, identity, fixed));
            if !Arc::ptr_eq(&batch.identity, identity) {
                continue;
            }
            let (from, before) = (segment.consumed() as usize, batch.live);
            let to = segment.advance(|_, head, time| {
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
                let count = batch.resolve_all();
                let rejected = rejected.min(count);
                counters.deliver(count - rejected);
                counters.lose(DropReason::Rejected, rejected);
                self.finish(batch.seq);
                after.freed = self.reap(ring);
            }
            Verdict::Retry { after: named } => {
                self.failures = self.failures.saturating_add(1);
                batch.attempts = batch.attempts.saturating_add(1);
                let (first, longest) = self.limits.backoff;
                let wait = named.unwrap_or_else(|| backoff(batch.attempts, first, longest, &mut self.random));
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
                let wait = named.unwrap_or_else(|| backoff(batch.attempts, first, longest, &mut self.random));
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
                            Verdict::TooLarge => DropReason::TooLarge,
                            _ => DropReason::Rejected,
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

    /// Settles a record that has been written to the dead letters.
    pub(crate) fn bury(&mut self, dead: &Dead, ring: &Ring, counters: &Counters) -> bool {
        counters.lose(dead.reason, dead.batch.resolve_all());
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

    fn finish(&mut self, seq: u64) {
        if let Some(parts) = self.outstanding.get_mut(&seq) {
            *parts -= 1;
            if *parts == 0 {
                self.outstanding.remove(&seq);
            }
        }
    }

    /// Gives segments back that are settled to the last record.
    fn reap(&mut self, ring: &Ring) -> bool {
        let before = self.sources.len();
        self.sources.retain_mut(|source| {
            if !source.segment.is_drained() {
                return true;
            }
            match &mut source.adopted {
                None => !ring.recycle(&source.segment),
                Some(file) => {
                    file.remove();
                    false
                }
            }
        });
        self.sources.len() < before
    }

    fn expire(&self, batch: &mut Batch, now: u64, counters: &Counters) {
        let gone = batch.resolve_older(now.saturating_sub(nanos(self.limits.max_age)));
        if gone > 0 {
            counters.lose(DropReason::Expired, gone);
        }
    }

    /// What nobody sends, because everything is held or its time is far away, grows old all the same.
    fn expire_waiting(&mut self, now: u64, ring: &Ring, counters: &Counters) {
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
            source.segment.advance(|at, _, time| {
                let gone = time < before;
                if gone {
                    old.push(at);
                }
                gone
            });
            let gone = old.into_iter().filter(|at| source.segment.resolve(*at)).count();
            counters.lose(DropReason::Expired, gone as u64);
        }
        self.reap(ring);
    }

    /// Takes in what a dead process left; `ranges` are its whole records.
    pub(crate) fn adopted(&mut self, found: Vec<(Source, Vec<Found>)>, now: u64) {
        for (source, ranges) in found {
            for found in ranges {
                let fixed = source.identity.resource.len() + source.identity.scope.len() + 64;
                let mut batch = new_batch(self.next_seq, &source.identity, fixed + found.bytes);
                batch.live = found.live;
                batch.oldest = found.oldest;
                batch.due = now;
                batch.ranges.push(Range {
                    segment: Arc::clone(&source.segment),
                    from: found.from,
                    to: found.to,
                });
                self.outstanding.insert(batch.seq, 1);
                self.next_seq += 1;
                self.parked.push(batch);
            }
            self.sources.push(source);
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

    /// Begins a flush of what is recorded by now; returns its number.
    pub(crate) fn begin_flush(&mut self, now: u64, ring: &Ring) -> u64 {
        self.collect(ring);
        self.hurry(now);
        let targets = self.sources.iter().filter(|s| s.adopted.is_none()).map(|s| Arc::clone(&s.segment));
        let id = self.flushes.begin(targets, self.limits.adopt.is_some());
        self.flushes.check(&self.outstanding, self.next_seq);
        id
    }

    /// Until when nothing will happen, if nothing is under way.
    pub(crate) fn stuck_until(&self, now: u64) -> Option<u64> {
        if self.in_flight > 0 || self.adopting || self.flushes.want_adoption() {
            return None;
        }
        if let Some(until) = self.gate.until(now) {
            return Some(until);
        }
        let formable = self.sources.iter().any(|s| s.segment.has_more());
        if formable || !self.ready.is_empty() {
            return None;
        }
        self.parked.iter().map(|b| b.due).min().filter(|due| *due > now)
    }
}

/// A run of whole records in an adopted segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) live: u64,
    pub(crate) bytes: usize,
    pub(crate) oldest: u64,
}

fn new_batch(seq: u64, identity: &Arc<Identity>, bytes: usize) -> Batch {
    Batch {
        seq,
        identity: Arc::clone(identity),
        ranges: Vec::new(),
        live: 0,
        bytes,
        oldest: u64::MAX,
        attempts: 0,
        due: 0,
        fixed: false,
        divided: false,
        plain: false,
    }
}
