//! The emitter, shared by all handles of a funnel: checks each event, counts it and passes it to the sink.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use instant_funnel_core::contract::{Contract, Violation};
use instant_funnel_core::{Checker, Draft, Stamp, TraceContext};

use crate::advisory::Advisory;
use crate::busy::{Busy, Call};
use crate::contracts::{OtherContract, learn};
use crate::health::{Health, HealthState};
use crate::journeys::Journeys;
use crate::net::caught;
use crate::notice::{Fault, Notices};
use crate::sink::{Sink, Verdict};
use crate::stats::{Counters, DropReason, Settled, Stats};
use crate::trace::{self, TraceWatch, Traces};

pub(crate) struct Inner {
    /// Of the first contract.
    pub(crate) checker: Checker,
    pub(crate) others: Box<[OtherContract]>,
    /// None: no backend. Steps are counted for Prometheus and nothing is recorded.
    pub(crate) sink: Option<Arc<dyn Sink>>,
    pub(crate) counters: Counters,
    pub(crate) clock: Option<Clock>,
    pub(crate) journeys: Journeys,
    pub(crate) notices: Notices,
    pub(crate) traces: TraceWatch,
    pub(crate) closed: AtomicBool,
    /// What the sink last said, for when it panics instead of saying more.
    settled: Mutex<Settled>,
    /// The sink starts anew in a forked child, so the counters must too.
    restarts_in_child: bool,
    pub(crate) forks: AtomicU64,
    renewal: Mutex<()>,
    /// Another funnel was installed in its place, so whoever lets go of it last may be in the middle of a request.
    retired: AtomicBool,
}

pub(crate) type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// What a funnel is made of.
pub(crate) struct Parts {
    pub(crate) checker: Checker,
    /// Of the contracts beside the first.
    pub(crate) others: Vec<Checker>,
    pub(crate) sink: Option<Arc<dyn Sink>>,
    pub(crate) restarts_in_child: bool,
    pub(crate) clock: Option<Clock>,
    pub(crate) journeys: Journeys,
    pub(crate) advisories: Vec<Advisory>,
}

