//! Queries for rows: newest first, or as ORDER BY says.

use super::context::Context;
use super::derived::Sources;
use super::limits::{VALUE_BYTES, limit, note_cut};
use super::pace::Pace;
use super::plan::{Plan, RowPlan};
use super::scan::{Tallies, on_threads, select, views};
use crate::answer::{Answer, Column, Kind, Metadata, Row};
use crate::ast::Query;
use crate::error::EvalError;
use crate::node::{Batch, Memos, Node, View};
use crate::table::Table;
use crate::time::TimeRange;
use crate::value::{Value, sort_order};

/// A row's place and what it is sorted by.
struct Found {
    keys: Vec<Value>,
    time: i64,
    view: usize,
    row: u32,
}

pub(super) fn run(
    query: &Query,
    context: &Context<'_>,
    row_plan: RowPlan,
    sources: &Sources<'_>,
    range: TimeRange,
    mut metadata: Metadata,
) -> Result<Answer, EvalError> {
    let RowPlan { plan, mut columns, star, order_by } = row_plan;
    let limit = limit(query, 100)?;
    let offset = usize::try_from(query.offset.unwrap_or(0)).unwrap_or(usize::MAX);
    let tables = sources.tables();
    let views = views(&plan.slots, &tables, range);
    let wanted = limit.saturating_add(offset);
    let (found, tallies) = first_rows(&plan, &order_by, &views, wanted, range, context)?;
    let all = if star.is_some() { attribute_names(&tables, &sources.hidden) } else { Vec::new() };
    let (mut rows, mut bytes) = (Vec::new(), 0);
    for place in found.iter().skip(offset) {
        let batch = Batch { view: &views[place.view], settings: &plan.settings };
        let env = batch.env(place.row);
        let mut values: Vec<Value> = plan.columns.iter().map(|node| node.eval(&env).into_value()).collect();
        let every = all.iter().map(|name| attribute(&batch, name, place.row));
        let at = if star == Some(true) { 0 } else { values.len() };
        values.splice(at..at, every);
        // Once more and a half as JSON, and each text in quotes.
        bytes += values.iter().map(|value| value.heap_bytes() * 3 + VALUE_BYTES).sum::<usize>();
        context.budget.check(bytes)?;
        rows.push(Row { values, ..Row::default() });
    }
    let every = all.iter().map(|name| Column::named(name));
    let at = if star == Some(true) { 0 } else { columns.len() };
    columns.splice(at..at, every);
    context.note_collisions(&columns);
    metadata.limit = Some(limit as u64);
    tallies.note(context);
    let matched = usize::try_from(tallies.matched).unwrap_or(usize::MAX);
    note_cut(context, limit, matched.saturating_sub(offset).saturating_sub(rows.len()), "event");
    Ok(Answer {
        kind: Kind::Events { ordered: !order_by.is_empty() },
        columns,
        facets: Vec::new(),
        rows,
        previous: None,
        total: Vec::new(),
        other: Vec::new(),
        metadata,
        stats: tallies.stats(),
    })
}

/// The first rows in the order that is asked for.
fn first_rows(
    plan: &Plan,
    order_by: &[(Node, bool)],
    views: &[View<'_>],
    wanted: usize,
    range: TimeRange,
    context: &Context<'_>,
) -> Result<(Vec<Found>, Tallies), EvalError> {
    let parts = on_threads(views, &context.budget, |share, budget| {
        let mut found: Vec<Found> = Vec::new();
        let mut memos = Memos::default();
        let mut tallies = Tallies::default();
        let mut pace = Pace::new();
        for view in share {
            let batch = Batch { view, settings: &plan.settings };
            let mut done = 0;
            while let Some(stretch) = pace.stretch(done, view.segment.rows()) {
                done = stretch.end as usize;
                for row in select(plan.filter.as_ref(), &batch, stretch, range, &mut memos, &mut tallies) {
                    let env = batch.env(row);
                    let keys = order_by.iter().map(|(node, _)| node.eval(&env).into_value()).collect();
                    found.push(Found { keys, time: view.segment.times[row as usize], view: view.index, row });
                }
                keep_first(&mut found, wanted, order_by, false);
                budget.check(found.capacity() * (size_of::<Found>() + order_by.len() * 32))?;
            }
        }
        Ok((found, tallies))
    })?;
    let mut found = Vec::new();
    let mut tallies = Tallies::default();
    for (part, tally) in parts {
        found.extend(part);
        tallies.add(tally);
    }
    keep_first(&mut found, wanted, order_by, true);
    Ok((found, tallies))
}

/// What `*` stands for: the attributes of all tables, in the order of their names.
fn attribute_names(tables: &[&Table], hidden: &[String]) -> Vec<String> {
    let mut names = vec!["timestamp".to_owned()];
    names.extend(tables.iter().flat_map(|table| table.attributes()).map(str::to_owned));
    names.retain(|name| !hidden.contains(name));
    names.sort();
    names.dedup();
    names
}

fn attribute(batch: &Batch<'_>, name: &str, row: u32) -> Value {
    let (table, segment) = (batch.view.table, batch.view.segment);
    if name == "timestamp" && table.column_index(name).is_none() {
        return if table.timeless { Value::Null } else { Value::Int(segment.times[row as usize]) };
    }
    let column = table.column_index(name).and_then(|index| Some((index, segment.column(index)?)));
    column.map_or(Value::Null, |(index, data)| data.get(row as usize, table.dictionary(index)).into_value())
}

/// Keeps the first rows in the order that is asked for; sorts them when they are the last ones to keep.
fn keep_first(found: &mut Vec<Found>, wanted: usize, order_by: &[(Node, bool)], sorted: bool) {
    let order = |a: &Found, b: &Found| {
        for (place, (_, descending)) in order_by.iter().enumerate() {
            let (a, b) = (&a.keys[place], &b.keys[place]);
            let order = match (a.is_null(), b.is_null(), descending) {
                (false, false, true) => sort_order(b, a),
                // A missing value comes last either way.
                _ => sort_order(a, b),
            };
            if order.is_ne() {
                return order;
            }
        }
        (b.time, b.view, b.row).cmp(&(a.time, a.view, a.row))
    };
    if wanted == 0 {
        found.clear();
    } else if found.len() > wanted {
        found.select_nth_unstable_by(wanted - 1, order);
        found.truncate(wanted);
    }
    if sorted {
        found.sort_unstable_by(order);
    }
}
