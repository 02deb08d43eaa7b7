//! The bytes of one segment: on the heap, or a shared mapping of a file.

#[cfg(not(loom))]
use std::io;

#[cfg(not(loom))]
use super::guard::Guard;
#[cfg(not(loom))]
use super::sync::AtomicU64;

/// A fixed block of zeroed (or recovered) bytes that several threads may use at once.
///
/// It does no bookkeeping: who may touch which bytes is decided by [`super::segment::Segment`].
pub(crate) struct Memory {
    /// Before the mapping that it guards, so that it goes first.
    #[cfg(not(loom))]
    guard: Option<Guard>,
    #[cfg(not(loom))]
    backing: Backing,
    #[cfg(not(loom))]
    base: std::ptr::NonNull<u8>,
    #[cfg(loom)]
    model: model::Model,
    len: usize,
}

#[cfg(not(loom))]
enum Backing {
    /// The allocator's, where the system's own mappings are not to be had.
    #[cfg(miri)]
    Heap,
    Anonymous(#[expect(dead_code, reason = "held for its mapping")] memmap2::MmapRaw),
    Mapped(memmap2::MmapRaw),
}

/// Entry headers are read as one aligned 64-bit word.
const ALIGN: usize = 8;

#[cfg(not(loom))]
impl Memory {
    /// `len` zeroed bytes that the operating system hands out page by page as they are first used.
    pub(crate) fn heap(len: usize) -> Option<Self> {
        let layout = Self::layout(len)?;
        #[cfg(miri)]
        {
            // SAFETY: `layout` refuses a length of zero.
            let base = unsafe { std::alloc::alloc_zeroed(layout) };
            Some(Self { guard: None, backing: Backing::Heap, base: std::ptr::NonNull::new(base)?, len })
        }
        // Not the allocator, which may fill a block with zeros and so take all of its pages at once.
        #[cfg(not(miri))]
        {
            let map = memmap2::MmapRaw::from(memmap2::MmapMut::map_anon(layout.size()).ok()?);
            let base = std::ptr::NonNull::new(map.as_mut_ptr())?;
            Some(Self { guard: None, backing: Backing::Anonymous(map), base, len })
        }
    }

    /// Maps the first `len` bytes of `file`, shared with the file.
    pub(crate) fn map(file: &std::fs::File, len: usize) -> io::Result<Self> {
        if Self::layout(len).is_none() || file.metadata()?.len() < len as u64 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a segment file is shorter than it says"));
        }
        let map = memmap2::MmapOptions::new().len(len).map_raw(file)?;
        let base = std::ptr::NonNull::new(map.as_mut_ptr())
            .ok_or_else(|| io::Error::other("the mapping has no address"))?;
        let guard = Some(Guard::new(map.as_mut_ptr(), len));
        Ok(Self { guard, backing: Backing::Mapped(map), base, len })
    }

    fn layout(len: usize) -> Option<std::alloc::Layout> {
        if len == 0 || !len.is_multiple_of(ALIGN) {
            return None;
        }
        std::alloc::Layout::from_size_align(len, ALIGN).ok()
    }

    /// The word at `at`, which every access to these eight bytes goes through.
    #[inline]
    pub(crate) fn word(&self, at: usize) -> &AtomicU64 {
        assert!(at.is_multiple_of(ALIGN) && at + ALIGN <= self.len, "word outside of the segment");
        // SAFETY: in bounds and aligned by the line above (the base is aligned to 8 or to a page); the memory lives
        // as long as `self`; header words are reached through this function only while a segment is in use.
        unsafe { AtomicU64::from_ptr(self.base.as_ptr().add(at).cast()) }
    }

    /// # Safety
    /// Nobody writes to these bytes while the slice lives.
    #[inline]
    pub(crate) unsafe fn bytes(&self, at: usize, len: usize) -> &[u8] {
        assert!(at <= self.len && len <= self.len - at, "bytes outside of the segment");
        // SAFETY: in bounds by the line above, initialised since creation; not written by the caller's promise.
        unsafe { std::slice::from_raw_parts(self.base.as_ptr().add(at), len) }
    }

    /// # Safety
    /// Nobody else reads or writes these bytes while the slice lives.
    #[inline]
    #[expect(clippy::mut_from_ref, reason = "disjoint parts of one buffer are written by several threads")]
    pub(crate) unsafe fn bytes_mut(&self, at: usize, len: usize) -> &mut [u8] {
        assert!(at <= self.len && len <= self.len - at, "bytes outside of the segment");
        // SAFETY: in bounds by the line above, initialised since creation; exclusive by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.base.as_ptr().add(at), len) }
    }

