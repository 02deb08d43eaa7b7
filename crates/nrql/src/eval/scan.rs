//! The scan: one pass over the segments, all aggregates at once, on as many threads as pay.

use std::ops::Range;
use std::sync::atomic::AtomicUsize;

use super::accumulator::Accumulator;
use super::budget::{Budget, STACK, Share};
use super::context::Context;
use super::group::Grouping;
use super::pace::Pace;
use super::plan::Plan;
use crate::answer::QueryStats;
use crate::error::EvalError;
use crate::node::{Batch, Condition, Ids, Memos, Node, SlotRef, View, truths};
use crate::table::{ColumnData, Dictionary, Table};
use crate::time::TimeRange;
use crate::time::bucket::Windows;
use crate::value::Value;

/// Below this many rows a second thread costs more than it brings.
const ROWS_FOR_THREADS: usize = 60_000;

/// What one thread, or all together, found.
pub(super) struct Scanned<'a> {
    pub(super) grouping: Grouping<'a>,
    pub(super) accumulators: Vec<Accumulator<'a>>,
    pub(super) windows: Windows,
    pub(super) tallies: Tallies,
}

/// Rows looked at, kept, and kept or dropped only by the reading of NULL.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tallies {
    pub(super) inspected: u64,
    pub(super) matched: u64,
    pub(super) hung: u64,
}

impl Tallies {
    pub(super) fn add(&mut self, other: Self) {
        self.inspected += other.inspected;
        self.matched += other.matched;
        self.hung += other.hung;
    }

    pub(super) fn stats(self) -> QueryStats {
        QueryStats { inspected: self.inspected, matched: self.matched, wall_clock_millis: 0 }
    }

    /// Says how many rows hung on the reading of NULL.
    pub(super) fn note(self, context: &Context<'_>) {
        if self.hung == 0 {
            return;
        }
        let kept = if context.options.negatives_match_null { "kept" } else { "dropped" };
        context.note(format!(
            "{} rows were {kept} because a negative condition met a missing value; New Relic does not document what it does there",
            self.hung
        ));
    }
}

/// The segments of some tables that may hold rows of a range, with the plan's attributes found in them.
pub(super) fn views<'a>(slots: &[String], tables: &[&'a Table], range: TimeRange) -> Vec<View<'a>> {
    let mut views = Vec::new();
    let mut order = 0;
    for table in tables {
        let columns: Vec<Option<usize>> = slots.iter().map(|name| table.column_index(name)).collect();
        for segment in table.segments() {
            let rows = segment.rows() as u64;
            if table.timeless || (segment.latest >= range.begin && segment.earliest < range.end) {
                let slot = |(name, column): (&String, &Option<usize>)| match column {
                    _ if name == "timestamp" && !(table.timeless && column.is_none()) => SlotRef::Time,
                    Some(column) => match segment.column(*column) {
                        Some(data) => SlotRef::Column(data, table.dictionary(*column)),
                        None => SlotRef::Missing,
                    },
                    None => SlotRef::Missing,
                };
                let slots = slots.iter().zip(&columns).map(slot).collect();
                views.push(View { table, segment, slots, order, index: views.len() });
            }
            order += rows;
        }
    }
    views
}

/// The rows of a stretch of a segment that lie in the range and pass the filter.
pub(super) fn select(
    filter: Option<&Condition>,
    batch: &Batch<'_>,
    stretch: Range<u32>,
    range: TimeRange,
    memos: &mut Memos,
    tallies: &mut Tallies,
) -> Vec<u32> {
    let segment = batch.view.segment;
    let whole = batch.view.table.timeless || (segment.earliest >= range.begin && segment.latest < range.end);
    let rows: Vec<u32> = if whole {
        stretch.collect()
    } else {
        stretch.filter(|row| range.contains(segment.times[*row as usize])).collect()
    };
    tallies.inspected += rows.len() as u64;
    let kept = match filter {
        None => rows,
        Some(filter) => {
            let truths = truths(filter, batch, &rows, memos);
            tallies.hung += truths.iter().filter(|truth| truth.hangs()).count() as u64;
            rows.into_iter()
                .zip(truths)
                .filter(|(_, truth)| truth.holds(batch.settings.negatives_match_null))
                .map(|(row, _)| row)
                .collect()
        }
    };
    tallies.matched += kept.len() as u64;
    kept
}

