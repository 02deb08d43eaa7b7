//! The size and the number of segments, and what bounds them.

use std::fs;
use std::path::Path;

use super::raw::limits;

/// About 64 segments, of 64 KiB to 1 MiB, so that a whole one makes one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) bytes: usize,
    pub(crate) count: usize,
}

/// A mapping for each segment: the kernel gives a process 65,530 of them.
const MOST: usize = 16_384;
/// With fewer segments the priorities cannot be kept apart.
pub(crate) const FEWEST: usize = 4;

impl Plan {
    pub(crate) fn new(max_bytes: u64) -> Self {
        let share = usize::try_from(max_bytes / 64).unwrap_or(usize::MAX);
        let bytes = share.clamp(64 << 10, 1 << 20) & !0xfff;
        let count = usize::try_from(max_bytes / bytes as u64).unwrap_or(usize::MAX);
        Self { bytes, count: count.min(MOST) }
    }

    /// No more than this many bytes, but never less than the smallest journal.
    pub(crate) fn within(self, bytes: Option<u64>) -> Self {
        let fits = bytes.map_or(usize::MAX, |b| usize::try_from(b / self.bytes as u64).unwrap_or(usize::MAX));
        Self { count: self.count.min(fits.max(FEWEST)), ..self }
    }

    pub(crate) fn total(self) -> u64 {
        self.bytes as u64 * self.count as u64
    }
}

/// Half of what the disk has left; the rest is for others.
pub(crate) fn disk_share(directory: &Path) -> Option<u64> {
    // A file that is mapped takes addresses as well.
    let free = [limits::free_on_disk(directory), limits::free_addresses()];
    free.into_iter().flatten().min().map(|free| free / 2)
}

/// Half of the memory that is available to this process, as far as that can be found out.
pub(crate) fn memory_share() -> Option<u64> {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| available(&text));
    let group =
        fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    [machine, group, limits::free_addresses()].into_iter().flatten().min().map(|bytes: u64| bytes / 2)
}

fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absurd_sizes_are_bounded_and_small_ones_stay() {
        for max in [490_154_203_237_518, u64::MAX, 1 << 40] {
            let plan = Plan::new(max);
            assert!(plan.total() <= MOST as u64 * (1 << 20), "{max}");
            assert_eq!(plan.within(Some(100 << 20)).total(), 100 << 20);
            assert_eq!(plan.within(Some(0)).count, FEWEST);
        }
        let small = Plan::new(256 << 10);
        assert_eq!((small.count, small.within(Some(1 << 30))), (4, small));
        assert_eq!(Plan::new(64 << 20).total(), 64 << 20);
    }

    #[test]
    fn meminfo_is_read() {
        assert_eq!(available("MemTotal: 1 kB\nMemAvailable:   2048 kB\n"), Some(2_097_152));
        assert_eq!(available("nothing"), None);
    }
}