    /// # Safety
    /// Nobody else reads or writes these bytes during the call, header words included.
    pub(crate) unsafe fn zero(&self, at: usize, len: usize) {
        // SAFETY: the same promise, passed on.
        unsafe { self.bytes_mut(at, len) }.fill(0);
    }

    /// Writes a part of a mapping to the disk; nothing to do in memory.
    pub(crate) fn sync(&self, at: usize, len: usize) -> io::Result<()> {
        match &self.backing {
            #[cfg(miri)]
            Backing::Heap => Ok(()),
            Backing::Anonymous(_) => Ok(()),
            Backing::Mapped(map) => map.flush_range(at, len),
        }
    }

    /// Pages of the file were taken away under the mapping; empty ones are in their place.
    pub(crate) fn lost_pages(&self) -> bool {
        self.guard.as_ref().is_some_and(|guard| guard.hits() > 0)
    }

    /// Brings the pages of a mapping in, so that the first writer does not pay for it. Advice only.
    pub(crate) fn prefault(&self) {
        #[cfg(target_os = "linux")]
        if let Backing::Mapped(map) = &self.backing {
            // Older kernels refuse this advice, and then the writer takes the page faults.
            let _ = map.advise(memmap2::Advice::PopulateWrite);
        }
    }
}

#[cfg(all(miri, not(loom)))]
impl Drop for Memory {
    fn drop(&mut self) {
        if let (Backing::Heap, Some(layout)) = (&self.backing, Self::layout(self.len)) {
            // SAFETY: allocated in `heap` with this layout; nothing borrows it any more, since `self` is dropped.
            unsafe { std::alloc::dealloc(self.base.as_ptr(), layout) };
        }
    }
}

impl Memory {
    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

// SAFETY: the memory belongs to the store and is reached through atomics or by the promises of the functions above.
unsafe impl Send for Memory {}
// SAFETY: as for `Send`.
unsafe impl Sync for Memory {}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memory").field("len", &self.len).finish_non_exhaustive()
    }
}

#[cfg(loom)]
mod model {
    //! Under loom the header words are loom's atomics, and each eight bytes of payload carry a cell by which loom
    //! sees who touches them.
    use loom::cell::UnsafeCell;

    use super::super::sync::{AtomicU64, Ordering};
    use super::{ALIGN, Memory};

    pub(super) struct Model {
        words: Vec<AtomicU64>,
        touched: Vec<UnsafeCell<()>>,
        bytes: Box<[std::cell::UnsafeCell<u8>]>,
    }

    impl Memory {
        pub(crate) fn heap(len: usize) -> Option<Self> {
            let cells = len / ALIGN;
            let model = Model {
                words: (0..cells).map(|_| AtomicU64::new(0)).collect(),
                touched: (0..cells).map(|_| UnsafeCell::new(())).collect(),
                bytes: (0..len).map(|_| std::cell::UnsafeCell::new(0)).collect(),
            };
            Some(Self { model, len })
        }

        pub(crate) fn word(&self, at: usize) -> &AtomicU64 {
            &self.model.words[at / ALIGN]
        }

        pub(crate) unsafe fn bytes(&self, at: usize, len: usize) -> &[u8] {
            for cell in &self.model.touched[at / ALIGN..(at + len).div_ceil(ALIGN)] {
                cell.with(|_| ());
            }
            // SAFETY: as in the real one; loom has just checked the promise.
            unsafe { std::slice::from_raw_parts(self.model.bytes[at..].as_ptr().cast(), len) }
        }

        #[expect(
            clippy::mut_from_ref,
            reason = "disjoint parts of one buffer are written by several threads"
        )]
        pub(crate) unsafe fn bytes_mut(&self, at: usize, len: usize) -> &mut [u8] {
            for cell in &self.model.touched[at / ALIGN..(at + len).div_ceil(ALIGN)] {
                cell.with_mut(|_| ());
            }
            // SAFETY: as in the real one; loom has just checked the promise.
            unsafe { std::slice::from_raw_parts_mut(self.model.bytes[at..].as_ptr().cast_mut().cast(), len) }
        }

        pub(crate) unsafe fn zero(&self, at: usize, len: usize) {
            // SAFETY: the same promise, passed on.
            unsafe { self.bytes_mut(at, len) }.fill(0);
            for word in &self.model.words[at / ALIGN..(at + len) / ALIGN] {
                word.store(0, Ordering::Relaxed);
            }
        }

        pub(crate) fn sync(&self, _at: usize, _len: usize) -> std::io::Result<()> {
            Ok(())
        }

        pub(crate) fn prefault(&self) {}
    }
}