impl Inner {
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            notices: {
                let others = parts.others.iter().map(Checker::contract);
                let contracts: Vec<_> = std::iter::once(parts.checker.contract()).chain(others).collect();
                contracts.iter().for_each(|contract| learn(contract));
                Notices::new(&contracts, parts.advisories)
            },
            checker: parts.checker,
            others: parts.others.into_iter().map(OtherContract::new).collect(),
            sink: parts.sink,
            clock: parts.clock,
            journeys: parts.journeys,
            traces: TraceWatch::default(),
            counters: Counters::default(),
            closed: AtomicBool::new(false),
            settled: Mutex::default(),
            restarts_in_child: parts.restarts_in_child,
            forks: AtomicU64::new(forks()),
            renewal: Mutex::new(()),
            retired: AtomicBool::new(false),
        }
    }

    pub(crate) fn stats(&self) -> Stats {
        self.renew();
        match &self.sink {
            Some(sink) => self.counters.stats(|| self.settled(sink.as_ref())),
            None => Stats::default(),
        }
    }

    /// What the sink says, or what it last said. The lock is tried only: a fork may have copied it locked.
    fn settled(&self, sink: &dyn Sink) -> Settled {
        let fresh = Busy::enter(self, Call::Settled).and_then(|_busy| {
            let fresh = caught(|| sink.settled());
            if fresh.is_none() {
                self.notices.fault(Fault::Settled);
            }
            fresh
        });
        match (fresh, self.settled.try_lock()) {
            (Some(fresh), Ok(mut last)) => {
                *last = fresh;
                fresh
            }
            (Some(fresh), Err(_)) => fresh,
            (None, last) => last.map(|last| *last).unwrap_or_default(),
        }
    }

    pub(crate) fn health(&self) -> Health {
        let Some(sink) = &self.sink else { return Health::new(HealthState::Off) };
        let seen = Busy::enter(self, Call::Settled).and_then(|_busy| {
            let seen = caught(|| sink.health());
            if seen.is_none() {
                self.notices.fault(Fault::Health);
            }
            seen
        });
        seen.unwrap_or_else(|| Health::new(HealthState::Unobserved))
    }

    /// Has the sink do something that may take time.
    pub(crate) fn ask(&self, fault: Fault, call: impl FnOnce(&dyn Sink)) {
        let Some(sink) = &self.sink else { return };
        let Some(_busy) = Busy::enter(self, Call::Flush) else { return };
        if caught(|| call(sink.as_ref())).is_none() {
            self.notices.fault(fault);
        }
    }

    pub(crate) fn record(&self, draft: &Draft<'_>) {
        self.record_in(draft, None);
    }

    /// Records an event whose span is known from elsewhere than the active context.
    pub(crate) fn record_in(&self, draft: &Draft<'_>, span: Option<TraceContext>) {
        self.renew();
        let contract = draft.contract();
        let (number, checker) = if self.checker.contract().is(contract) {
            self.counters.step(draft.step_position());
            (0, &self.checker)
        } else if let Some((number, other)) = self.other(contract) {
            self.counters.of_another_contract();
            other.count(draft.step_position());
            (number, &other.checker)
        } else {
            return self.refused_event(DropReason::UnknownContract);
        };
        let Some(sink) = &self.sink else { return };
        if self.closed.load(Ordering::Acquire) {
            return self.counters.dropped(DropReason::Shutdown);
        }
        let Some(busy) = Busy::enter(self, Call::Record) else {
            self.notices.fault(Fault::Reentrant);
            return self.counters.dropped(DropReason::Reentrant);
        };
        let verdict = caught(|| {
            let trace = span.or_else(trace::active).or(draft.trace());
            self.emit(draft, trace, sink.as_ref(), number, checker)
        });
        drop(busy);
        match verdict {
            Some(Verdict::Delivered) => self.counters.delivered(),
            Some(Verdict::HandedOver) => self.counters.handed_over(),
            Some(Verdict::Pending) => {}
            Some(Verdict::Dropped(reason)) => self.counters.dropped(reason),
            None => {
                self.notices.fault(Fault::Record);
                self.counters.dropped(DropReason::Panic);
            }
        }
        self.say();
    }

    /// A contract beside the first: its number and what checks it.
    pub(crate) fn other(&self, contract: &Contract) -> Option<(usize, &OtherContract)> {
        (1..).zip(&self.others).find(|(_, other)| other.checker.contract().is(contract))
    }

    #[inline]
    fn emit(
        &self,
        draft: &Draft<'_>,
        trace: Option<TraceContext>,
        sink: &dyn Sink,
        number: usize,
        checker: &Checker,
    ) -> Verdict {
        match self.traces.note(trace) {
            Traces::Unknown => {}
            Traces::First => self.notices.withdraw(Fault::NoTrace),
            Traces::Missing => self.notices.fault(Fault::NoTrace),
        }
        let observed = match &self.clock {
            None => SystemTime::now(),
            Some(clock) => clock(),
        };
        let stamp = Stamp { observed, trace };
        let blocked = |position, violation| self.refused(number, Some(position), violation);
        let Ok(record) = checker.check(draft, stamp, blocked) else {
            self.notices.fault(Fault::Event);
            return Verdict::Dropped(DropReason::InvalidEvent);
        };
        sink.accept(&record)
    }

    /// A value was refused for the attribute at `position`, or a field that is not an attribute of the contract. Counted
    /// here, logged when it may be.
    #[cold]
    pub(crate) fn refused(&self, contract: usize, position: Option<usize>, violation: Violation) {
        self.counters.blocked(violation);
        self.notices.refused(contract, position, violation);
    }

    /// An event that never got as far as a draft: without a known step, or lost to a panic.
    pub(crate) fn refused_event(&self, reason: DropReason) {
        self.renew();
        self.notices.fault(match reason {
            DropReason::Panic => Fault::Field,
            DropReason::Reentrant => Fault::Reentrant,
            DropReason::UnknownContract => Fault::Contract,
            _ => Fault::Event,
        });
        self.counters.without_step(reason);
    }

    /// Something went wrong that concerns neither an event nor a value.
    pub(crate) fn fault(&self, fault: Fault) {
        self.notices.fault(fault);
    }

    /// A pseudonym that cannot be made, before there is an event to count it with.
    pub(crate) fn count_omitted(&self, key: &str, violation: Violation) {
        if self.sink.is_some() {
            self.refused(0, self.checker.contract().position(key), violation);
            self.say();
        }
    }

    /// Logs what has not been logged, if this is a place for it.
    pub(crate) fn say(&self) {
        if self.notices.has_unreported() {
            self.notices.say();
        }
    }

    /// Counters are a process's own: a forked child starts from zero, as its delivery does.
    #[inline]
    fn renew(&self) {
        if self.forks.load(Ordering::Acquire) != forks() {
            self.begin_anew();
        }
    }

    #[cold]
    fn begin_anew(&self) {
        let _alone = self.renewal.lock().unwrap_or_else(PoisonError::into_inner);
        let now = forks();
        if self.forks.load(Ordering::Relaxed) == now {
            return;
        }
        if self.restarts_in_child {
            self.counters.reset();
            self.others.iter().for_each(OtherContract::reset);
            if let Ok(mut settled) = self.settled.try_lock() {
                *settled = Settled::default();
            }
        }
        self.forks.store(now, Ordering::Release);
    }

    /// From here on its sink is let go on a thread of its own, whoever drops the last handle.
    pub(crate) fn retire(&self) {
        crate::retire::prepare();
        self.retired.store(true, Ordering::Release);
    }
}

/// What is not ours. Each part may panic when it is dropped, and two panics at once would end the process.
struct Foreign {
    sink: Option<Arc<dyn Sink>>,
    clock: Option<Clock>,
}

impl Drop for Foreign {
    fn drop(&mut self) {
        let (sink, clock) = (self.sink.take(), self.clock.take());
        let _ = caught(|| drop(sink));
        let _ = caught(|| drop(clock));
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let foreign = Foreign { sink: self.sink.take(), clock: self.clock.take() };
        if *self.retired.get_mut() {
            crate::retire::let_go(Box::new(foreign));
        } else {
            drop(foreign);
        }
    }
}

#[cfg(feature = "otlp")]
#[inline]
fn forks() -> u64 {
    otlp_journal::forks()
}

#[cfg(not(feature = "otlp"))]
fn forks() -> u64 {
    0
}
