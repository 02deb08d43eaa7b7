//! What all clones of a delivery share.

mod ending;

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::advisory::{Advisories, Advisory};
use crate::builder::{Builder, Class, Durability};
use crate::clock::Clock;
use crate::delivery::Entry;
use crate::diag::Diag;
use crate::entry::SCOPE_LEN;
use crate::error::{ConfigError, Refused};
use crate::files::dead::DeadLetters;
use crate::files::home::Home;
use crate::headers::Headers;
use crate::raw::fork;
use crate::ring::{Ring, flags, scoped};
use crate::secret::Secret;
use crate::sender::batch::Identity;
use crate::sender::post::Poster;
use crate::sender::schedule::{Limits, Schedule};
use crate::sender::worker;
use crate::signal::Signal;
use crate::stats::Counters;
use crate::transport::{Transport, check_endpoint};
use crate::{DropReason, Stats};

/// No more records are taken.
const CLOSED: u32 = 1;
/// The sender sleeps without a time limit and wants to be woken by the next record.
const ASLEEP: u32 = 2;
/// It is over: without a directory, what is pending is lost.
const OVER: u32 = 4;

#[derive(Debug)]
pub(crate) struct Core {
    generation: u64,
    builder: Builder,
    pub(crate) clock: Clock,
    pub(crate) ring: Ring,
    pub(crate) counters: Counters,
    pub(crate) advisories: Arc<Advisories>,
    pub(crate) poster: Poster,
    pub(crate) dead: DeadLetters,
    pub(crate) diag: Diag,
    /// The directory, if it can be used.
    pub(crate) home: Option<Home>,
    schedule: Mutex<Schedule>,
    handles: Mutex<Vec<JoinHandle<()>>>,
    /// Most sender threads.
    pub(crate) threads: usize,
    /// Some request was answered with a success.
    pub(crate) worked: AtomicBool,
    /// Rung for the sender, for who waits for settled records, and for who waits for room.
    pub(crate) bell: Arc<Signal>,
    pub(crate) settled: Signal,
    pub(crate) room: Signal,
    flags: AtomicU32,
    durable: [bool; 2],
    max_record: usize,
    /// The delivery of a forked child.
    child: OnceLock<Arc<Self>>,
}

impl Core {
    pub(crate) fn start(builder: Builder) -> Result<Arc<Self>, ConfigError> {
        let generation = fork::watch();
        check_endpoint(&builder.endpoint)
            .map_err(|why| ConfigError::Endpoint { setting: builder.endpoint_setting.clone(), why })?;
        let headers = Headers::new(&builder.headers)?;
        let transport = transport(&builder)?;
        let advisories = Arc::new(Advisories::default());
        let now = builder.clock.now_unix_nanos();
        let seed = now ^ u64::from(std::process::id()) << 32;

        let identity =
            Arc::new(Identity { resource: builder.resource.clone(), scope: builder.scope.clone() });
        let plan = crate::files::plan(&builder);
        let (home, segments) = crate::files::open(&builder, plan, &identity, seed, &advisories)?;
        let count = segments.len();
        let kept = count - (count * usize::from(builder.bulk_percent)).div_ceil(100);
        let lanes = thread::available_parallelism().map_or(2, usize::from).min(8).min(count / 8).max(1);
        let ring = Ring::new(segments, kept, lanes, seed);
        ring.prefault(lanes + 2);

        let fixed = builder.resource.len() + builder.scope.len() + 64;
        let limits = Limits {
            request: builder.request_limit,
            linger: builder.linger,
            max_age: builder.max_age,
            backoff: builder.backoff,
            hold: builder.hold,
            adopt: home.as_ref().map(|_| builder.adopt_every),
        };
        let core = Arc::new(Self {
            generation,
            clock: builder.clock.clone(),
            max_record: ring.max_payload().min(builder.request_limit - fixed),
            ring,
            counters: Counters::default(),
            poster: Poster::new(builder.endpoint.clone(), headers, transport, builder.chosen_compression()),
            dead: DeadLetters::new(&builder, home.as_ref(), Arc::clone(&advisories)),
            diag: Diag::default(),
            home,
            advisories,
            handles: Mutex::default(),
            schedule: Mutex::new(Schedule::new(limits, identity, seed)),
            threads: builder.in_flight,
            worked: AtomicBool::new(false),
            bell: Arc::default(),
            settled: Signal::default(),
            room: Signal::default(),
            flags: AtomicU32::new(0),
            durable: [Class::Bulk, Class::Value]
                .map(|c| builder.durability[c as usize] == Durability::Synced),
            child: OnceLock::new(),
            builder,
        });
        core.clock.wake(&core.bell);
        core.ensure_thread();
        Ok(core)
    }

