//! The schedule: what to send next, and how an answer changes it. A state machine without threads, sockets or a clock.

mod aging;
mod answers;
mod gather;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::backoff::Random;
use super::batch::{Batch, born};
use super::flush::Flushes;
use super::gate::Gate;
use crate::settings::clock::Now;
use crate::settings::stats::{Counters, LossReason};
use crate::store::files::abandoned::DeadFile;
use crate::store::identity::Identity;
use crate::store::raw::consumer::Consumer;
use crate::store::raw::segment::Segment;
use crate::store::ring::{Opened, Ring};

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

/// How often a place that cannot be read is looked at again.
const LOOK: Duration = Duration::from_millis(250);

/// Steps of the wall clock smaller than this are its being set right a little at a time.
const STEP: i64 = 500_000_000;

/// A segment with something in it.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) segment: Arc<Segment>,
    pub(crate) identity: Arc<Identity>,
    /// The file of another process, to be removed when all of it is settled.
    pub(crate) adopted: Option<DeadFile>,
    /// How far it was written at the last look at the clock.
    pub(crate) looked: u64,
    /// Up to which byte an earlier offset between the clocks holds.
    pub(crate) offsets: Vec<(u64, i64)>,
    /// Where nothing can be read, since when, and how often that was seen.
    pub(crate) stuck: Option<(u64, u64, u32)>,
}

impl Source {
    fn new(segment: Arc<Segment>, identity: Arc<Identity>, adopted: Option<DeadFile>) -> Self {
        Self { segment, identity, adopted, looked: 0, offsets: Vec::new(), stuck: None }
    }

    /// The offset for an entry, and up to where it holds.
    fn offset_at(&self, at: u64, present: i64) -> (i64, u64) {
        self.offsets
            .iter()
            .find(|(end, _)| at < *end)
            .map_or((present, u64::MAX), |(end, offset)| (*offset, *end))
    }
}

/// What a sender thread does next. Times are monotonic.
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
    pub(crate) reason: LossReason,
}

/// What an answer leads to outside of the schedule.
#[derive(Debug, Default)]
pub(crate) struct After {
    pub(crate) dead: Option<Dead>,
    /// Room was made.
    pub(crate) freed: bool,
}

