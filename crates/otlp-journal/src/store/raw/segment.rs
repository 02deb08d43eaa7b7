//! One segment: many writers reserve, fill and commit; its one [`Consumer`](super::consumer::Consumer) passes, settles and empties; anyone reads
//! what was passed.
//!
//! The protocol, which `loom_model` checks:
//! - `cursor` hands out bytes by one addition. Beyond the end means closed, so an addition to a segment that nobody
//!   opened, or that was freed meanwhile, hands out nothing and harms nothing.
//! - The one addition that crosses the end seals: the data end where it began.
//! - A reservation is the sole owner of its bytes until the head is stored as committed or aborted (release).
//! - The consumer passes only committed and aborted entries, in order, so everything below `consumed` is frozen.
//! - It empties a segment when all below the seal is passed and resolved and no reader is inside; then no reservation
//!   can be open.

use super::super::checksum::checksum;
use super::super::entry::{HEADER, Head, State, span};
use super::memory::Memory;
use super::sync::{AtomicU32, AtomicU64, Ordering, fence};
use super::token::Token;

/// Where the seed of the present use lies in the segment's header; 0 while it is free.
pub(crate) const SEED_AT: usize = 16;

pub(super) const FREE: u32 = 0;
pub(super) const CHANGING: u32 = 1;
pub(super) const OPEN: u32 = 2;

/// Keeps what writers hammer away from what the sender does.
#[derive(Debug)]
#[repr(align(128))]
struct Hot {
    cursor: AtomicU64,
    /// Entries committed in all uses.
    accepted: AtomicU64,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Segment {
    hot: Hot,
    /// Whose [`Consumer`](super::consumer::Consumer) may pass, settle and empty it.
    pub(super) owner: u64,
    pub(super) memory: Memory,
    pub(super) data: usize,
    checked: bool,
    pub(super) phase: AtomicU32,
    pub(super) readers: AtomicU32,
    pub(super) seed: AtomicU64,
    pub(super) sealed: AtomicU64,
    pub(super) consumed: AtomicU64,
    pub(super) live: AtomicU64,
    /// `accepted` when this use began.
    began: AtomicU64,
    /// Committed entries of this use that the consumer has passed.
    pub(super) passed: AtomicU64,
}

/// No room: try another segment. `sealed` for the one caller that closed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full {
    pub(crate) sealed: bool,
}

/// What `advance` and `read` show of an entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EntryView<'a> {
    pub(crate) at: usize,
    pub(crate) head: Head,
    pub(crate) time: u64,
    pub(crate) payload: &'a [u8],
}

/// The exclusive right to one entry's bytes. Losses without `commit`, the entry is passed over.
#[derive(Debug)]
pub(crate) struct Slot<'a> {
    segment: &'a Segment,
    at: usize,
    head: Head,
}

impl Segment {
    /// A free segment whose file header is already in `memory`; entries start at `data`.
    pub(crate) fn free(token: &Token, memory: Memory, data: usize, checked: bool) -> Self {
        Self::with(token, memory, data, checked, FREE, 0)
    }

    /// A segment that another process left: sealed, with `live` whole entries below `end`.
    pub(crate) fn recovered(token: &Token, memory: Memory, data: usize, end: usize, live: u64) -> Self {
        let segment = Self::with(token, memory, data, true, OPEN, live);
        let end = end.min(segment.memory.len()) as u64;
        segment.consumed.store(end, Ordering::Release);
        segment.sealed.store(end.max(1), Ordering::Release);
        segment
    }

    fn with(token: &Token, memory: Memory, data: usize, checked: bool, phase: u32, live: u64) -> Self {
        let closed = memory.len() as u64 + 1;
        Self {
            hot: Hot { cursor: AtomicU64::new(closed), accepted: AtomicU64::new(0) },
            owner: token.id(),
            memory,
            data,
            checked,
            phase: AtomicU32::new(phase),
            readers: AtomicU32::new(0),
            seed: AtomicU64::new(0),
            sealed: AtomicU64::new(0),
            consumed: AtomicU64::new(0),
            live: AtomicU64::new(live),
            began: AtomicU64::new(0),
            passed: AtomicU64::new(0),
        }
    }

