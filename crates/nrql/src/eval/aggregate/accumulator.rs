//! One aggregate over all groups: taking rows in, joining threads, giving results.

use super::PerGroup;
use super::sets::{FirstMet, Hashes, IdSet, Masks, Names};
use super::spec::{Aggregate, AggregateKind};
use super::states::{Counts, Dated, Edges, LastTwo, Line, Newest, Numbers, Oldest, Spread, Tally};
use super::steps::StepMasks;
use super::values::{bucket_percentile, by_point, percentile};
use super::whole::{byte_count, keyset, keyset_value, row_hash};
use crate::eval::ids::{Batch, Ids, NONE};
use crate::eval::node::Node;
use crate::eval::scan::Memos;
use crate::eval::scan::truths;
use crate::value::{Datum, Value};
use std::sync::Arc;

/// What an aggregate has kept so far.
pub(in crate::eval) struct Accumulator<'a> {
    aggregate: &'a Aggregate,
    kept: Kept,
    ids: Option<Ids<'a>>,
    scratch: Vec<u32>,
    step_masks: StepMasks,
}

enum Kept {
    Count(PerGroup<u64>),
    Tally(PerGroup<Tally>),
    Spread(PerGroup<Spread>),
    Numbers(PerGroup<Numbers>),
    Edges(PerGroup<Edges>),
    Set(PerGroup<IdSet>),
    First(PerGroup<FirstMet>),
    Newest(PerGroup<Newest>),
    Oldest(PerGroup<Oldest>),
    Line(PerGroup<Line>),
    LastTwo(PerGroup<LastTwo>),
    Counts(PerGroup<Counts>),
    Masks(PerGroup<Masks>),
    Names(PerGroup<Names>),
    Hashes(PerGroup<Hashes>),
}

/// What a result may depend on beside the rows.
pub(in crate::eval) struct Finish {
    pub(in crate::eval) window_end: i64,
}