/// Splits work in order among threads and gives each share's result, in order.
pub(super) fn on_threads<'a, T: Send>(
    views: &'a [View<'a>],
    budget: &Budget,
    work: impl Fn(&'a [View<'a>], &Share<'_>) -> Result<T, EvalError> + Sync,
) -> Result<Vec<T>, EvalError> {
    let rows: usize = views.iter().map(|view| view.segment.rows()).sum();
    let threads = if rows < ROWS_FOR_THREADS { 1 } else { budget.threads.clamp(1, views.len().max(1)) };
    let mut shares = views.chunks(views.len().div_ceil(threads).max(1));
    let own = shares.next().unwrap_or(&[]);
    let total = AtomicUsize::new(0);
    let work = &|share| work(share, &Share::new(budget, &total));
    std::thread::scope(|scope| {
        let spawn = |share| {
            let thread = std::thread::Builder::new().stack_size(STACK);
            thread.spawn_scoped(scope, move || work(share)).map_err(|_| share)
        };
        let handles: Vec<_> = shares.map(spawn).collect();
        let mut results = vec![work(own)];
        results.extend(handles.into_iter().map(|handle| match handle {
            Ok(handle) => handle.join().unwrap_or(Err(EvalError::Internal)),
            // The system has no thread to give.
            Err(share) => work(share),
        }));
        results.into_iter().collect()
    })
}

/// Runs a plan's aggregates over tables.
pub(super) fn scan<'a>(
    plan: &'a Plan,
    views: &'a [View<'a>],
    windows: Windows,
    budget: &Budget,
) -> Result<Scanned<'a>, EvalError> {
    let codes = single_dictionaries(plan, views);
    let parts = on_threads(views, budget, |share, budget| scan_share(plan, share, windows, budget, &codes))?;
    let mut parts = parts.into_iter();
    let mut whole = parts.next().ok_or(EvalError::Internal)?;
    for part in parts {
        let facets = whole.grouping.absorb(&part.grouping);
        let count = windows.count as u32;
        let moved: Vec<u32> =
            facets.iter().flat_map(|facet| (0..count).map(move |window| facet * count + window)).collect();
        for (mine, theirs) in whole.accumulators.iter_mut().zip(part.accumulators) {
            mine.absorb(theirs, &moved);
        }
        whole.tallies.add(part.tallies);
    }
    Ok(whole)
}

/// For each slot, the dictionary whose codes can stand for its values, if there is just one.
fn single_dictionaries<'a>(plan: &Plan, views: &[View<'a>]) -> Vec<Option<&'a Dictionary>> {
    let of_slot = |slot: usize| {
        let mut found: Option<&'a Dictionary> = None;
        for view in views {
            match view.slots[slot] {
                SlotRef::Missing => {}
                SlotRef::Column(ColumnData::Codes(_), dictionary) => {
                    if found.is_some_and(|known| !std::ptr::eq(known, dictionary)) {
                        return None;
                    }
                    found = Some(dictionary);
                }
                _ => return None,
            }
        }
        found
    };
    (0..plan.slots.len()).map(of_slot).collect()
}

