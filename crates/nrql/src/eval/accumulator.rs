//! One aggregate over all groups: adds rows, merges threads, returns results.

use super::plan::PlannedAggregate;
use crate::function::{Aggregate, Ending, Kept, Rows};
use crate::node::{Batch, Ids, Memos, Node, truths};
use crate::value::Value;

/// What an aggregate has kept so far.
pub(super) struct Accumulator<'a> {
    planned: &'a PlannedAggregate,
    kept: Kept,
    ids: Option<Ids<'a>>,
    numbered: Vec<u32>,
}

impl<'a> Accumulator<'a> {
    /// `ids` gives the way to number an aggregate's distinct values.
    pub(super) fn new(planned: &'a PlannedAggregate, ids: impl FnOnce(&'a [Node]) -> Ids<'a>) -> Self {
        let aggregate = &planned.aggregate;
        Self { planned, kept: aggregate.begin(), ids: aggregate.numbered().map(ids), numbered: Vec::new() }
    }

    /// Takes rows in; `groups` says for each which group it belongs to.
    pub(super) fn update(&mut self, batch: &Batch<'a>, rows: &[u32], groups: &[u32], memos: &mut Memos) {
        let kept_rows;
        let kept_groups;
        let (rows, groups) = match &self.planned.filter {
            None => (rows, groups),
            Some(filter) => {
                let negatives = batch.settings.negatives_match_null;
                let truths = truths(filter, batch, rows, memos);
                let kept = || truths.iter().enumerate().filter(|(_, truth)| truth.holds(negatives));
                kept_rows = kept().map(|(at, _)| rows[at]).collect::<Vec<u32>>();
                kept_groups = kept().map(|(at, _)| groups[at]).collect::<Vec<u32>>();
                (kept_rows.as_slice(), kept_groups.as_slice())
            }
        };
        let aggregate: &'a dyn Aggregate = self.planned.aggregate.as_ref();
        if let (Some(ids), Some(nodes)) = (&mut self.ids, aggregate.numbered()) {
            ids.of(nodes, batch, rows, &mut self.numbered);
        }
        aggregate.update(&mut self.kept, &mut Rows { batch, rows, groups, ids: &self.numbered, memos });
    }

    /// Takes in what another thread kept of the same aggregate.
    pub(super) fn absorb(&mut self, mut other: Self, moved: &[u32]) {
        let aggregate = self.planned.aggregate.as_ref();
        if let (Some(mine), Some(theirs)) = (&mut self.ids, &other.ids)
            && !mine.same_as(theirs)
        {
            aggregate.renumber(&mut other.kept, &mut |id| mine.adopt(theirs, id));
        }
        aggregate.merge(&mut self.kept, other.kept, moved);
    }

    /// The result over several groups taken as one.
    pub(super) fn finish(&self, groups: &[u32], window_end: i64) -> Value {
        let ending = Ending { window_end, ids: self.ids.as_ref() };
        self.planned.aggregate.finish(&self.kept, groups, &ending)
    }

    pub(super) fn bytes(&self) -> usize {
        self.ids.as_ref().map_or(0, Ids::bytes) + self.planned.aggregate.bytes(&self.kept)
    }
}
