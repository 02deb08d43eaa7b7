//! What all clones of a delivery share.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::advisory::{Advisories, Advisory};
use crate::builder::{Builder, Class, Durability};
use crate::delivery::Entry;
use crate::entry::SCOPE_LEN;
use crate::error::{ConfigError, Refused};
use crate::raw::fork;
use crate::raw::segment::Segment;
use crate::raw::store::Store;
use crate::ring::{Ring, flags, scoped};
use crate::secret::Secret;
use crate::signal::Signal;
use crate::stats::Counters;
use crate::{DropReason, Report, Stats};

/// No more records are taken.
const CLOSED: u32 = 1;
/// The sender sleeps without a time limit and wants to be woken by the next record.
pub(crate) const ASLEEP: u32 = 2;

#[derive(Debug)]
pub(crate) struct Core {
    generation: u64,
    builder: Builder,
    pub(crate) ring: Ring,
    pub(crate) counters: Counters,
    advisories: Arc<Advisories>,
    pub(crate) bell: Arc<Signal>,
    room: Signal,
    flags: AtomicU32,
    durable: [bool; 2],
    max_record: usize,
    /// The delivery of a forked child.
    child: OnceLock<Arc<Core>>,
}

impl Core {
    pub(crate) fn start(builder: Builder) -> Result<Arc<Self>, ConfigError> {
        let generation = fork::watch();
        let advisories = Arc::new(Advisories::default());
        let size = segment_bytes(builder.max_bytes);
        let count = usize::try_from(builder.max_bytes / size as u64).unwrap_or(usize::MAX);
        let segments: Vec<Segment> =
            (0..count).map_while(|_| Some(Segment::free(Store::heap(size)?, 64, false))).collect();
        if segments.is_empty() {
            return Err(ConfigError::Value {
                setting: "Builder::max_bytes".to_owned(),
                why: "is more memory than the system gives".to_owned(),
            });
        }
        let kept = count - (count * usize::from(builder.bulk_percent)).div_ceil(100);
        let lanes = std::thread::available_parallelism().map_or(2, usize::from).min(8).min(count / 8).max(1);
        let ring = Ring::new(segments, kept, lanes, builder.clock.now_unix_nanos());
        let fixed = builder.resource.len() + builder.scope.len() + 64;
        let max_record = ring.max_payload().min(builder.request_limit - fixed);
        Ok(Arc::new(Self {
            generation,
            ring,
            counters: Counters::default(),
            advisories,
            bell: Arc::default(),
            room: Signal::default(),
            flags: AtomicU32::new(0),
            durable: [Class::Bulk, Class::Value]
                .map(|c| builder.durability[c as usize] == Durability::Synced),
            max_record,
            child: OnceLock::new(),
            builder,
        }))
    }

    /// This delivery, or in a forked child the child's own.
    #[inline]
    pub(crate) fn present(self: &Arc<Self>) -> &Arc<Self> {
        if self.generation == fork::generation() { self } else { self.in_child() }
    }

    #[cold]
    fn in_child(self: &Arc<Self>) -> &Arc<Self> {
        if let Some(child) = self.child.get() {
            return child.present();
        }
        if let Ok(child) = Self::start(self.builder.clone()) {
            // Another thread of the child may have been faster; its delivery is then the one.
            let _ = self.child.set(child);
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
        let bits = self.flags.load(Ordering::Relaxed);
        if bits & CLOSED != 0 {
            return Err(self.refuse(Refused::Shutdown));
        }
        let whole = len.saturating_add(entry.scope.map_or(0, |s| s.len() + SCOPE_LEN));
        if whole > self.max_record {
            return Err(self.refuse(Refused::TooLarge));
        }
        let panicked = CountPanic(&self.counters);
        let mark = flags(entry.class, entry.scope.is_some());
        let placed = match entry.scope {
            None => self.ring.append(mark, entry.time, whole, encode),
            Some(scope) => self.ring.append(mark, entry.time, whole, |buf| scoped(scope, buf, encode)),
        };
        std::mem::forget(panicked);
        let Some(placed) = placed else { return Err(self.refuse(Refused::QueueFull)) };
        let durable =
            entry.durability.map_or(self.durable[entry.class as usize], |d| d == Durability::Synced);
        if durable && let Err(error) = placed.sync() {
            self.advisories.add(Advisory::MemoryOnly { reason: format!("syncing failed: {error}") });
        }
        if placed.sealed || bits & ASLEEP != 0 {
            self.wake();
        }
        Ok(())
    }

    #[cold]
    fn wake(&self) {
        self.flags.fetch_and(!ASLEEP, Ordering::Relaxed);
        self.bell.poke_one();
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
            self.room.wait(ticket, left);
        }
    }

    pub(crate) fn stats(&self) -> Stats {
        let stats = self.counters.sample(|| self.ring.accepted());
        if self.flags.load(Ordering::Relaxed) & CLOSED != 0 { stats.after_shutdown() } else { stats }
    }

    pub(crate) fn advisories(&self) -> Vec<Advisory> {
        self.advisories.list()
    }

    pub(crate) fn flush(&self, _timeout: Duration) -> Report {
        self.report(self.stats())
    }

    pub(crate) fn shutdown(&self, _timeout: Duration) -> Report {
        let before = self.stats();
        self.flags.fetch_or(CLOSED, Ordering::Relaxed);
        self.report(before)
    }

    fn report(&self, before: Stats) -> Report {
        let stats = self.stats();
        Report {
            complete: stats.pending == 0,
            delivered: stats.delivered - before.delivered,
            dropped: stats.dropped.total() - before.dropped.total(),
            pending: stats.pending,
            stats,
        }
    }

    pub(crate) fn set_header(&self, _name: &str, _value: Secret) -> bool {
        false
    }
}

/// Between 64 KiB and 1 MiB, so that there are about 64 segments and a whole one makes one request.
fn segment_bytes(max_bytes: u64) -> usize {
    let share = usize::try_from(max_bytes / 64).unwrap_or(usize::MAX);
    share.clamp(64 << 10, 1 << 20) & !0xfff
}

/// Counts a record whose encoding panics, while the panic passes through.
struct CountPanic<'a>(&'a Counters);

impl Drop for CountPanic<'_> {
    fn drop(&mut self) {
        self.0.refuse(DropReason::Panic);
    }
}
