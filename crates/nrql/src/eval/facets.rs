//! Chooses and orders the facets that are returned.

use super::budget::Budget;
use super::plan::AggregatePlan;
use super::scan::Scanned;
use crate::answer::Row;
use crate::error::EvalError;
use crate::node::{Env, Node};
use crate::value::{Value, sort_order};

/// Facets that are ranked between two looks at the clock.
const FACETS_PER_LOOK: u32 = 1_024;

/// Facets to show, and the rest; without FACET the one group of all rows.
pub(super) struct Chosen {
    pub(super) shown: Vec<u32>,
    rest: Vec<u32>,
    all: Vec<u32>,
    /// Facets that would be shown but for the limit.
    pub(super) cut: usize,
}

/// Chooses and orders the facets.
pub(super) fn choose(
    plan: &AggregatePlan,
    scanned: &Scanned<'_>,
    limit: usize,
    offset: Option<u64>,
    budget: &Budget,
) -> Result<Chosen, EvalError> {
    let all: Vec<u32> = (0..scanned.grouping.len()).collect();
    if plan.plan.facets.is_empty() {
        return Ok(Chosen { shown: vec![0], rest: Vec::new(), all, cut: 0 });
    }
    let offset = usize::try_from(offset.unwrap_or(0)).unwrap_or(usize::MAX);
    let order = &plan.order;
    let mut ranked: Vec<(u32, Value)> = Vec::new();
    let mut rest = Vec::new();
    for facet in 1..scanned.grouping.len() {
        if facet % FACETS_PER_LOOK == 0 {
            budget.check_time()?;
        }
        let rows = scanned.result(order.rows, &[facet]);
        let admitted =
            order.admission.is_none_or(|admission| scanned.result(admission, &[facet]) != Value::Int(0));
        if rows == Value::Int(0) || !admitted {
            rest.push(facet);
        } else if order.by_value {
            ranked.push((facet, value_of(&plan.plan.columns[0], plan, scanned, facet)));
        } else {
            ranked.push((facet, rows));
        }
    }
    let there = ranked.len();
    if let Some(by) = &order.chosen_by {
        // Chosen by another value, shown in the usual order.
        let mut by_choice: Vec<(u32, Value, Value)> = Vec::with_capacity(ranked.len());
        for (place, (facet, rank)) in ranked.into_iter().enumerate() {
            if place % FACETS_PER_LOOK as usize == 0 {
                budget.check_time()?;
            }
            by_choice.push((facet, value_of(by, plan, scanned, facet), rank));
        }
        sort(&mut by_choice, limit, scanned, |entry| (entry.0, &entry.1));
        rest.extend(by_choice.iter().skip(limit).map(|entry| entry.0));
        by_choice.truncate(limit);
        ranked = by_choice.into_iter().map(|(facet, _, rank)| (facet, rank)).collect();
    }
    sort(&mut ranked, limit.saturating_add(offset), scanned, |entry| (entry.0, &entry.1));
    let mut shown = Vec::new();
    for (place, (facet, _)) in ranked.into_iter().enumerate() {
        if place >= offset && shown.len() < limit { shown.push(facet) } else { rest.push(facet) }
    }
    let cut = there.saturating_sub(offset).saturating_sub(shown.len());
    Ok(Chosen { shown, rest, all, cut })
}

/// Brings the first `wanted` to the front: greatest first, missing last, equal ones by their key. There may be millions
/// of others, which stay as they are.
fn sort<T>(entries: &mut [T], wanted: usize, scanned: &Scanned<'_>, part: impl Fn(&T) -> (u32, &Value)) {
    let order = |a: &T, b: &T| {
        let ((facet_a, rank_a), (facet_b, rank_b)) = (part(a), part(b));
        let by_rank = match (rank_a.is_null(), rank_b.is_null()) {
            (false, false) => sort_order(rank_b, rank_a),
            (a, b) => a.cmp(&b),
        };
        let by_key = by_rank.then_with(|| scanned.grouping.compare(facet_a, facet_b));
        by_key.then(facet_a.cmp(&facet_b))
    };
    if wanted == 0 {
        return;
    }
    let first =
        if wanted < entries.len() { entries.select_nth_unstable_by(wanted - 1, order).0 } else { entries };
    first.sort_unstable_by(order);
}