fn scan_share<'a>(
    plan: &'a Plan,
    views: &'a [View<'a>],
    windows: Windows,
    budget: &Share<'_>,
    codes: &[Option<&'a Dictionary>],
) -> Result<Scanned<'a>, EvalError> {
    let ids = |nodes: &'a [Node]| match nodes {
        [Node::Slot(slot)] => {
            codes[*slot].map_or_else(|| Ids::interned(1), |dictionary| Ids::Codes(*slot, dictionary))
        }
        _ => Ids::interned(nodes.len().max(1)),
    };
    let mut accumulators: Vec<_> =
        plan.aggregates.iter().map(|aggregate| Accumulator::new(aggregate, ids)).collect();
    let mut grouping = Grouping::new(&plan.facets);
    let mut tallies = Tallies::default();
    let mut memos = Memos::default();
    let range = windows.range();
    let sliding = windows.step != windows.width;
    let mut pace = Pace::new();
    for view in views {
        let batch = Batch { view, settings: &plan.settings };
        let mut done = 0;
        while let Some(stretch) = pace.stretch(done, view.segment.rows()) {
            done = stretch.end as usize;
            let mut rows = select(plan.filter.as_ref(), &batch, stretch, range, &mut memos, &mut tallies);
            let mut groups = grouping.facets(&batch, &rows, &mut memos);
            if sliding {
                (rows, groups) = spread(&rows, &groups, view, windows);
            } else if windows.count > 1 {
                windowed(&rows, &mut groups, view, windows);
            }
            // A state for each group is about to be made: see first whether there is room for them.
            let states = grouping.len() as usize * windows.count * accumulators.len();
            budget.check(states.saturating_mul(size_of::<u64>()))?;
            for accumulator in &mut accumulators {
                accumulator.update(&batch, &rows, &groups, &mut memos);
            }
            let bytes: usize = accumulators.iter().map(Accumulator::bytes).sum();
            budget.check(bytes + grouping.bytes())?;
        }
    }
    Ok(Scanned { grouping, accumulators, windows, tallies })
}

/// Puts each row into its window. Neighbours mostly share one, so the last is tried before dividing.
fn windowed(rows: &[u32], groups: &mut [u32], view: &View<'_>, windows: Windows) {
    let count = windows.count as u32;
    let (mut window, mut begin, mut end) = (0_u32, 0, 0);
    for (row, group) in rows.iter().zip(groups) {
        let time = view.segment.times[*row as usize];
        if !(begin..end).contains(&time) && !view.table.timeless {
            let place = (time - windows.begin) / windows.step;
            window = place as u32;
            begin = windows.begin + place * windows.step;
            end = begin + windows.step;
        }
        *group = *group * count + window;
    }
}

/// A row once for each window that holds it.
fn spread(rows: &[u32], facets: &[u32], view: &View<'_>, windows: Windows) -> (Vec<u32>, Vec<u32>) {
    let count = windows.count as u32;
    let mut spread = (Vec::new(), Vec::new());
    for (row, facet) in rows.iter().zip(facets) {
        let timeless = view.table.timeless;
        let (first, last) =
            if timeless { (0, 0) } else { windows.holding(view.segment.times[*row as usize]) };
        for window in first..=last {
            spread.0.push(*row);
            spread.1.push(facet * count + window as u32);
        }
    }
    spread
}

impl Scanned<'_> {
    fn group(&self, facet: u32, window: usize) -> u32 {
        facet * self.windows.count as u32 + window as u32
    }

    /// The groups of some facets, in one window or in all.
    pub(super) fn groups(&self, facets: &[u32], window: Option<usize>) -> Vec<u32> {
        if let Some(window) = window {
            return facets.iter().map(|facet| self.group(*facet, window)).collect();
        }
        let windows = 0..self.windows.count;
        facets.iter().flat_map(|facet| windows.clone().map(|window| self.group(*facet, window))).collect()
    }

    /// Results of all aggregates over some facets as one, in a window or in all.
    pub(super) fn results(&self, facets: &[u32], window: Option<usize>) -> Vec<Value> {
        let groups = self.groups(facets, window);
        let window_end = window.map_or(self.windows.range().end, |window| self.windows.bounds(window).1);
        self.accumulators.iter().map(|accumulator| accumulator.finish(&groups, window_end)).collect()
    }

    /// The result of one aggregate over some facets as one, over all windows.
    pub(super) fn result(&self, aggregate: usize, facets: &[u32]) -> Value {
        let window_end = self.windows.range().end;
        let groups = self.groups(facets, None);
        self.accumulators
            .get(aggregate)
            .map_or(Value::Null, |accumulator| accumulator.finish(&groups, window_end))
    }
}
