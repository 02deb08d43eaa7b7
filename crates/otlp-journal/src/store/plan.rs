//! The size and the number of segments.

/// About 64 segments, of 64 KiB to 1 MiB, so that a whole one makes one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) bytes: usize,
    pub(crate) count: usize,
}

impl Plan {
    pub(crate) fn new(max_bytes: u64) -> Self {
        let share = usize::try_from(max_bytes / 64).unwrap_or(usize::MAX);
        let bytes = share.clamp(64 << 10, 1 << 20) & !0xfff;
        let count = usize::try_from(max_bytes / bytes as u64).unwrap_or(usize::MAX);
        Self { bytes, count }
    }
}