impl<'a> Accumulator<'a> {
    /// `ids` gives the way to number an aggregate's distinct values.
    pub(in crate::eval) fn new(aggregate: &'a Aggregate, ids: impl FnOnce(&'a [Node]) -> Ids<'a>) -> Self {
        let mut numbered = None;
        let kept = match &aggregate.kind {
            AggregateKind::Rows | AggregateKind::Count(_) | AggregateKind::ByteCount => {
                Kept::Count(PerGroup::default())
            }
            AggregateKind::Sum(_)
            | AggregateKind::Average(_)
            | AggregateKind::Min(_)
            | AggregateKind::Max(_) => Kept::Tally(PerGroup::default()),
            AggregateKind::Deviation { .. } => Kept::Spread(PerGroup::default()),
            AggregateKind::Percentiles { .. } => Kept::Numbers(PerGroup::default()),
            AggregateKind::BucketPercentiles { .. } => Kept::Edges(PerGroup::default()),
            AggregateKind::UniqueCount(nodes) => {
                numbered = Some(ids(nodes));
                Kept::Set(PerGroup::default())
            }
            AggregateKind::Uniques(nodes, _) => {
                numbered = Some(ids(nodes));
                Kept::First(PerGroup::default())
            }
            AggregateKind::Newest(_) => Kept::Newest(PerGroup::default()),
            AggregateKind::Oldest(_) => Kept::Oldest(PerGroup::default()),
            AggregateKind::Slope { .. } => Kept::Line(PerGroup::default()),
            AggregateKind::LastChange { .. } => Kept::LastTwo(PerGroup::default()),
            AggregateKind::Histogram { .. } | AggregateKind::Cdf { .. } | AggregateKind::Apdex { .. } => {
                Kept::Counts(PerGroup::default())
            }
            AggregateKind::Funnel { id, .. } => {
                numbered = Some(ids(id));
                Kept::Masks(PerGroup::default())
            }
            AggregateKind::Keyset { .. } => Kept::Names(PerGroup::default()),
            AggregateKind::Cardinality { .. } => Kept::Hashes(PerGroup::default()),
        };
        Self { aggregate, kept, ids: numbered, scratch: Vec::new(), step_masks: StepMasks::default() }
    }

    /// Takes rows in; `groups` says for each which group it belongs to.
    pub(in crate::eval) fn update(
        &mut self,
        batch: &Batch<'a>,
        rows: &[u32],
        groups: &[u32],
        memos: &mut Memos,
    ) {
        let kept_rows;
        let kept_groups;
        let (rows, groups) = match &self.aggregate.filter {
            None => (rows, groups),
            Some(filter) => {
                let truths = truths(filter, batch, rows, memos);
                let kept = || truths.iter().enumerate().filter(|(_, truth)| truth.holds(batch.settings));
                kept_rows = kept().map(|(at, _)| rows[at]).collect::<Vec<u32>>();
                kept_groups = kept().map(|(at, _)| groups[at]).collect::<Vec<u32>>();
                (kept_rows.as_slice(), kept_groups.as_slice())
            }
        };
        if let (Some(ids), Some(nodes)) = (&mut self.ids, id_nodes(&self.aggregate.kind)) {
            ids.of(nodes, batch, rows, &mut self.scratch);
        }
        let order = |row: u32| batch.view.order + u64::from(row);
        let time = |row: u32| batch.view.segment.times[row as usize];
        match (&self.aggregate.kind, &mut self.kept) {
            (AggregateKind::Rows, Kept::Count(counts)) => count(counts, groups),
            (AggregateKind::Count(of), Kept::Count(counts)) => {
                for (row, group) in rows.iter().zip(groups) {
                    if !batch.is_null(of, *row) {
                        *counts.at(*group) += 1;
                    }
                }
            }
            (AggregateKind::ByteCount, Kept::Count(counts)) => {
                for (row, group) in rows.iter().zip(groups) {
                    *counts.at(*group) += byte_count(batch, *row);
                }
            }
            (
                AggregateKind::Sum(of)
                | AggregateKind::Average(of)
                | AggregateKind::Min(of)
                | AggregateKind::Max(of),
                Kept::Tally(tallies),
            ) => batch.numbers(of, rows, |at, number| tallies.at(groups[at]).add(number)),
            (AggregateKind::Deviation { of, .. }, Kept::Spread(spreads)) => {
                batch.numbers(of, rows, |at, number| spreads.at(groups[at]).add(number));
            }
            (AggregateKind::Percentiles { of, .. }, Kept::Numbers(all)) => {
                batch.numbers(of, rows, |at, number| all.at(groups[at]).0.push(number));
            }
            (AggregateKind::BucketPercentiles { of, edge, .. }, Kept::Edges(edges)) => {
                batch.numbers(of, rows, |at, number| {
                    let edge = match edge.eval(&batch.env(rows[at])) {
                        Datum::Text(text) if text == "+Inf" => Some(f64::INFINITY),
                        Datum::Text(text) => text.parse().ok(),
                        other => other.number(),
                    };
                    if let Some(edge) = edge {
                        edges.at(groups[at]).add(edge, number);
                    }
                });
            }
            (AggregateKind::UniqueCount(_), Kept::Set(sets)) => {
                for (id, group) in self.scratch.iter().zip(groups).filter(|(id, _)| **id != NONE) {
                    sets.at(*group).add(*id);
                }
            }
            (AggregateKind::Uniques(..), Kept::First(firsts)) => {
                for ((id, row), group) in
                    self.scratch.iter().zip(rows).zip(groups).filter(|((id, _), _)| **id != NONE)
                {
                    firsts.at(*group).add(*id, (time(*row), order(*row)));
                }
            }
            (AggregateKind::Newest(of), Kept::Newest(states)) => {
                let touched = dated(batch, of, rows, groups, |group, moment, row| {
                    let state = &mut states.at(group).0;
                    let better = Some(moment) >= state.moment;
                    if better {
                        *state = Dated { moment: Some(moment), value: Value::Null, pending: Some(row) };
                    }
                    better
                });
                touched.into_iter().for_each(|group| read(&mut states.at(group).0, of, batch));
            }
            (AggregateKind::Oldest(of), Kept::Oldest(states)) => {
                let touched = dated(batch, of, rows, groups, |group, moment, row| {
                    let state = &mut states.at(group).0;
                    let better = state.moment.is_none_or(|known| moment < known);
                    if better {
                        *state = Dated { moment: Some(moment), value: Value::Null, pending: Some(row) };
                    }
                    better
                });
                touched.into_iter().for_each(|group| read(&mut states.at(group).0, of, batch));
            }
            (AggregateKind::Slope { of, .. }, Kept::Line(lines)) => {
                batch.numbers(of, rows, |at, number| lines.at(groups[at]).add(time(rows[at]), number));
            }
            (AggregateKind::LastChange { of, .. }, Kept::LastTwo(points)) => {
                batch.numbers(of, rows, |at, number| {
                    points.at(groups[at]).add(time(rows[at]), order(rows[at]), number);
                });
            }
            (AggregateKind::Histogram { of, start, width, buckets }, Kept::Counts(counts)) => {
                batch.numbers(of, rows, |at, number| {
                    let place = ((number - start) / width).floor().clamp(0.0, (*buckets - 1) as f64);
                    counts.at(groups[at]).add(place as usize, *buckets);
                });
            }
            (AggregateKind::Cdf { of, thresholds }, Kept::Counts(counts)) => {
                let places = thresholds.len() + 1;
                batch.numbers(of, rows, |at, number| {
                    let state = counts.at(groups[at]);
                    state.add(thresholds.len(), places);
                    for (place, _) in
                        thresholds.iter().enumerate().filter(|(_, threshold)| number <= **threshold)
                    {
                        state.add(place, places);
                    }
                });
            }
            (AggregateKind::Apdex { of, t }, Kept::Counts(counts)) => {
                batch.numbers(of, rows, |at, number| {
                    let place = if number <= *t { 0 } else { 1 + usize::from(number > 4.0 * t) };
                    counts.at(groups[at]).add(place, 3);
                });
            }
            (AggregateKind::Funnel { steps, .. }, Kept::Masks(masks)) => {
                let met = self.step_masks.of(steps, batch, rows, memos);
                for ((id, group), mask) in self.scratch.iter().zip(groups).zip(&met) {
                    if *id != NONE && *mask != 0 {
                        masks.at(*group).add(*id, *mask);
                    }
                }
            }
            (AggregateKind::Keyset { .. }, Kept::Names(names)) => keyset(names, batch, rows, groups),
            (AggregateKind::Cardinality { of, include, exclude }, Kept::Hashes(hashes)) => {
                for (row, group) in rows.iter().zip(groups) {
                    if of.as_ref().is_none_or(|of| !batch.is_null(of, *row)) {
                        hashes.at(*group).0.insert(row_hash(batch, *row, include, exclude));
                    }
                }
            }
            _ => {}
        }
    }

    /// Takes in what another thread kept of the same aggregate.
    pub(in crate::eval) fn absorb(&mut self, mut other: Self, moved: &[u32]) {
        if let (Some(mine), Some(theirs)) = (&mut self.ids, &other.ids)
            && !mine.same_as(theirs)
        {
            match &mut other.kept {
                Kept::Set(sets) => sets.map(|set| {
                    let mut renamed = IdSet::default();
                    set.each(|id| renamed.add(mine.adopt(theirs, id)));
                    *set = renamed;
                }),
                Kept::First(firsts) => firsts.map(|first| {
                    first.0 = first.0.iter().map(|(id, moment)| (mine.adopt(theirs, *id), *moment)).collect();
                }),
                Kept::Masks(masks) => masks.map(|masks| {
                    let mut renamed = Masks::default();
                    masks.each(|id, mask| renamed.add(mine.adopt(theirs, id), mask));
                    *masks = renamed;
                }),
                _ => {}
            }
        }
        match (&mut self.kept, other.kept) {
            (Kept::Count(mine), Kept::Count(theirs)) => mine.absorb(theirs, moved),
            (Kept::Tally(mine), Kept::Tally(theirs)) => mine.absorb(theirs, moved),
            (Kept::Spread(mine), Kept::Spread(theirs)) => mine.absorb(theirs, moved),
            (Kept::Numbers(mine), Kept::Numbers(theirs)) => mine.absorb(theirs, moved),
            (Kept::Edges(mine), Kept::Edges(theirs)) => mine.absorb(theirs, moved),
            (Kept::Set(mine), Kept::Set(theirs)) => mine.absorb(theirs, moved),
            (Kept::First(mine), Kept::First(theirs)) => mine.absorb(theirs, moved),
            (Kept::Newest(mine), Kept::Newest(theirs)) => mine.absorb(theirs, moved),
            (Kept::Oldest(mine), Kept::Oldest(theirs)) => mine.absorb(theirs, moved),
            (Kept::Line(mine), Kept::Line(theirs)) => mine.absorb(theirs, moved),
            (Kept::LastTwo(mine), Kept::LastTwo(theirs)) => mine.absorb(theirs, moved),
            (Kept::Counts(mine), Kept::Counts(theirs)) => mine.absorb(theirs, moved),
            (Kept::Masks(mine), Kept::Masks(theirs)) => mine.absorb(theirs, moved),
            (Kept::Names(mine), Kept::Names(theirs)) => mine.absorb(theirs, moved),
            (Kept::Hashes(mine), Kept::Hashes(theirs)) => mine.absorb(theirs, moved),
            _ => {}
        }
    }

    /// The result over several groups taken as one.
    pub(in crate::eval) fn finish(&self, groups: &[u32], finish: &Finish) -> Value {
        let int = |count: u64| Value::Int(count.cast_signed());
        match (&self.aggregate.kind, &self.kept) {
            (_, Kept::Count(counts)) => int(counts.union(groups)),
            (kind, Kept::Tally(tallies)) => {
                let tally = tallies.union(groups);
                match kind {
                    AggregateKind::Sum(_) => Value::float(tally.sum),
                    AggregateKind::Average(_) => Value::float(tally.sum / tally.count as f64),
                    AggregateKind::Min(_) => Value::float(tally.min),
                    _ => Value::float(tally.max),
                }
            }
            (AggregateKind::Deviation { squared, .. }, Kept::Spread(spreads)) => {
                let spread = spreads.union(groups);
                let variance = if spread.count > 0.0 { spread.squares / spread.count } else { 0.0 };
                Value::float(if *squared { variance } else { variance.sqrt() })
            }
            (AggregateKind::Percentiles { points, single, .. }, Kept::Numbers(all)) => {
                let mut numbers = all.union(groups).0;
                numbers.sort_unstable_by(f64::total_cmp);
                let results = points.iter().map(|point| (*point, percentile(&numbers, *point)));
                if *single {
                    results.map(|(_, value)| value).next().unwrap_or_default()
                } else {
                    by_point(results)
                }
            }
            (AggregateKind::BucketPercentiles { points, .. }, Kept::Edges(edges)) => {
                let mut edges = edges.union(groups).0;
                edges.sort_by(|a, b| a.0.total_cmp(&b.0));
                by_point(points.iter().map(|point| (*point, bucket_percentile(&edges, *point))))
            }
            (_, Kept::Set(sets)) => int(sets.union(groups).len() as u64),
            (AggregateKind::Uniques(_, limit), Kept::First(firsts)) => {
                let mut met: Vec<_> =
                    firsts.union(groups).0.into_iter().map(|(id, moment)| (moment, id)).collect();
                met.sort_unstable();
                let value =
                    |(_, id): &((i64, u64), u32)| self.ids.as_ref().map_or(Value::Null, |ids| ids.value(*id));
                Value::List(met.iter().take(*limit).map(value).collect())
            }
            (_, Kept::Newest(states)) => states.union(groups).0.value,
            (_, Kept::Oldest(states)) => states.union(groups).0.value,
            (AggregateKind::Slope { per, ahead, .. }, Kept::Line(lines)) => {
                let line = lines.union(groups);
                let Some((slope, at_origin)) = line.fit() else { return Value::Null };
                match ahead {
                    None => Value::float(slope * per),
                    Some(ahead) => Value::float(
                        at_origin + slope * (finish.window_end.saturating_sub(line.origin) as f64 + ahead),
                    ),
                }
            }
            (AggregateKind::LastChange { per, .. }, Kept::LastTwo(points)) => {
                match (points.union(groups).points.as_slice(), per) {
                    ([first, second], None) => Value::float(second.2 - first.2),
                    ([first, second], Some(per)) => {
                        Value::float((second.2 - first.2) * per / second.0.saturating_sub(first.0) as f64)
                    }
                    _ => Value::Null,
                }
            }
            (AggregateKind::Histogram { buckets, .. }, Kept::Counts(counts)) => {
                let mut counts = counts.union(groups).0;
                counts.resize(*buckets, 0);
                Value::List(counts.into_iter().map(int).collect())
            }
            (AggregateKind::Cdf { thresholds, .. }, Kept::Counts(counts)) => {
                let counts = counts.union(groups).0;
                let all = counts.last().copied().unwrap_or(0) as f64;
                let shares = thresholds.iter().enumerate().map(|(place, threshold)| {
                    let share = counts
                        .get(place)
                        .map_or(Value::Null, |count| Value::float(100.0 * *count as f64 / all));
                    (*threshold, share)
                });
                by_point(shares)
            }
            (AggregateKind::Apdex { .. }, Kept::Counts(counts)) => {
                let counts = counts.union(groups).0;
                let [satisfied, tolerating, frustrated] = counts.as_slice() else { return Value::Null };
                let all = (satisfied + tolerating + frustrated) as f64;
                Value::float((*satisfied as f64 + *tolerating as f64 / 2.0) / all)
            }
            (AggregateKind::Funnel { steps, labels, .. }, Kept::Masks(masks)) => {
                let counts = masks.union(groups).steps(steps.len()).into_iter().map(int).collect();
                let labels = labels.iter().map(|label| Value::text(label.as_str())).collect();
                Value::Map(
                    [(Arc::from("steps"), Value::List(counts)), (Arc::from("labels"), Value::List(labels))]
                        .into(),
                )
            }
            (AggregateKind::Keyset { dimensions }, Kept::Names(names)) => {
                keyset_value(&names.union(groups), *dimensions)
            }
            (_, Kept::Hashes(hashes)) => int(hashes.union(groups).0.len() as u64),
            _ => Value::Null,
        }
    }

    pub(in crate::eval) fn bytes(&self) -> usize {
        let ids = self.ids.as_ref().map_or(0, Ids::bytes);
        ids + match &self.kept {
            Kept::Count(kept) => kept.bytes(),
            Kept::Tally(kept) => kept.bytes(),
            Kept::Spread(kept) => kept.bytes(),
            Kept::Numbers(kept) => kept.bytes(),
            Kept::Edges(kept) => kept.bytes(),
            Kept::Set(kept) => kept.bytes(),
            Kept::First(kept) => kept.bytes(),
            Kept::Newest(kept) => kept.bytes(),
            Kept::Oldest(kept) => kept.bytes(),
            Kept::Line(kept) => kept.bytes(),
            Kept::LastTwo(kept) => kept.bytes(),
            Kept::Counts(kept) => kept.bytes(),
            Kept::Masks(kept) => kept.bytes(),
            Kept::Names(kept) => kept.bytes(),
            Kept::Hashes(kept) => kept.bytes(),
        }
    }
}

