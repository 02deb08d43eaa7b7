//! Flush and shutdown.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::journal::Journal;
use crate::sender::worker;
use crate::settings::clock::deadline;
use crate::settings::stats::{DeliveryReport, DeliveryStats};
use crate::store::raw::thread::Thread;

impl Journal {
    pub(crate) fn flush(self: &Arc<Self>, timeout: Duration) -> DeliveryReport {
        let before = self.stats();
        let complete = self.flush_until(deadline(timeout));
        self.report(before, complete)
    }

    fn flush_until(self: &Arc<Self>, deadline: Instant) -> bool {
        let outbox = &*self.outbox;
        worker::ensure(&self.outbox);
        let id = outbox.schedule().begin_flush(outbox.clock.now(), &outbox.ring);
        outbox.bell.notify_all();
        let complete = loop {
            let ticket = outbox.settled.ticket();
            let now = outbox.clock.now().monotonic;
            let left = deadline.saturating_duration_since(Instant::now());
            let (done, stuck) = {
                let schedule = outbox.schedule();
                (schedule.flushes.is_done(id), schedule.stuck_until(now))
            };
            // Nothing is under way and nothing will be before the deadline: waiting would change nothing.
            let hopeless = stuck
                .is_some_and(|at| outbox.clock.real(Duration::from_nanos(at.saturating_sub(now))) > left);
            if done || hopeless || left.is_zero() {
                break done;
            }
            outbox.settled.wait(ticket, outbox.clock.until_look(left));
        };
        outbox.schedule().flushes.forget(id);
        outbox.advisories.say();
        complete
    }

    pub(crate) fn shutdown(self: &Arc<Self>, timeout: Duration) -> DeliveryReport {
        let before = self.stats();
        let deadline = deadline(timeout);
        let outbox = &*self.outbox;
        let first = outbox.flags.close();
        let complete = if outbox.flags.is_over() { before.pending == 0 } else { self.flush_until(deadline) };
        if first {
            outbox.end();
            self.await_threads(deadline);
            {
                // Under the lock that answers are taken in under, so that each is counted on one side of the end.
                let _answers = outbox.schedule();
                outbox.flags.set_over();
            }
            // From here on nobody finds room; who had some already has either finished or is seen here.
            let writing = outbox.ring.close();
            let pending = outbox.counters.sample(|| outbox.ring.accepted()).pending;
            if let (Some(home), 0, false) = (&outbox.home, pending, writing) {
                home.remove();
            }
            outbox.monitor.ended(outbox.clock.now(), pending, outbox.home.is_some());
        }
        self.report(before, complete)
    }

    fn await_threads(&self, deadline: Instant) {
        let outbox = &*self.outbox;
        loop {
            let ticket = outbox.settled.ticket();
            let left = deadline.saturating_duration_since(Instant::now());
            if outbox.schedule().threads == 0 {
                break;
            }
            if left.is_zero() {
                return;
            }
            outbox.settled.wait(ticket, left);
        }
        // They have nothing left to do but to return; after that nobody else holds the directory's lock.
        let handles = std::mem::take(&mut *outbox.handles.lock().unwrap_or_else(PoisonError::into_inner));
        handles.into_iter().for_each(Thread::join);
    }

    fn report(&self, before: DeliveryStats, complete: bool) -> DeliveryReport {
        let stats = self.stats();
        DeliveryReport {
            complete,
            delivered: stats.delivered.saturating_sub(before.delivered),
            dropped: stats.dropped.total().saturating_sub(before.dropped.total()),
            pending: stats.pending,
            stats,
        }
    }
}