/// A column's value for a facet over all windows, as a number where it is one.
fn value_of(node: &Node, plan: &AggregatePlan, scanned: &Scanned<'_>, facet: u32) -> Value {
    let results = scanned.results(&[facet], None);
    let key = scanned.grouping.key(facet);
    let range = scanned.windows.range();
    let env = Env {
        view: None,
        row: 0,
        results: &results,
        facet: &key,
        window: (range.begin, range.end),
        settings: &plan.plan.settings,
    };
    match node.eval(&env).into_value() {
        Value::Map(entries) => entries.first().map(|(_, value)| value.clone()).unwrap_or_default(),
        value => value,
    }
}

/// One row for some facets as one, in a window or over all of the range.
fn row(
    plan: &AggregatePlan,
    scanned: &Scanned<'_>,
    facets: &[u32],
    key: Vec<Value>,
    window: Option<usize>,
) -> Row {
    let results = scanned.results(facets, window);
    let range = scanned.windows.range();
    let bounds = window.map_or((range.begin, range.end), |window| scanned.windows.bounds(window));
    let env = Env {
        view: None,
        row: 0,
        results: &results,
        facet: &key,
        window: bounds,
        settings: &plan.plan.settings,
    };
    let values = plan.plan.columns.iter().map(|column| column.eval(&env).into_value()).collect();
    let inspected = match results.get(plan.order.rows) {
        Some(Value::Int(count)) => count.unsigned_abs(),
        _ => 0,
    };
    Row { facet: key, window: window.map(|_| bounds), values, inspected }
}

fn rows_for(
    plan: &AggregatePlan,
    scanned: &Scanned<'_>,
    facets: &[u32],
    key: &[Value],
    timeseries: bool,
) -> Vec<Row> {
    if !timeseries {
        return vec![row(plan, scanned, facets, key.to_vec(), None)];
    }
    (0..scanned.windows.count).map(|window| row(plan, scanned, facets, key.to_vec(), Some(window))).collect()
}

/// The rows of the chosen facets, windows inside facets.
pub(super) fn rows(
    plan: &AggregatePlan,
    scanned: &Scanned<'_>,
    chosen: &Chosen,
    timeseries: bool,
) -> Vec<Row> {
    let faceted = !plan.plan.facets.is_empty();
    let mut rows = Vec::new();
    for facet in &chosen.shown {
        let key = if faceted { scanned.grouping.key(*facet) } else { Vec::new() };
        rows.extend(rows_for(plan, scanned, &[*facet], &key, timeseries));
    }
    rows
}

/// The rows of the facets that have the given keys, in that order; a key that no row has gives what no row gives.
pub(super) fn rows_of_keys(
    plan: &AggregatePlan,
    scanned: &Scanned<'_>,
    keys: &[Vec<Value>],
    timeseries: bool,
) -> Vec<Row> {
    if plan.plan.facets.is_empty() {
        return rows_for(plan, scanned, &[0], &[], timeseries);
    }
    let of_key = |key: &Vec<Value>| {
        let facet: Vec<u32> = scanned.grouping.find(key).into_iter().collect();
        rows_for(plan, scanned, &facet, key, timeseries)
    };
    keys.iter().flat_map(of_key).collect()
}

/// The rows over everything, and over the facets that are not shown.
pub(super) fn totals(
    plan: &AggregatePlan,
    scanned: &Scanned<'_>,
    chosen: &Chosen,
    timeseries: bool,
) -> (Vec<Row>, Vec<Row>) {
    if plan.plan.facets.is_empty() {
        return (rows_for(plan, scanned, &chosen.all, &[], false), Vec::new());
    }
    let total = rows_for(plan, scanned, &chosen.all, &[], timeseries);
    let other = rows_for(plan, scanned, &chosen.rest, &[], timeseries);
    (total, other)
}
