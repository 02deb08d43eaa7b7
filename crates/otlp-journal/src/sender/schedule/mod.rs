//! What to send next, and what an answer changes. A state machine without threads, sockets or a clock of its own.

mod aging;
mod answers;
mod gather;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::backoff::Random;
use super::batch::Batch;
use super::flush::Flushes;
use super::gate::Gate;
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

/// A segment with something in it.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) segment: Arc<Segment>,
    pub(crate) identity: Arc<Identity>,
    /// The file of another process, to be removed when all of it is settled.
    pub(crate) adopted: Option<DeadFile>,
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
    pub(crate) reason: LossReason,
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
    /// The one that passes, settles and empties this delivery's segments.
    consumer: Consumer,
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

    /// Takes note of segments opened since the last look, the critical ones before others.
    fn collect(&mut self, ring: &Ring) -> usize {
        let free = ring.take_opened(&mut self.fresh);
        for opened in self.fresh.drain(..) {
            let source =
                Source { segment: opened.segment, identity: Arc::clone(&self.identity), adopted: None };
            if opened.critical { self.sources.insert(0, source) } else { self.sources.push(source) }
        }
        free
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
