//! Waiting for what was recorded, and the end.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::{CLOSED, Core, OVER};
use crate::{Report, Stats};

impl Core {
    pub(crate) fn flush(self: &Arc<Self>, timeout: Duration) -> Report {
        let before = self.stats();
        let complete = self.flush_until(Instant::now() + timeout);
        self.report(before, complete)
    }

    fn flush_until(self: &Arc<Self>, deadline: Instant) -> bool {
        self.ensure_thread();
        let id = self.schedule().begin_flush(self.clock.now_unix_nanos(), &self.ring);
        self.bell.poke_all();
        let complete = loop {
            let ticket = self.settled.ticket();
            let now = self.clock.now_unix_nanos();
            let left = deadline.saturating_duration_since(Instant::now());
            let (done, stuck) = {
                let schedule = self.schedule();
                (schedule.flushes.is_done(id), schedule.stuck_until(now))
            };
            // Nothing is under way and nothing will be before the deadline: waiting would change nothing.
            let hopeless =
                stuck.is_some_and(|at| self.clock.real(Duration::from_nanos(at.saturating_sub(now))) > left);
            if done || hopeless || left.is_zero() {
                break done;
            }
            self.settled.wait(ticket, left);
        };
        self.schedule().flushes.forget(id);
        complete
    }

    pub(crate) fn shutdown(self: &Arc<Self>, timeout: Duration) -> Report {
        let before = self.stats();
        let deadline = Instant::now() + timeout;
        let first = self.flags.fetch_or(CLOSED, Ordering::SeqCst) & CLOSED == 0;
        let over = self.flags.load(Ordering::Acquire) & OVER != 0;
        let complete = if over { before.pending == 0 } else { self.flush_until(deadline) };
        if first {
            self.end();
            self.await_threads(deadline);
            let pending = self.stats().pending;
            {
                // Under the lock that answers are taken in under, so that each is counted on one side of the end.
                let _answers = self.schedule();
                self.flags.fetch_or(OVER, Ordering::AcqRel);
            }
            if let (Some(home), 0) = (&self.home, pending) {
                home.remove();
            }
        }
        self.report(before, complete)
    }

    /// Tells the threads to go.
    pub(super) fn end(&self) {
        self.schedule().ended = true;
        self.bell.poke_all();
        self.room.poke_all();
    }

    fn await_threads(&self, deadline: Instant) {
        loop {
            let ticket = self.settled.ticket();
            let left = deadline.saturating_duration_since(Instant::now());
            if self.schedule().threads == 0 {
                break;
            }
            if left.is_zero() {
                return;
            }
            self.settled.wait(ticket, left);
        }
        // They have nothing left to do but to return; after that nobody else holds the directory's lock.
        let handles = std::mem::take(&mut *self.handles.lock().unwrap_or_else(PoisonError::into_inner));
        for handle in handles.into_iter().filter(|h| h.thread().id() != thread::current().id()) {
            let _ = handle.join();
        }
    }

    fn report(&self, before: Stats, complete: bool) -> Report {
        let stats = self.stats();
        Report {
            complete,
            delivered: stats.delivered.saturating_sub(before.delivered),
            dropped: stats.dropped.total().saturating_sub(before.dropped.total()),
            pending: stats.pending,
            stats,
        }
    }
}
