//! The content of one request: frozen ranges of segments.

use std::sync::Arc;

use crate::store::entry::{framed, parts};
use crate::store::identity::Identity;
use crate::store::raw::consumer::Consumer;
use crate::store::raw::segment::{EntryView, Segment};

/// Part of a segment below its frozen end.
#[derive(Clone, Debug)]
pub(crate) struct Range {
    pub(crate) segment: Arc<Segment>,
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// What to take from an event's wall-clock time to get a monotonic one.
    pub(crate) offset: i64,
    /// When it was taken from the segment, monotonic.
    pub(crate) seen: u64,
}

impl Range {
    /// When an event happened, by the monotonic clock; never in the future.
    pub(crate) fn born(&self, time: u64) -> i64 {
        born(time, self.offset, self.seen)
    }
}

/// When an event of this wall-clock time happened, by the monotonic clock, seen from `now`. Never in the future: a
/// clock that was wrong for a moment makes no record immortal.
pub(crate) fn born(time: u64, offset: i64, now: u64) -> i64 {
    let time = i64::try_from(time).unwrap_or(i64::MAX);
    time.saturating_sub(offset).min(now.cast_signed())
}

/// One request's worth of records, sent or waiting to be sent again.
#[derive(Debug)]
pub(crate) struct Batch {
    /// Order of forming; parts of a divided batch keep it.
    pub(crate) seq: u64,
    pub(crate) identity: Arc<Identity>,
    pub(crate) ranges: Vec<Range>,
    /// Records without an answer.
    pub(crate) live: u64,
    /// Upper bound of the body before compression.
    pub(crate) bytes: usize,
    /// When the oldest record was born, monotonic.
    pub(crate) oldest: i64,
    pub(crate) attempts: u32,
    /// When it may be sent again, monotonic.
    pub(crate) due: u64,
    /// The far end named the time (`Retry-After`), so nothing may hurry it.
    pub(crate) fixed: bool,
    /// A part of a refused batch: joining it with others would undo the search.
    pub(crate) divided: bool,
    /// To be sent without compression.
    pub(crate) plain: bool,
    /// Sent to find out whether the far end takes anything.
    pub(crate) probe: bool,
}

impl Batch {
    /// Shows each record that still waits for an answer.
    pub(crate) fn each(&self, mut visit: impl FnMut(&Range, EntryView<'_>)) {
        for range in &self.ranges {
            range.segment.read(range.from, range.to, |entry| visit(range, entry));
        }
    }

    /// Settles every record; returns how many were not settled before.
    pub(crate) fn resolve_all(&self, consumer: &mut Consumer) -> u64 {
        self.ranges.iter().map(|range| consumer.resolve_range(&range.segment, range.from, range.to)).sum()
    }

    /// Settles the records that were born before `before`; returns how many.
    pub(crate) fn resolve_older(&mut self, consumer: &mut Consumer, before: i64) -> u64 {
        if self.oldest >= before {
            return 0;
        }
        let (mut gone, mut left, mut oldest) = (0, 0, i64::MAX);
        self.each(|range, entry| {
            let born = range.born(entry.time);
            if born < before {
                gone += u64::from(consumer.resolve(&range.segment, entry.at));
            } else {
                left += 1;
                oldest = oldest.min(born);
            }
        });
        (self.live, self.oldest) = (left, oldest);
        gone
    }

    /// Halves by count. A batch of one comes back whole, with nothing beside it.
    pub(crate) fn divide(self) -> (Self, Option<Self>) {
        let half = self.live / 2;
        if half == 0 {
            return (self, None);
        }
        let mut parts = [self.like(), self.like()];
        let mut seen = 0;
        for range in &self.ranges {
            let mut cut = range.from;
            range.segment.read(range.from, range.to, |entry| {
                let part = &mut parts[usize::from(seen >= half)];
                part.live += 1;
                part.bytes += framed(entry.head);
                part.oldest = part.oldest.min(range.born(entry.time));
                seen += 1;
                if seen <= half {
                    cut = entry.at + entry.head.span();
                }
            });
            if cut > range.from {
                parts[0].ranges.push(Range { to: cut, ..range.clone() });
            }
            if cut < range.to {
                parts[1].ranges.push(Range { from: cut, ..range.clone() });
            }
        }
        let [left, right] = parts;
        (left, Some(right))
    }

    fn like(&self) -> Self {
        Self {
            seq: self.seq,
            identity: Arc::clone(&self.identity),
            ranges: Vec::new(),
            live: 0,
            bytes: 0,
            oldest: i64::MAX,
            attempts: 0,
            due: 0,
            fixed: false,
            divided: true,
            plain: self.plain,
            probe: false,
        }
    }

    /// Takes over the records of a batch that is sent in the same name.
    pub(crate) fn join(&mut self, other: Self) {
        self.seq = self.seq.min(other.seq);
        self.ranges.extend(other.ranges);
        self.live += other.live;
        self.bytes += other.bytes;
        self.oldest = self.oldest.min(other.oldest);
        self.attempts = self.attempts.max(other.attempts);
    }
}

/// The record of an entry, and its own scope if it has one.
pub(crate) fn record<'a>(entry: &EntryView<'a>) -> (Option<&'a [u8]>, &'a [u8]) {
    // A payload that lies about its scope was written by no version of this code; it goes out as it is.
    parts(entry.head.flags, entry.payload).unwrap_or((None, entry.payload))
}
