//! What all clones of a delivery share: the ring that takes records, and the sender that empties it.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use super::entry::Entry;
use crate::sender::diag::Diag;
use crate::sender::headers::Headers;
use crate::sender::outbox::{Flags, Outbox};
use crate::sender::post::Poster;
use crate::sender::schedule::{Limits, Schedule};
use crate::sender::worker;
use crate::settings::advisory::{Advisories, DeliveryAdvisory};
use crate::settings::builder::Builder;
use crate::settings::choice::{Durability, Priority};
use crate::settings::error::{AppendError, DeliveryConfigError};
use crate::settings::secret::Secret;
use crate::settings::signal::Signal;
use crate::settings::stats::{Counters, DeliveryStats, LossReason};
use crate::settings::transport::{Transport, check_endpoint};
use crate::store::entry::SCOPE_LEN;
use crate::store::files::dead_letters::DeadLetters;
use crate::store::files::home::Home;
use crate::store::identity::Identity;
use crate::store::opening;
use crate::store::raw::consumer::Consumer;
use crate::store::raw::fork;
use crate::store::ring::{Ring, flags, scoped};

#[derive(Debug)]
pub(crate) struct Journal {
    generation: u64,
    builder: Builder,
    pub(super) outbox: Arc<Outbox>,
    durable: [bool; 2],
    max_record: usize,
    /// The delivery of a forked child.
    child: OnceLock<Arc<Self>>,
}

impl Journal {
    pub(crate) fn start(builder: Builder) -> Result<Arc<Self>, DeliveryConfigError> {
        let generation = fork::watch();
        check_endpoint(&builder.endpoint).map_err(|why| DeliveryConfigError::Endpoint {
            setting: builder.endpoint_setting.clone(),
            why,
        })?;
        let headers = Headers::new(&builder.headers)?;
        let transport = transport(&builder)?;
        let advisories = Arc::new(Advisories::default());
        let seed = builder.clock.now_unix_nanos() ^ u64::from(std::process::id()) << 32;

        let identity =
            Arc::new(Identity { resource: builder.resource.clone(), scope: builder.scope.clone() });
        let consumer = Consumer::new();
        let (home, segments) = opening::open(&builder, &consumer, &identity, seed, &advisories)?;
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
        let max_record = ring.max_payload().min(builder.request_limit - identity.framed());
        let dead = DeadLetters::new(&builder, home.as_ref().map(Home::directory), Arc::clone(&advisories));
        let outbox = Arc::new(Outbox {
            clock: builder.clock.clone(),
            ring,
            counters: Counters::default(),
            poster: Poster::new(builder.endpoint.clone(), headers, transport, builder.chosen_compression()),
            dead,
            diag: Diag::default(),
            home,
            advisories,
            request: builder.request_limit,
            threads: builder.in_flight,
            worked: AtomicBool::new(false),
            bell: Arc::default(),
            settled: Signal::default(),
            room: Signal::default(),
            flags: Flags::default(),
            schedule: Mutex::new(Schedule::new(limits, consumer, identity, seed)),
            handles: Mutex::default(),
        });
        outbox.clock.wake(&outbox.bell);
        worker::ensure(&outbox);
        let durable = [Priority::Bulk, Priority::Critical]
            .map(|p| builder.durability[p as usize] == Durability::Synced);
        Ok(Arc::new(Self { generation, outbox, durable, max_record, child: OnceLock::new(), builder }))
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
    fn take(&self, entry: Entry<'_>, len: usize, encode: impl FnOnce(&mut [u8])) -> Result<(), AppendError> {
        let outbox = &*self.outbox;
        if outbox.flags.is_closed() {
            return Err(self.refuse(AppendError::Shutdown));
        }
        let whole = len.saturating_add(entry.scope.map_or(0, |s| s.len() + SCOPE_LEN));
        if whole > self.max_record {
            return Err(self.refuse(AppendError::TooLarge));
        }
        let mut panics = CountPanic { counters: &outbox.counters, armed: true };
        let mark = flags(entry.priority == Priority::Critical, entry.scope.is_some());
        let placed = match entry.scope {
            None => outbox.ring.append(mark, entry.time, whole, encode),
            Some(scope) => outbox.ring.append(mark, entry.time, whole, |buf| scoped(scope, buf, encode)),
        };
        panics.armed = false;
        let Some(placed) = placed else { return Err(self.refuse(AppendError::QueueFull)) };
        let durable =
            entry.durability.map_or(self.durable[entry.priority as usize], |d| d == Durability::Synced);
        if durable && let Err(error) = placed.sync() {
            outbox.advisories.add(DeliveryAdvisory::NotSynced { reason: error.to_string() });
        }
        // Read after the reservation, so that either the sender saw the record or it is seen here to be asleep.
        if placed.sealed || outbox.flags.is_asleep() {
            outbox.wake();
        }
        Ok(())
    }

    #[cold]
    fn refuse(&self, refused: AppendError) -> AppendError {
        self.outbox.counters.refuse(refused.reason());
        refused
    }

    pub(crate) fn max_record(&self) -> usize {
        self.max_record
    }

    pub(crate) fn drop_timeout(&self) -> Duration {
        self.builder.drop_timeout
    }

    pub(crate) fn wait_for_room(&self, priority: Priority, len: usize, timeout: Duration) -> bool {
        let outbox = &*self.outbox;
        let until = Instant::now() + timeout;
        loop {
            let ticket = outbox.room.ticket();
            if outbox.flags.is_closed() || len > self.max_record {
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
            outbox.schedule().hurry(outbox.clock.now_unix_nanos());
            outbox.bell.notify_all();
        }
        known
    }
}

#[cfg(feature = "http")]
fn transport(builder: &Builder) -> Result<Arc<dyn Transport>, DeliveryConfigError> {
    match &builder.transport {
        Some(own) => Ok(Arc::clone(own)),
        None => Ok(Arc::new(crate::sender::http::Http::new(&builder.settings, builder.in_flight)?)),
    }
}

#[cfg(not(feature = "http"))]
fn transport(builder: &Builder) -> Result<Arc<dyn Transport>, DeliveryConfigError> {
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