    /// Opens a free segment; the seed (never 0) keeps entries of an earlier use from passing as entries of this one.
    pub(crate) fn open(&self, seed: u64) -> bool {
        if self.phase.compare_exchange(FREE, CHANGING, Ordering::AcqRel, Ordering::Relaxed).is_err() {
            return false;
        }
        self.seed.store(seed, Ordering::Relaxed);
        self.memory.word(SEED_AT).store(seed, Ordering::Relaxed);
        self.sealed.store(0, Ordering::Relaxed);
        self.consumed.store(self.data as u64, Ordering::Relaxed);
        self.live.store(0, Ordering::Relaxed);
        self.began.store(self.accepted(), Ordering::Relaxed);
        self.passed.store(0, Ordering::Relaxed);
        self.phase.store(OPEN, Ordering::Release);
        self.hot.cursor.store(self.data as u64, Ordering::Release);
        true
    }

    /// Takes room for a payload of `len` bytes.
    #[inline]
    pub(crate) fn reserve(&self, len: usize, flags: u8) -> Result<Slot<'_>, Full> {
        let need = span(len) as u64;
        let at = self.hot.cursor.fetch_add(need, Ordering::AcqRel);
        let end = self.memory.len() as u64;
        if at > end || need > end - at {
            return Err(Full { sealed: self.crossed(at, need) });
        }
        let head = Head { len: len as u32, state: State::Reserved, flags };
        // Only a reader of a dead process's file needs this: it tells how far to skip.
        self.memory.word(at as usize).store(head.pack(), Ordering::Relaxed);
        Ok(Slot { segment: self, at: at as usize, head })
    }

    /// Closes the segment before it is full; true for the one caller that did.
    pub(crate) fn seal(&self) -> bool {
        let need = self.memory.len() as u64 + 1;
        let at = self.hot.cursor.fetch_add(need, Ordering::AcqRel);
        self.crossed(at, need)
    }

    #[cold]
    fn crossed(&self, at: u64, need: u64) -> bool {
        let end = self.memory.len() as u64;
        let crossed = at <= end && at + need > end;
        if crossed {
            self.sealed.store(at, Ordering::Release);
        }
        crossed
    }

    pub(super) fn limit(&self) -> usize {
        match self.sealed.load(Ordering::Acquire) {
            0 => self.memory.len(),
            sealed => (sealed as usize).min(self.memory.len()),
        }
    }

    pub(super) fn time(&self, at: usize) -> u64 {
        // SAFETY: the head at `at` was seen committed (acquire), after which nobody writes to the entry's bytes
        // until a reset, which waits for readers and for the entry to be resolved.
        let bytes = unsafe { self.memory.bytes(at + 8, 8) };
        bytes.first_chunk().map_or(0, |b| u64::from_le_bytes(*b))
    }

    /// Shows the entries of a frozen range that still wait for an answer. False if the range is not frozen (any more).
    pub(crate) fn read(&self, from: usize, to: usize, mut visit: impl FnMut(EntryView<'_>)) -> bool {
        let _inside = Inside::enter(self);
        if to > self.consumed.load(Ordering::Acquire) as usize || self.phase.load(Ordering::Acquire) != OPEN {
            return false;
        }
        let mut at = from;
        while at + HEADER <= to {
            let Some(head) = Head::unpack(self.memory.word(at).load(Ordering::Acquire)) else { return false };
            if at + head.span() > to {
                return false;
            }
            if head.state == State::Committed {
                // SAFETY: below `consumed`, so committed and frozen; a reset waits for `_inside`.
                let payload = unsafe { self.memory.bytes(at + HEADER, head.len as usize) };
                visit(EntryView { at, head, time: self.time(at), payload });
            }
            at += head.span();
        }
        true
    }

    /// Entries committed in all uses.
    pub(crate) fn accepted(&self) -> u64 {
        self.hot.accepted.load(Ordering::Acquire)
    }

    /// Entries of this use that were committed and that the consumer did not find: somebody else overwrote them.
    pub(super) fn missing(&self) -> u64 {
        let committed = self.accepted().saturating_sub(self.began.load(Ordering::Acquire));
        committed.saturating_sub(self.passed.load(Ordering::Acquire))
    }

    /// A committed entry is as its writer left it. Always so in memory, where nobody else writes.
    pub(super) fn is_sound(&self, at: usize, head: Head) -> bool {
        if !self.checked {
            return true;
        }
        // SAFETY: as in `time`.
        let bytes = unsafe { self.memory.bytes(at + 16, 8 + head.len as usize) };
        let Some((sum, payload)) = bytes.split_first_chunk() else { return false };
        let seed = self.seed.load(Ordering::Acquire);
        u64::from_le_bytes(*sum) == checksum(seed, head.fixed(), self.time(at), payload)
    }

    /// Pages of its file were taken away.
    #[cfg(not(loom))]
    pub(crate) fn lost_pages(&self) -> bool {
        self.memory.lost_pages()
    }

    /// Entries passed by `advance` that still wait for an answer.
    pub(crate) fn live(&self) -> u64 {
        self.live.load(Ordering::Acquire)
    }

    /// Nothing more can come and everything has been answered.
    pub(crate) fn is_drained(&self) -> bool {
        let sealed = self.sealed.load(Ordering::Acquire);
        sealed != 0 && self.consumed.load(Ordering::Acquire) >= sealed && self.live() == 0
    }

    /// Whether writers have bytes here that `advance` has not passed. A free segment, whose cursor stands past its end
    /// so that nobody writes, has none: were it otherwise, an idle sender would never sleep.
    pub(crate) fn has_more(&self) -> bool {
        self.phase.load(Ordering::Acquire) == OPEN
            && self.written_end() > self.consumed.load(Ordering::Acquire)
    }

    /// Bytes handed out so far, or all of them once sealed.
    pub(crate) fn written_end(&self) -> u64 {
        match self.sealed.load(Ordering::Acquire) {
            0 => self.hot.cursor.load(Ordering::Acquire).min(self.memory.len() as u64),
            sealed => sealed,
        }
    }

    pub(crate) fn is_sealed(&self) -> bool {
        self.sealed.load(Ordering::Acquire) != 0
    }

    pub(crate) fn consumed(&self) -> u64 {
        self.consumed.load(Ordering::Acquire)
    }

    pub(crate) fn seed(&self) -> u64 {
        self.seed.load(Ordering::Acquire)
    }

    /// Touches the pages of a mapping before a writer has to.
    pub(crate) fn prefault(&self) {
        self.memory.prefault();
    }

    /// Where entries start.
    pub(crate) fn data_start(&self) -> usize {
        self.data
    }

    /// Room for entries.
    pub(crate) fn capacity(&self) -> usize {
        self.memory.len() - self.data
    }
}

