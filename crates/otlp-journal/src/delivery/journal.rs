//! What all clones of a delivery share: the ring that takes records, and the sender that empties it.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::entry::Entry;
use crate::sender::headers::Headers;
use crate::sender::monitor::Monitor;
use crate::sender::outbox::{Flags, Outbox};
use crate::sender::post::Poster;
use crate::sender::schedule::{Limits, Schedule};
use crate::sender::worker;
use crate::settings::advisory::{Advisories, DeliveryAdvisory};
use crate::settings::builder::Builder;
use crate::settings::choice::{Durability, Priority, Protocol};
use crate::settings::clock::deadline;
use crate::settings::endpoint::Endpoint;
use crate::settings::error::{AppendError, DeliveryConfigError};
use crate::settings::health::DeliveryHealth;
use crate::settings::secret::Secret;
use crate::settings::signal::Signal;
use crate::settings::stats::{Counters, DeliveryStats, LossReason};
use crate::settings::transport::Transport;
use crate::store::entry::{Head, SCOPE_LEN, SCOPED, State, framed};
use crate::store::files::abandoned::Terms;
use crate::store::files::dead_letters::DeadLetters;
use crate::store::files::home::Home;
use crate::store::identity::Identity;
use crate::store::opening;
use crate::store::raw::consumer::Consumer;
use crate::store::raw::fork;
use crate::store::raw::once::OnceSlot;
use crate::store::ring::{Ring, flags, scoped};

#[derive(Debug)]
pub(crate) struct Journal {
    generation: u64,
    builder: Builder,
    pub(super) outbox: Arc<Outbox>,
    durable: [bool; 2],
    bounds: Bounds,
    /// Monotonic time of the next attempt to get a thread, where there was none.
    thread_due: AtomicU64,
    /// The delivery of a forked child.
    child: OnceSlot<Arc<Self>>,
}

/// What a payload may measure.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    /// What a segment holds.
    segment: usize,
    /// What a request holds beside the identity.
    request: usize,
}

impl Bounds {
    #[inline]
    fn hold(self, len: usize, scoped: bool) -> bool {
        let flags = if scoped { SCOPED } else { 0 };
        // The length is looked at first: beyond the segment's it may not fit the head's 32 bits.
        len <= self.segment
            && framed(Head { len: len as u32, state: State::Committed, flags }) <= self.request
    }

    /// The largest payload without a scope of its own.
    fn largest(self) -> usize {
        let fits = |len: &usize| self.hold(*len, false);
        (0..=self.segment.min(self.request)).rev().take(16).find(fits).unwrap_or(0)
    }
}

/// How often an `append` looks for a thread where the system gave none.
const RETRY_THREAD: Duration = Duration::from_secs(1);

