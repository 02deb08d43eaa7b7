//! State shared by the sender's threads and the calls that record, flush and shut down.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::monitor::Monitor;
use super::post::Poster;
use super::schedule::Schedule;
use crate::settings::advisory::Advisories;
use crate::settings::clock::Clock;
use crate::settings::signal::Signal;
use crate::settings::stats::Counters;
use crate::store::files::abandoned::Terms;
use crate::store::files::dead_letters::DeadLetters;
use crate::store::files::home::Home;
use crate::store::raw::guard;
use crate::store::raw::thread::Thread;
use crate::store::ring::Ring;

/// No more records are taken.
const CLOSED: u32 = 1;
/// The sender sleeps without a time limit and wants to be woken by the next record.
const ASLEEP: u32 = 2;
/// It is over: without a directory, what is pending is lost.
const OVER: u32 = 4;
/// The system gave no thread: who records has to look for one.
const UNATTENDED: u32 = 8;

#[derive(Debug)]
pub(crate) struct Outbox {
    pub(crate) clock: Clock,
    pub(crate) ring: Ring,
    pub(crate) counters: Counters,
    pub(crate) advisories: Arc<Advisories>,
    pub(crate) poster: Poster,
    pub(crate) dead: DeadLetters,
    pub(crate) monitor: Monitor,
    /// The directory, if it can be used.
    pub(crate) home: Option<Home>,
    /// On which terms sets of other processes are taken.
    pub(crate) terms: Terms,
    /// Most sender threads.
    pub(crate) threads: usize,
    /// Some request was answered with a success.
    pub(crate) worked: AtomicBool,
    /// Rung for the sender, for who waits for settled records, and for who waits for room.
    pub(crate) bell: Signal,
    pub(crate) settled: Signal,
    pub(crate) room: Signal,
    pub(crate) flags: Flags,
    pub(crate) schedule: Mutex<Schedule>,
    pub(crate) handles: Mutex<Vec<Thread>>,
}

/// How far the end has come, and whether the sender has to be woken.
#[derive(Debug, Default)]
pub(crate) struct Flags(AtomicU32);

impl Flags {
    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        self.0.load(Ordering::Relaxed) & CLOSED != 0
    }

    /// True for the first one.
    pub(crate) fn close(&self) -> bool {
        self.0.fetch_or(CLOSED, Ordering::SeqCst) & CLOSED == 0
    }

    /// True if the sender has to be woken, or a thread found for it.
    #[inline]
    pub(crate) fn is_asleep(&self) -> bool {
        self.0.load(Ordering::Relaxed) & (ASLEEP | UNATTENDED) != 0
    }

    pub(crate) fn is_over(&self) -> bool {
        self.0.load(Ordering::Acquire) & OVER != 0
    }

    pub(crate) fn set_over(&self) {
        self.0.fetch_or(OVER, Ordering::AcqRel);
    }

    /// Stays until there is a thread; being woken does not end it.
    pub(crate) fn set_unattended(&self) {
        self.0.fetch_or(UNATTENDED, Ordering::SeqCst);
    }

    pub(crate) fn set_attended(&self) {
        self.0.fetch_and(!UNATTENDED, Ordering::SeqCst);
    }

    /// False if it slept already.
    fn fall_asleep(&self) -> bool {
        self.0.fetch_or(ASLEEP, Ordering::SeqCst) & ASLEEP == 0
    }

    fn wake(&self) {
        self.0.fetch_and(!ASLEEP, Ordering::Relaxed);
    }
}

impl Outbox {
    pub(crate) fn schedule(&self) -> MutexGuard<'_, Schedule> {
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cold]
    pub(crate) fn wake(&self) {
        self.flags.wake();
        self.bell.notify_one();
    }

    /// The sender is about to sleep until it is woken. True if there is something to do after all.
    pub(crate) fn fall_asleep(&self) -> bool {
        if !self.flags.fall_asleep() {
            return false;
        }
        let awake = self.ring.segments().iter().any(|s| s.has_more());
        if awake {
            self.flags.wake();
        }
        awake
    }

    /// Pages of this process's own files were taken away.
    pub(crate) fn lost_pages(&self) -> bool {
        guard::hits() > 0 && self.ring.segments().iter().any(|s| s.lost_pages())
    }

    /// Remembers a sender thread until the end.
    pub(crate) fn keep(&self, handle: Thread) {
        let mut handles = self.handles.lock().unwrap_or_else(PoisonError::into_inner);
        handles.retain(|h| !h.is_finished());
        handles.push(handle);
    }

    /// In memory, an answer that comes after the end finds its records counted as lost already.
    pub(crate) fn is_over(&self) -> bool {
        self.home.is_none() && self.flags.is_over()
    }

    /// Tells the threads to go.
    pub(crate) fn end(&self) {
        self.schedule().ended = true;
        self.bell.notify_all();
        self.room.notify_all();
    }
}
