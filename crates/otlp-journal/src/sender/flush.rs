//! Callers of `flush`, and the records that each waits for.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::store::raw::segment::Segment;

/// One call of `flush`.
#[derive(Debug)]
struct Flush {
    id: u64,
    /// Segments, their use and how far they were written when it began.
    targets: Vec<(Arc<Segment>, u64, u64)>,
    /// Journals of the dead are to be looked for first: as many searches have to end.
    searches: u8,
    /// All of it is in batches formed before this one.
    barrier: Option<u64>,
    done: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Flushes {
    list: Vec<Flush>,
    last: u64,
}

impl Flushes {
    pub(crate) fn begin(&mut self, segments: impl Iterator<Item = Arc<Segment>>, search: bool) -> u64 {
        self.last += 1;
        let targets = segments.map(|s| (s.seed(), s.written_end(), s)).map(|(seed, end, s)| (s, seed, end));
        let flush = Flush {
            id: self.last,
            targets: targets.collect(),
            searches: u8::from(search),
            barrier: None,
            done: false,
        };
        self.list.push(flush);
        self.last
    }

    /// Looks which are done, given the batches without a final answer.
    pub(crate) fn check(&mut self, outstanding: &BTreeMap<u64, u32>, next_seq: u64) {
        for flush in &mut self.list {
            // A seal can lie before what the cursor showed.
            flush
                .targets
                .retain(|(s, seed, end)| s.seed() == *seed && s.consumed() < s.written_end().min(*end));
            if flush.barrier.is_none() && flush.targets.is_empty() && flush.searches == 0 {
                flush.barrier = Some(next_seq);
            }
            let first = outstanding.keys().next();
            flush.done |= flush.barrier.is_some_and(|barrier| first.is_none_or(|first| *first >= barrier));
        }
    }

    pub(crate) fn is_done(&self, id: u64) -> bool {
        self.list.iter().all(|f| f.id != id || f.done)
    }

    /// The caller has gone.
    pub(crate) fn forget(&mut self, id: u64) {
        self.list.retain(|f| f.id != id);
    }

    /// Somebody wants records sent without lingering.
    pub(crate) fn is_active(&self) -> bool {
        self.list.iter().any(|f| f.barrier.is_none())
    }

    pub(crate) fn want_adoption(&self) -> bool {
        self.list.iter().any(|f| f.searches > 0)
    }

    pub(crate) fn adoption_done(&mut self) {
        for flush in &mut self.list {
            flush.searches = flush.searches.saturating_sub(1);
        }
    }

    /// A record that somebody waits for is still being written.
    pub(crate) fn waits_for_writer(&self) -> bool {
        self.list.iter().any(|f| f.barrier.is_none() && f.searches == 0 && !f.targets.is_empty())
    }
}