impl Journal {
    pub(crate) fn start(builder: Builder) -> Result<Arc<Self>, DeliveryConfigError> {
        let generation = fork::watch();
        let builder = builder.bounded();
        let endpoint = builder.check()?;
        let headers = Headers::new(&builder.headers)?;
        let transport = transport(&builder, &endpoint)?;
        let advisories = Arc::new(Advisories::default());
        builder.notes.iter().for_each(|note| advisories.add(note.clone()));
        if let (Some((setting, _)), Protocol::Grpc) = (&builder.settings.proxy, builder.protocol) {
            let reason =
                format!("{setting}: a proxy is not used for gRPC; use http/protobuf to go through one");
            advisories.add(DeliveryAdvisory::Ignored { reason });
        }
        if endpoint.is_doubled() {
            let setting = &builder.endpoint_setting;
            let reason = format!("{setting}: its path has /v1/logs twice; give the base without it");
            advisories.add(DeliveryAdvisory::Ignored { reason });
        }
        let now = builder.clock.now();
        let seed = unique(now.wall) ^ u64::from(std::process::id()) << 32;

        let identity = Arc::new(Identity::new(builder.resource.clone(), builder.scope.clone()));
        let consumer = Consumer::new();
        let (home, segments) = opening::open(&builder, &endpoint, &consumer, &identity, seed, &advisories)?;
        let count = segments.len();
        let kept = count - (count * usize::from(builder.bulk_percent)).div_ceil(100);
        let lanes = thread::available_parallelism().map_or(2, usize::from).min(8).min(count / 8).max(1);
        let ring = Ring::new(segments, kept, lanes, seed);
        ring.prefault(lanes + 2);

        let limits = Limits {
            request: builder.request_limit,
            linger: builder.linger,
            max_age: builder.max_age,
            backoff: builder.backoff,
            hold: builder.hold,
            adopt: home.as_ref().map(|_| builder.adopt_every),
        };
        let bounds =
            Bounds { segment: ring.max_payload(), request: builder.request_limit - identity.framed() };
        let dead = DeadLetters::new(&builder, home.as_ref().map(Home::directory), Arc::clone(&advisories));
        let (compression, note) = builder.chosen_compression();
        note.into_iter().for_each(|note| advisories.add(note));
        let outbox = Arc::new(Outbox {
            clock: builder.clock.clone(),
            ring,
            counters: Counters::default(),
            monitor: Monitor::new(endpoint.destination.clone(), now),
            poster: Poster::new(endpoint, headers, transport, compression, builder.protocol),
            dead,
            home,
            advisories,
            terms: Terms {
                owner: builder.owner.clone(),
                judge: builder.judge.clone(),
                request: builder.request_limit,
                open: Arc::new(AtomicUsize::new(0)),
            },
            threads: builder.in_flight,
            worked: AtomicBool::new(false),
            bell: Signal::default(),
            settled: Signal::default(),
            room: Signal::default(),
            flags: Flags::default(),
            schedule: Mutex::new(Schedule::new(limits, consumer, identity, seed)),
            handles: Mutex::default(),
        });
        worker::ensure(&outbox);
        let durable = [Priority::Bulk, Priority::Critical]
            .map(|p| builder.durability[p as usize] == Durability::Synced);
        let (thread_due, child) = (AtomicU64::new(0), OnceSlot::new());
        Ok(Arc::new(Self { generation, outbox, durable, bounds, thread_due, child, builder }))
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
        if self.child.get().is_none() {
            let mut builder = self.builder.clone();
            // A key that was replaced in the parent is the child's too.
            if let Some(headers) = self.outbox.poster.headers.try_snapshot() {
                builder.replace_headers(headers);
            }
            let child = Self::start(builder).or_else(|_| Self::start(self.builder.unsent()));
            // Another thread of the child may have been faster; its delivery is then the one.
            if let Ok(child) = child
                && let Err(second) = self.child.set(child)
            {
                second.outbox.end();
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
    ) -> Result<(), AppendError> {
        self.present().take(entry, len, encode)
    }

    #[inline]
    fn take(
        self: &Arc<Self>,
        entry: Entry<'_>,
        len: usize,
        encode: impl FnOnce(&mut [u8]),
    ) -> Result<(), AppendError> {
        let outbox = &*self.outbox;
        if outbox.flags.is_closed() {
            return Err(self.refuse(AppendError::Shutdown));
        }
        let whole = len.saturating_add(entry.scope.map_or(0, |s| s.len() + SCOPE_LEN));
        if !self.bounds.hold(whole, entry.scope.is_some()) {
            return Err(self.refuse(AppendError::TooLarge));
        }
        let mut panics = CountPanic { counters: &outbox.counters, armed: true };
        let mark = flags(entry.priority == Priority::Critical, entry.scope.is_some());
        let placed = match entry.scope {
            None => outbox.ring.append(mark, entry.time, whole, encode),
            Some(scope) => outbox.ring.append(mark, entry.time, whole, |buf| scoped(scope, buf, encode)),
        };
        panics.armed = false;
        let Some(placed) = placed else { return Err(self.refuse_without_room()) };
        let durable =
            entry.durability.map_or(self.durable[entry.priority as usize], |d| d == Durability::Synced);
        if durable && let Err(error) = placed.sync() {
            outbox.advisories.add(DeliveryAdvisory::NotSynced { reason: error.to_string() });
        }
        // Read after the reservation, so that either the sender saw the record or it is seen here to be asleep.
        if placed.sealed || outbox.flags.is_asleep() || outbox.flags.is_closed() {
            return self.after_append();
        }
        Ok(())
    }

    #[cold]
    fn after_append(self: &Arc<Self>) -> Result<(), AppendError> {
        let outbox = &self.outbox;
        // It was taken in while the end came. In memory nobody will send it, and the end has counted it.
        if outbox.is_over() {
            return Err(AppendError::Shutdown);
        }
        outbox.wake();
        self.retry_thread();
        Ok(())
    }

    /// Starts a thread where the system had none to give, at most once in `RETRY_THREAD`.
    fn retry_thread(&self) {
        let outbox = &self.outbox;
        let now = outbox.clock.now();
        let due = self.thread_due.load(Ordering::Relaxed);
        let later = now.after(RETRY_THREAD);
        if now.monotonic >= due
            && self.thread_due.compare_exchange(due, later, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        {
            worker::ensure(outbox);
        }
    }

    #[cold]
    fn refuse_without_room(&self) -> AppendError {
        let closed = self.outbox.flags.is_closed();
        // A journal that filled up without a thread would stay full.
        if !closed && self.outbox.flags.is_asleep() {
            self.retry_thread();
        }
        self.refuse(if closed { AppendError::Shutdown } else { AppendError::QueueFull })
    }

    #[cold]
    fn refuse(&self, refused: AppendError) -> AppendError {
        self.outbox.counters.refuse(refused.reason());
        refused
    }

    pub(crate) fn destination(&self) -> &str {
        self.outbox.monitor.destination()
    }

    pub(crate) fn max_record(&self) -> usize {
        self.bounds.largest()
    }

    pub(crate) fn drop_timeout(&self) -> Duration {
        self.builder.drop_timeout
    }

    pub(crate) fn wait_for_room(&self, priority: Priority, len: usize, timeout: Duration) -> bool {
        let outbox = &*self.outbox;
        let until = deadline(timeout);
        loop {
            let ticket = outbox.room.ticket();
            if outbox.flags.is_closed() || !self.bounds.hold(len, false) {
                return false;
            }
            if outbox.ring.has_room(flags(priority == Priority::Critical, false), len) {
                return true;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            outbox.bell.notify_one();
            if outbox.flags.is_asleep() {
                self.retry_thread();
            }
            outbox.room.wait(ticket, left);
        }
    }

    pub(crate) fn stats(&self) -> DeliveryStats {
        let outbox = &*self.outbox;
        let stats = outbox.counters.sample(|| outbox.ring.accepted());
        if outbox.is_over() { stats.after_shutdown() } else { stats }
    }

    pub(crate) fn advisories(&self) -> Vec<DeliveryAdvisory> {
        self.outbox.advisories.list()
    }

    pub(crate) fn set_header(&self, name: &str, value: Secret) -> bool {
        let outbox = &*self.outbox;
        let known = outbox.poster.headers.set(name, value);
        if known {
            outbox.schedule().hurry(outbox.clock.now());
            outbox.bell.notify_all();
        }
        known
    }
}

impl Journal {
    pub(crate) fn health(&self) -> DeliveryHealth {
        let outbox = &*self.outbox;
        let oldest_pending = outbox.schedule().oldest_pending(outbox.clock.now());
        let seen = outbox.monitor.look();
        DeliveryHealth {
            state: seen.state,
            since: seen.since,
            last_answer: seen.last_answer,
            last_delivered: seen.last_delivered,
            oldest_pending,
            pending: self.stats().pending,
            destination: outbox.monitor.destination().to_owned(),
            durable: outbox.home.is_some(),
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        if self.generation != fork::generation() {
            // The parent's threads are not in this process: there is nothing to detach.
            let mut handles = self.outbox.handles.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = std::mem::ManuallyDrop::new(std::mem::take(&mut *handles));
        }
    }
}

/// Two deliveries that begin in the same moment, or on a clock that stands still, have sets of different names.
fn unique(now: u64) -> u64 {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    now ^ COUNT.fetch_add(1, Ordering::Relaxed).reverse_bits()
}

#[cfg(feature = "http")]
fn transport(builder: &Builder, endpoint: &Endpoint) -> Result<Arc<dyn Transport>, DeliveryConfigError> {
    match (&builder.transport, builder.protocol) {
        (Some(own), _) => Ok(Arc::clone(own)),
        (None, Protocol::HttpProtobuf) => {
            crate::sender::http::client(&builder.settings, endpoint, builder.in_flight)
        }
        (None, Protocol::Grpc) => grpc(builder, endpoint),
    }
}

#[cfg(feature = "grpc")]
fn grpc(builder: &Builder, endpoint: &Endpoint) -> Result<Arc<dyn Transport>, DeliveryConfigError> {
    crate::sender::grpc::client(&builder.settings, endpoint)
}

#[cfg(all(feature = "http", not(feature = "grpc")))]
fn grpc(builder: &Builder, _endpoint: &Endpoint) -> Result<Arc<dyn Transport>, DeliveryConfigError> {
    Err(DeliveryConfigError::Feature { setting: builder.protocol_setting.clone(), feature: "grpc" })
}

#[cfg(not(feature = "http"))]
fn transport(builder: &Builder, _endpoint: &Endpoint) -> Result<Arc<dyn Transport>, DeliveryConfigError> {
    builder.transport.clone().ok_or_else(|| DeliveryConfigError::Feature {
        setting: "Builder::transport".to_owned(),
        feature: "http",
    })
}

/// Counts a record whose encoding panics, while the panic passes through.
struct CountPanic<'a> {
    counters: &'a Counters,
    armed: bool,
}

impl Drop for CountPanic<'_> {
    fn drop(&mut self) {
        if self.armed {
            self.counters.refuse(LossReason::Panic);
        }
    }
}
