//! The ring of segments: chooses the segment for a write, and the next one when it is full.
//!
//! Threads are spread over lanes, a lane has one open segment, and the two priorities never share one as long as there
//! is a free segment. The lock is taken when a segment is full, never around an encoding.

use std::cell::Cell;
use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::entry::{CRITICAL, SCOPED, SEED_STEP, span};
use super::raw::consumer::Consumer;
use super::raw::segment::{Segment, Slot};

const NONE: usize = usize::MAX;

/// The open segment of some threads.
#[derive(Debug)]
#[repr(align(128))]
struct Lane {
    current: AtomicUsize,
}

#[derive(Debug, Default)]
struct Pool {
    /// No segment is opened any more.
    closed: bool,
    free: VecDeque<usize>,
    /// Opened, not yet seen by the sender; with whether for critical records.
    opened: Vec<(usize, bool)>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Ring {
    segments: Box<[Arc<Segment>]>,
    lanes: [Box<[Lane]>; 2],
    pool: Mutex<Pool>,
    /// Free segments that only [`CRITICAL`] may open.
    kept: usize,
    seed: AtomicU64,
    /// Some thread found no room since the flag was last taken.
    pressed: AtomicBool,
}

/// A segment that has come into use.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) segment: Arc<Segment>,
    pub(crate) critical: bool,
}

/// Where a committed entry lies.
#[derive(Debug)]
pub(crate) struct Placed<'a> {
    pub(crate) segment: &'a Segment,
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// A segment was filled up, so there is a whole one to send.
    pub(crate) sealed: bool,
}

thread_local! {
    static LANE: Cell<usize> = const { Cell::new(NONE) };
}

/// Spreads threads evenly: a number of its own for each, given at its first record.
#[inline]
fn thread_number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    // During the destruction of a thread's locals any lane will do.
    LANE.try_with(|lane| {
        if lane.get() == NONE {
            lane.set(NEXT.fetch_add(1, Ordering::Relaxed) & (NONE >> 1));
        }
        lane.get()
    })
    .unwrap_or(0)
}

impl Ring {
    /// `kept` segments are for critical records alone; `lanes` are open at once for each priority.
    pub(crate) fn new(segments: Vec<Segment>, kept: usize, lanes: usize, seed: u64) -> Self {
        let count = segments.len();
        let lane = || Lane { current: AtomicUsize::new(NONE) };
        let some = |n: usize| (0..n.next_power_of_two()).map(|_| lane()).collect::<Box<[_]>>();
        Self {
            segments: segments.into_iter().map(Arc::new).collect(),
            lanes: [some(lanes), some(lanes.min(2))],
            pool: Mutex::new(Pool { closed: false, free: (0..count).collect(), opened: Vec::new() }),
            kept: kept.min(count.saturating_sub(1)),
            seed: AtomicU64::new(seed | 1),
            pressed: AtomicBool::new(false),
        }
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        // Nothing under this lock can be left half done.
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes room, lets `encode` fill it, publishes it. `None` when there is no room for this priority.
    #[inline]
    pub(crate) fn append(
        &self,
        flags: u8,
        time: u64,
        len: usize,
        encode: impl FnOnce(&mut [u8]),
    ) -> Option<Placed<'_>> {
        let lanes = &self.lanes[usize::from(flags & CRITICAL)];
        // The number of lanes is a power of two.
        let lane = &lanes[thread_number() & (lanes.len() - 1)];
        let mut sealed = false;
        loop {
            let index = lane.current.load(Ordering::Acquire);
            if let Some(segment) = self.segments.get(index) {
                match segment.reserve(len, flags) {
                    Ok(slot) => return Some(fill(segment, slot, time, encode, sealed)),
                    Err(full) => sealed |= full.sealed,
                }
            }
            if !self.roll(lane, index, flags) {
                break;
            }
        }
        let (segment, slot) = self.elsewhere(flags, len)?;
        Some(fill(segment, slot, time, encode, sealed))
    }

    /// Gives the lane a fresh segment; false when there is none for this priority.
    #[cold]
    fn roll(&self, lane: &Lane, seen: usize, flags: u8) -> bool {
        let mut pool = self.pool();
        if lane.current.load(Ordering::Acquire) != seen {
            return true;
        }
        if pool.closed || (flags & CRITICAL == 0 && pool.free.len() <= self.kept) {
            return false;
        }
        let Some(next) = pool.free.pop_front() else { return false };
        // The old one may have been emptied and opened again meanwhile; nobody would write to it once it is no
        // lane's, so it must not stay open.
        if let Some(old) = self.segments.get(seen) {
            old.seal();
        }
        let seed = self.seed.fetch_add(SEED_STEP, Ordering::Relaxed) | 1;
        if let Some(segment) = self.segments.get(next) {
            segment.open(seed);
        }
        pool.opened.push((next, flags & CRITICAL != 0));
        lane.current.store(next, Ordering::Release);
        true
    }