    pub(crate) fn schedule(&self) -> MutexGuard<'_, Schedule> {
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ensure_thread(self: &Arc<Self>) {
        let first = {
            let mut schedule = self.schedule();
            let first = schedule.threads == 0 && !schedule.ended;
            schedule.threads += usize::from(first);
            first
        };
        if first {
            worker::spawn(self);
        }
    }

    /// This delivery, or in a forked child the child's own.
    #[inline]
    pub(crate) fn present(self: &Arc<Self>) -> &Arc<Self> {
        if self.generation == fork::generation() { self } else { self.in_child() }
    }

    /// As `present`, if it was ever asked for in this process.
    pub(crate) fn existing(self: &Arc<Self>) -> Option<&Arc<Self>> {
        if self.generation == fork::generation() { Some(self) } else { self.child.get()?.existing() }
    }

    #[cold]
    fn in_child(self: &Arc<Self>) -> &Arc<Self> {
        if self.child.get().is_none()
            && let Ok(child) =
                Self::start(self.builder.clone()).or_else(|_| Self::start(self.builder.unsent()))
        {
            // Another thread of the child may have been faster; its delivery is then the one.
            if let Err(second) = self.child.set(child) {
                second.end();
            }
        }
        self.child.get().map_or(self, |child| child.present())
    }

    #[inline]
    pub(crate) fn append(
        self: &Arc<Self>,
        entry: Entry<'_>,
        len: usize,
        encode: impl FnOnce(&mut [u8]),
    ) -> Result<(), Refused> {
        self.present().take(entry, len, encode)
    }

    #[inline]
    fn take(&self, entry: Entry<'_>, len: usize, encode: impl FnOnce(&mut [u8])) -> Result<(), Refused> {
        if self.flags.load(Ordering::Relaxed) & CLOSED != 0 {
            return Err(self.refuse(Refused::Shutdown));
        }
        let whole = len.saturating_add(entry.scope.map_or(0, |s| s.len() + SCOPE_LEN));
        if whole > self.max_record {
            return Err(self.refuse(Refused::TooLarge));
        }
        let mut panics = CountPanic { counters: &self.counters, armed: true };
        let mark = flags(entry.class, entry.scope.is_some());
        let placed = match entry.scope {
            None => self.ring.append(mark, entry.time, whole, encode),
            Some(scope) => self.ring.append(mark, entry.time, whole, |buf| scoped(scope, buf, encode)),
        };
        panics.armed = false;
        let Some(placed) = placed else { return Err(self.refuse(Refused::QueueFull)) };
        let durable =
            entry.durability.map_or(self.durable[entry.class as usize], |d| d == Durability::Synced);
        if durable && let Err(error) = placed.sync() {
            self.advisories.add(Advisory::NotSynced { reason: error.to_string() });
        }
        // Read after the reservation, so that either the sender saw the record or it is seen here to be asleep.
        if placed.sealed || self.flags.load(Ordering::Relaxed) & ASLEEP != 0 {
            self.wake();
        }
        Ok(())
    }

    #[cold]
    fn wake(&self) {
        self.flags.fetch_and(!ASLEEP, Ordering::Relaxed);
        self.bell.poke_one();
    }