#[derive(Debug)]
pub(crate) struct Schedule {
    limits: Limits,
    /// The one that passes, settles and empties this delivery's segments.
    consumer: Consumer,
    identity: Arc<Identity>,
    sources: Vec<Source>,
    fresh: Vec<Opened>,
    ready: VecDeque<Batch>,
    parked: Vec<Batch>,
    gate: Gate,
    failures: u32,
    /// Answers in a row that asked for a pause.
    throttles: u32,
    sweep_at: Option<u64>,
    expire_at: u64,
    adopt_at: u64,
    adopting: bool,
    /// More sets lie there than are taken at once; the next ones when some of these are settled.
    adopt_full: bool,
    /// Wall clock less monotonic clock, as last seen.
    offset: Option<i64>,
    /// Some request was answered with an acknowledgement.
    worked: bool,
    /// Records in a row that were refused alone, with nothing accepted between them.
    refused_alone: u32,
    /// Refusals in a row since the doubt began.
    doubts: u32,
    /// Records whose bytes somebody else overwrote, not counted yet.
    damaged: u64,
    /// When each batch that is under way was born.
    under_way: BTreeMap<u64, i64>,
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
    pub(crate) fn new(limits: Limits, consumer: Consumer, identity: Arc<Identity>, seed: u64) -> Self {
        Self {
            limits,
            consumer,
            identity,
            sources: Vec::new(),
            fresh: Vec::new(),
            ready: VecDeque::new(),
            parked: Vec::new(),
            gate: Gate::Open,
            failures: 0,
            throttles: 0,
            sweep_at: None,
            expire_at: 0,
            adopt_at: 0,
            adopting: false,
            adopt_full: false,
            offset: None,
            worked: false,
            refused_alone: 0,
            doubts: 0,
            damaged: 0,
            under_way: BTreeMap::new(),
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

    pub(crate) fn next(&mut self, now: Now, ring: &Ring, counters: &Counters) -> Next {
        if self.ended {
            return Next::End;
        }
        let free = self.collect(ring);
        self.look_at_clock(now);
        self.pass_damage(now);
        self.count_damage(counters);
        if self.limits.adopt.is_some()
            && !self.adopting
            && !self.adopt_full
            && (now.monotonic >= self.adopt_at || self.flushes.want_adoption())
        {
            self.adopting = true;
            return Next::Adopt;
        }
        if now.monotonic >= self.expire_at {
            self.expire_waiting(now, ring, counters);
        }
        loop {
            if let Err(until) = self.gate.may_send(now.monotonic) {
                self.flushes.check(&self.outstanding, self.next_seq);
                return Next::Wait { until: self.earliest(until), asleep: false };
            }
            let batch = if self.gate.is_doubtful() {
                self.take_probe(now, ring)
            } else {
                self.take_waiting(now).or_else(|| self.form(now, free, ring))
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
            let oldest = self.under_way.entry(batch.seq).or_insert(i64::MAX);
            *oldest = batch.oldest.min(*oldest);
            return Next::Send(batch);
        }
        if self.flushes.waits_for_writer() && self.in_flight == 0 {
            return Next::Spin;
        }
        let due = self.parked.iter().map(|b| b.due).min();
        let look = self.sources.iter().any(|s| s.stuck.is_some()).then(|| now.after(LOOK));
        let until = [due, self.sweep_at, look].into_iter().flatten().min();
        Next::Wait { until: self.earliest(until), asleep: self.sweep_at.is_none() }
    }

    /// What cannot be read for a while, and for many looks, is damage and no writer that has only just begun.
    fn pass_damage(&mut self, now: Now) {
        const LOOKS: u32 = 20;
        const WHILE: u64 = 5_000_000_000;
        for source in self.sources.iter_mut().filter(|s| s.adopted.is_none()) {
            if !self.consumer.is_stuck(&source.segment) {
                source.stuck = None;
                continue;
            }
            let at = source.segment.consumed();
            let (since, looks) = match source.stuck {
                Some((place, since, looks)) if place == at => (since, looks.saturating_add(1)),
                _ => (now.monotonic, 0),
            };
            source.stuck = Some((at, since, looks));
            if looks >= LOOKS && now.monotonic.saturating_sub(since) >= WHILE {
                self.consumer.bridge(&source.segment);
                source.stuck = None;
            }
        }
    }

    pub(super) fn count_damage(&mut self, counters: &Counters) {
        let damaged = std::mem::take(&mut self.damaged) + self.consumer.take_unsound();
        if damaged > 0 {
            counters.lose(LossReason::Corrupt, damaged);
        }
    }

    /// Notices when somebody has set the wall clock. Entries that were there at the last look keep the offset of their
    /// time; for those written since, whichever of the two makes them younger.
    fn look_at_clock(&mut self, now: Now) {
        let offset = now.offset();
        let before = *self.offset.get_or_insert(offset);
        let stepped = offset.saturating_sub(before).saturating_abs() > STEP;
        for source in self.sources.iter_mut().filter(|s| s.adopted.is_none()) {
            let end = source.segment.written_end();
            if stepped {
                source.offsets.push((source.looked, before));
                source.offsets.push((end, before.min(offset)));
            }
            source.looked = end;
        }
        self.offset = Some(offset);
    }

    pub(super) fn present_offset(&self) -> i64 {
        self.offset.unwrap_or(0)
    }

    /// Age of the oldest record that waits.
    pub(crate) fn oldest_pending(&mut self, now: Now) -> Option<Duration> {
        let waiting = self.parked.iter().chain(&self.ready).map(|b| b.oldest);
        let oldest = waiting.chain(self.under_way.values().copied()).min();
        let present = self.present_offset();
        let mut first = Vec::new();
        for source in &self.sources {
            self.consumer.advance(&source.segment, |at, _, time| {
                first.push(born(time, source.offset_at(at as u64, present).0, now.monotonic));
                false
            });
        }
        let oldest = first.into_iter().chain(oldest).min()?;
        let age = now.monotonic.cast_signed().saturating_sub(oldest);
        Some(Duration::from_nanos(u64::try_from(age).unwrap_or(0)))
    }

    fn earliest(&self, until: Option<u64>) -> Option<u64> {
        let adopt =
            (self.limits.adopt.is_some() && !self.adopting && !self.adopt_full).then_some(self.adopt_at);
        let expire = (!self.sources.is_empty()).then_some(self.expire_at);
        [until, adopt, expire].into_iter().flatten().min()
    }

    /// Takes note of segments opened since the last look, the critical ones before others.
    fn collect(&mut self, ring: &Ring) -> usize {
        let free = ring.take_opened(&mut self.fresh);
        for opened in self.fresh.drain(..) {
            let source = Source::new(opened.segment, Arc::clone(&self.identity), None);
            if opened.critical { self.sources.insert(0, source) } else { self.sources.push(source) }
        }
        free
    }

    /// Begins a flush of what is recorded by now; returns its number.
    pub(crate) fn begin_flush(&mut self, now: Now, ring: &Ring) -> u64 {
        self.collect(ring);
        self.hurry(now);
        let targets = self.sources.iter().filter(|s| s.adopted.is_none()).map(|s| Arc::clone(&s.segment));
        let id = self.flushes.begin(targets, self.limits.adopt.is_some());
        self.flushes.check(&self.outstanding, self.next_seq);
        id
    }

    /// Until when nothing will happen, if nothing is under way.
    pub(crate) fn stuck_until(&self, now: u64) -> Option<u64> {
        if self.in_flight > 0 || self.adopting || (self.flushes.want_adoption() && !self.adopt_full) {
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

fn new_batch(seq: u64, identity: &Arc<Identity>, bytes: usize) -> Batch {
    Batch {
        seq,
        identity: Arc::clone(identity),
        ranges: Vec::new(),
        live: 0,
        bytes,
        oldest: i64::MAX,
        attempts: 0,
        due: 0,
        fixed: false,
        divided: false,
        plain: false,
        probe: false,
    }
}
