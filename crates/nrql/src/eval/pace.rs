//! How many rows are scanned between two checks of the clock.

use std::ops::Range;
use std::time::{Duration, Instant};

const FEWEST: usize = 16;
const FIRST: usize = 64;
const MOST: usize = 16_384;
/// A stretch of rows shall take about as long.
const AIM: Duration = Duration::from_millis(10);

/// Cuts segments into stretches of rows: long ones when rows are cheap, as they mostly are, and short ones when a query
/// does much with each, so that none runs far past its time.
pub(super) struct Pace {
    rows: usize,
    begun: Instant,
}

impl Pace {
    pub(super) fn new() -> Self {
        Self { rows: FIRST, begun: Instant::now() }
    }

    /// The stretches of a segment of `count` rows: the one that begins at `from`, if there is one.
    pub(super) fn stretch(&mut self, from: usize, count: usize) -> Option<Range<u32>> {
        let now = Instant::now();
        let took = now - std::mem::replace(&mut self.begun, now);
        if took < AIM {
            self.rows = (self.rows * 2).min(MOST);
        } else if took > AIM * 2 {
            self.rows = (self.rows / 2).max(FEWEST);
        }
        let to = from.saturating_add(self.rows).min(count);
        // A segment's rows are counted by 32 bits.
        (from < to).then(|| u32::try_from(from).unwrap_or(u32::MAX)..u32::try_from(to).unwrap_or(u32::MAX))
    }
}