fn id_nodes(kind: &AggregateKind) -> Option<&[Node]> {
    match kind {
        AggregateKind::UniqueCount(nodes)
        | AggregateKind::Uniques(nodes, _)
        | AggregateKind::Funnel { id: nodes, .. } => Some(nodes),
        _ => None,
    }
}

fn count(counts: &mut PerGroup<u64>, groups: &[u32]) {
    let Some(greatest) = groups.iter().max() else { return };
    counts.at(*greatest);
    for group in groups {
        counts.states[*group as usize] += 1;
    }
}

/// Offers every row that has a value; gives the groups whose value must be read from this batch.
fn dated<'a>(
    batch: &Batch<'a>,
    of: &'a Node,
    rows: &[u32],
    groups: &[u32],
    mut offer: impl FnMut(u32, (i64, u64), u32) -> bool,
) -> Vec<u32> {
    let mut touched = Vec::new();
    for (row, group) in rows.iter().zip(groups) {
        if batch.is_null(of, *row) {
            continue;
        }
        let moment = (batch.view.segment.times[*row as usize], batch.view.order + u64::from(*row));
        if offer(*group, moment, *row) && touched.last() != Some(group) {
            touched.push(*group);
        }
    }
    touched.sort_unstable();
    touched.dedup();
    touched
}

fn read<'a>(state: &mut Dated, of: &'a Node, batch: &Batch<'a>) {
    if let Some(row) = state.pending.take() {
        state.value = of.eval(&batch.env(row)).into_value();
    }
}