    /// The sender is about to sleep until it is woken. True if there is something to do after all.
    pub(crate) fn fall_asleep(&self) -> bool {
        if self.flags.fetch_or(ASLEEP, Ordering::SeqCst) & ASLEEP != 0 {
            return false;
        }
        let awake = self.ring.segments().iter().any(|s| s.has_more());
        if awake {
            self.flags.fetch_and(!ASLEEP, Ordering::Relaxed);
        }
        awake
    }

    #[cold]
    fn refuse(&self, refused: Refused) -> Refused {
        self.counters.refuse(refused.reason());
        refused
    }

    pub(crate) fn max_record(&self) -> usize {
        self.max_record
    }

    pub(crate) fn drop_timeout(&self) -> Duration {
        self.builder.drop_timeout
    }

    pub(crate) fn wait_for_room(&self, class: Class, len: usize, timeout: Duration) -> bool {
        let until = Instant::now() + timeout;
        loop {
            let ticket = self.room.ticket();
            if self.flags.load(Ordering::Relaxed) & CLOSED != 0 || len > self.max_record {
                return false;
            }
            if self.ring.has_room(flags(class, false), len) {
                return true;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            self.bell.poke_one();
            self.room.wait(ticket, left);
        }
    }

    pub(crate) fn stats(&self) -> Stats {
        let stats = self.counters.sample(|| self.ring.accepted());
        let over = self.flags.load(Ordering::Acquire) & OVER != 0;
        if over && self.home.is_none() { stats.after_shutdown() } else { stats }
    }

    pub(crate) fn advisories(&self) -> Vec<Advisory> {
        self.advisories.list()
    }

    pub(crate) fn set_header(&self, name: &str, value: Secret) -> bool {
        let known = self.poster.headers.set(name, value);
        if known {
            self.schedule().hurry(self.clock.now_unix_nanos());
            self.bell.poke_all();
        }
        known
    }

    /// Remembers a sender thread until the end.
    pub(crate) fn keep(&self, handle: JoinHandle<()>) {
        let mut handles = self.handles.lock().unwrap_or_else(PoisonError::into_inner);
        handles.retain(|h| !h.is_finished());
        handles.push(handle);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.flags.load(Ordering::Relaxed) & CLOSED != 0
    }

    /// Bytes of records that one request can hold beside this identity.
    pub(crate) fn request_budget(&self, identity: &Identity) -> usize {
        self.builder.request_limit.saturating_sub(identity.resource.len() + identity.scope.len() + 64)
    }

    /// In memory, an answer that comes after the end finds its records counted as lost already.
    pub(crate) fn is_over(&self) -> bool {
        self.home.is_none() && self.flags.load(Ordering::Acquire) & OVER != 0
    }

    pub(crate) fn adopt(&self) {
        if let Some(home) = &self.home {
            home.adopt(self);
        }
        let now = self.clock.now_unix_nanos();
        self.schedule().adoption_done(now, &self.ring);
        self.settled.poke_all();
    }

    /// Takes in what a dead process left.
    pub(crate) fn take_over(&self, found: Vec<crate::files::recover::Adopted>) {
        let now = self.clock.now_unix_nanos();
        self.schedule().adopted(found, now);
        self.bell.poke_all();
    }
}

#[cfg(feature = "http")]
fn transport(builder: &Builder) -> Result<Arc<dyn Transport>, ConfigError> {
    match &builder.transport {
        Some(own) => Ok(Arc::clone(own)),
        None => Ok(Arc::new(crate::transport::http::Http::new(&builder.settings, builder.in_flight)?)),
    }
}

#[cfg(not(feature = "http"))]
fn transport(builder: &Builder) -> Result<Arc<dyn Transport>, ConfigError> {
    builder
        .transport
        .clone()
        .ok_or_else(|| ConfigError::Feature { setting: "Builder::transport".to_owned(), feature: "http" })
}

/// Counts a record whose encoding panics, while the panic passes through.
struct CountPanic<'a> {
    counters: &'a Counters,
    armed: bool,
}

impl Drop for CountPanic<'_> {
    fn drop(&mut self) {
        if self.armed {
            self.counters.refuse(DropReason::Panic);
        }
    }
}