    /// No segment to open: use what room is left in the open ones.
    #[cold]
    fn elsewhere(&self, flags: u8, len: usize) -> Option<(&Segment, Slot<'_>)> {
        self.pressed.store(true, Ordering::Relaxed);
        let own = &self.lanes[usize::from(flags & CRITICAL)];
        // What is kept for critical records stays so: the other priority does not look there.
        let others: &[Lane] = if flags & CRITICAL == 0 { &[] } else { &self.lanes[0] };
        for lane in own.iter().chain(others) {
            let Some(segment) = self.segments.get(lane.current.load(Ordering::Acquire)) else { continue };
            if let Ok(slot) = segment.reserve(len, flags) {
                return Some((segment, slot));
            }
        }
        None
    }

    /// Whether an `append` of this size would find room now.
    pub(crate) fn has_room(&self, flags: u8, len: usize) -> bool {
        let need = span(len) as u64;
        let free = self.pool().free.len();
        if free > if flags & CRITICAL == 0 { self.kept } else { 0 } {
            return true;
        }
        let others: &[Lane] = if flags & CRITICAL == 0 { &[] } else { &self.lanes[0] };
        self.lanes[usize::from(flags & CRITICAL)].iter().chain(others).any(|lane| {
            let index = lane.current.load(Ordering::Acquire);
            self.segments.get(index).is_some_and(|s| {
                !s.is_sealed() && s.written_end() + need <= (s.capacity() + s.data_start()) as u64
            })
        })
    }

    /// Takes no more records. True if some that found room before are not passed by the consumer.
    pub(crate) fn close(&self) -> bool {
        self.pool().closed = true;
        for segment in &self.segments {
            segment.seal();
        }
        self.segments.iter().any(|segment| segment.has_more())
    }

    /// Records taken in.
    pub(crate) fn accepted(&self) -> u64 {
        self.segments.iter().map(|segment| segment.accepted()).sum()
    }

    /// Hands segments opened since the last call to the sender, and says how many are still free.
    pub(crate) fn take_opened(&self, into: &mut Vec<Opened>) -> usize {
        let mut pool = self.pool();
        let opened = pool.opened.drain(..);
        into.extend(opened.filter_map(|(i, critical)| {
            self.segments.get(i).map(|segment| Opened { segment: Arc::clone(segment), critical })
        }));
        pool.free.len()
    }

    /// Empties a drained segment and makes it free again.
    pub(crate) fn recycle(&self, consumer: &mut Consumer, segment: &Arc<Segment>) -> bool {
        let Some(index) = self.segments.iter().position(|s| Arc::ptr_eq(s, segment)) else { return false };
        if !consumer.try_reset(segment) {
            return false;
        }
        // Used again last, so that a mapping's pages are written back once and not at each turn; but the pages of
        // the next one are warm.
        self.pool().free.push_front(index);
        true
    }

    /// Brings in the pages of the next segments to be opened.
    pub(crate) fn prefault(&self, count: usize) {
        let next: Vec<usize> = self.pool().free.iter().copied().take(count).collect();
        for segment in next.into_iter().filter_map(|i| self.segments.get(i)) {
            segment.prefault();
        }
    }

    pub(crate) fn take_pressed(&self) -> bool {
        self.pressed.swap(false, Ordering::Relaxed)
    }

    pub(crate) fn segments(&self) -> &[Arc<Segment>] {
        &self.segments
    }

    /// The largest payload a segment can hold.
    pub(crate) fn max_payload(&self) -> usize {
        self.segments.iter().map(|s| s.capacity()).min().unwrap_or(0).saturating_sub(span(0) + 8)
    }
}

#[inline]
fn fill<'a>(
    segment: &'a Segment,
    mut slot: Slot<'a>,
    time: u64,
    encode: impl FnOnce(&mut [u8]),
    sealed: bool,
) -> Placed<'a> {
    encode(slot.payload());
    let (from, to) = slot.commit(time);
    Placed { segment, from, to, sealed }
}

/// Puts an entry's own scope in front of the record.
pub(crate) fn scoped(scope: &[u8], buf: &mut [u8], encode: impl FnOnce(&mut [u8])) {
    let Some((len, rest)) = buf.split_at_mut_checked(4) else { return };
    let Some((own, record)) = rest.split_at_mut_checked(scope.len()) else { return };
    len.copy_from_slice(&(scope.len() as u32).to_le_bytes());
    own.copy_from_slice(scope);
    encode(record);
}

/// The flags of an entry.
pub(crate) fn flags(critical: bool, scoped: bool) -> u8 {
    let priority = if critical { CRITICAL } else { 0 };
    priority | if scoped { SCOPED } else { 0 }
}

impl Placed<'_> {
    /// To the disk, not only to the file.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.segment.sync(self.from, self.to)
    }
}