impl Slot<'_> {
    /// The payload's bytes, to be filled.
    #[inline]
    pub(crate) fn payload(&mut self) -> &mut [u8] {
        // SAFETY: this slot alone owns these bytes from reservation to commit, and the borrow is of the slot.
        unsafe { self.segment.memory.bytes_mut(self.at + HEADER, self.head.len as usize) }
    }

    /// Publishes the entry; returns where it lies.
    #[inline]
    pub(crate) fn commit(mut self, time: u64) -> (usize, usize) {
        let (at, head) = (self.at, Head { state: State::Committed, ..self.head });
        let sum = if self.segment.checked {
            // SAFETY: as in `payload`; nobody writes while this slot reads its own bytes.
            let payload = unsafe { self.segment.memory.bytes(at + HEADER, head.len as usize) };
            checksum(self.segment.seed.load(Ordering::Relaxed), head.fixed(), time, payload)
        } else {
            0
        };
        // SAFETY: as in `payload`: the sixteen bytes between the head and the payload belong to this slot.
        let fields = unsafe { self.segment.memory.bytes_mut(at + 8, 16) };
        fields[..8].copy_from_slice(&time.to_le_bytes());
        fields[8..].copy_from_slice(&sum.to_le_bytes());
        // Counted before it is published: it cannot be delivered before it was accepted.
        self.segment.hot.accepted.fetch_add(1, Ordering::Relaxed);
        self.segment.memory.word(at).store(head.pack(), Ordering::Release);
        self.head.state = State::Committed;
        (at, at + head.span())
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        if self.head.state == State::Reserved {
            let head = Head { state: State::Aborted, ..self.head };
            self.segment.memory.word(self.at).store(head.pack(), Ordering::Release);
        }
    }
}

impl Segment {
    /// Writes an entry, and what leads a reader to it, to the disk.
    pub(crate) fn sync(&self, from: usize, to: usize) -> std::io::Result<()> {
        self.memory.sync(0, self.data)?;
        self.memory.sync(from, to - from)
    }
}

/// Keeps a reset out while a reader is inside.
struct Inside<'a>(&'a Segment);

impl<'a> Inside<'a> {
    fn enter(segment: &'a Segment) -> Self {
        segment.readers.fetch_add(1, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        Self(segment)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.readers.fetch_sub(1, Ordering::Release);
    }
}

#[cfg(all(test, not(loom)))]
impl Segment {
    /// The bytes as a file would hold them. For tests without other threads.
    pub(crate) fn image(&self) -> Vec<u8> {
        // SAFETY: the tests that call this have no writer at the same time.
        unsafe { self.memory.bytes(0, self.memory.len()) }.to_vec()
    }
}
