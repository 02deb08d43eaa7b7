//! Tables that are other queries' results: nested aggregation and JOIN.

use super::context::Context;
use super::naming::inner_name;
use super::scan::{Tallies, select, views};
use crate::analysis::attributes_of;
use crate::answer::{Answer, Kind};
use crate::ast::{Expr, ExprKind, FromItem, Join, Query, Select};
use crate::error::EvalError;
use crate::node::{Batch, Memos, Node, Settings};
use crate::table::Table;
use crate::time::TimeRange;
use crate::value::{Datum, Key, Value};
use hashbrown::HashMap;
use jiff::tz::TimeZone;
use std::borrow::Cow;

/// Matches of one key that a JOIN may have.
const MAX_MATCHES: usize = 100;

/// Rows with named values.
struct Rows {
    names: Vec<String>,
    rows: Vec<(Option<i64>, Vec<Value>)>,
}

/// What a query reads.
pub(super) struct Sources<'s> {
    tables: Vec<Cow<'s, Table>>,
    /// Names of an inner query's columns; empty when there is none.
    pub(super) names: Vec<String>,
}

impl Sources<'_> {
    pub(super) fn tables(&self) -> Vec<&Table> {
        self.tables.iter().map(AsRef::as_ref).collect()
    }
}

/// Finds or makes the tables of FROM and JOIN.
pub(super) fn sources<'s>(
    query: &Query,
    context: &Context<'s>,
    range: TimeRange,
) -> Result<Sources<'s>, EvalError> {
    let mut sources = Sources { tables: Vec::new(), names: Vec::new() };
    for item in &query.from {
        match item {
            FromItem::EventType(name) => sources.tables.extend(context.source.table(&name.text, range)),
            FromItem::Lookup(name) => match context.source.lookup(&name.text) {
                Some(mut table) => {
                    table.to_mut().timeless = true;
                    sources.tables.push(table);
                }
                None => {
                    return Err(EvalError::invalid(
                        name.span,
                        format!("no lookup table {} is known", name.text),
                    ));
                }
            },
            FromItem::Query(inner) => {
                let rows = rows_of(context.inner(inner, range)?);
                sources.names.extend(rows.names.iter().cloned());
                sources.tables.push(Cow::Owned(table_of(&rows)));
            }
        }
    }
    if query.from.is_empty() {
        // A query over its definitions alone sees one empty row.
        let mut one = Table::new("");
        one.append(0, std::iter::empty::<(&str, Datum<'_>)>());
        one.timeless = true;
        sources.tables.push(Cow::Owned(one));
    }
    for join in &query.joins {
        let joined = join_tables(query, join, context, &sources, range)?;
        sources.tables = vec![Cow::Owned(joined)];
    }
    Ok(sources)
}

/// The rows that an answer makes for an outer query.
fn rows_of(answer: Answer) -> Rows {
    let mut names: Vec<String> = answer.facets.clone();
    let labels: Vec<String> = match answer.kind {
        Kind::Aggregates { .. } => answer.columns.iter().map(inner_name).collect(),
        _ => answer.columns.iter().map(|column| column.key.clone()).collect(),
    };
    names.extend(labels);
    let headings: Vec<(usize, String)> = answer
        .columns
        .iter()
        .enumerate()
        .filter(|(_, column)| column.alias.is_none() && column.heading != column.key)
        .map(|(place, column)| (place, column.heading.clone()))
        .collect();
    // A calculation without a label is found by its own text too.
    names.extend(headings.iter().map(|(_, heading)| heading.clone()));
    let rows = answer.rows.into_iter().map(|row| {
        let time = row.window.map(|(begin, _)| begin);
        let again: Vec<Value> = headings.iter().map(|(place, _)| row.values[*place].clone()).collect();
        let values = row.facet.into_iter().chain(row.values).chain(again).collect();
        (time, values)
    });
    Rows { rows: rows.collect(), names }
}

fn table_of(rows: &Rows) -> Table {
    let mut table = Table::new("");
    table.timeless = rows.rows.iter().all(|(time, _)| time.is_none());
    let own_time = rows.names.iter().position(|name| name == "timestamp").filter(|_| table.timeless);
    if own_time.is_some() {
        table.timeless = false;
    }
    for (time, values) in &rows.rows {
        let own = own_time.and_then(|place| values[place].number()).map(|millis| millis as i64);
        table.append(time.or(own).unwrap_or(0), rows.names.iter().zip(values));
    }
    table
}

/// Multiplies the outer rows by the inner ones that have the same key.
fn join_tables(
    query: &Query,
    join: &Join,
    context: &Context<'_>,
    outer: &Sources<'_>,
    range: TimeRange,
) -> Result<Table, EvalError> {
    if matches!(&join.query.select, Select::Items(items) if items.iter().any(|item| item.expr.kind == ExprKind::Star))
    {
        return Err(EvalError::invalid(join.span, "a joined query names its columns: no SELECT *"));
    }
    if join.query.timeseries.is_some() || join.query.compare_with.is_some() {
        return Err(EvalError::invalid(join.span, "a joined query takes no TIMESERIES and no COMPARE WITH"));
    }
    let inner = rows_of(context.inner(&join.query, range)?);
    let outer_key = attribute(&join.outer)?;
    let inner_key = join.inner.as_ref().map_or(Ok(outer_key), attribute)?;
    let Some(place) = inner.names.iter().position(|name| name == inner_key) else {
        let known = crate::suggest::nearest(inner_key, inner.names.iter().map(String::as_str));
        let guess = known.map_or(String::new(), |near| format!("; did you mean {near}?"));
        let span = join.inner.as_ref().unwrap_or(&join.outer).span;
        return Err(EvalError::invalid(span, format!("the joined query has no column {inner_key}{guess}")));
    };
    let mut by_key: HashMap<Key, Vec<usize>> = HashMap::new();
    for (row, (_, values)) in
        inner.rows.iter().enumerate().filter(|(_, (_, values))| !values[place].is_null())
    {
        let matches = by_key.entry(Key(values[place].clone())).or_default();
        if matches.len() == MAX_MATCHES {
            context.note(format!("JOIN: only the first {MAX_MATCHES} matches of a key are used"));
        } else {
            matches.push(row);
        }
    }
    let mut needed = attributes_of(query);
    if matches!(&query.select, Select::Items(items) if items.iter().any(|item| item.expr.kind == ExprKind::Star))
    {
        needed.extend(outer.tables().iter().flat_map(|table| table.attributes()).map(str::to_owned));
    }
    needed.push(outer_key.to_owned());
    needed.sort();
    needed.dedup();
    let key_slot = needed.iter().position(|name| name == outer_key).unwrap_or(0);
    let mut joined = Table::new(outer.tables.first().map_or("", |table| table.event_type()));
    let settings = Settings { zone: TimeZone::UTC, account: 0, negatives_match_null: true };
    let (mut memos, mut tallies) = (Memos::default(), Tallies::default());
    joined.timeless = outer.tables.iter().all(|table| table.timeless);
    let tables = outer.tables();
    let slots: Vec<Node> = (0..needed.len()).map(Node::Slot).collect();
    for view in views(&needed, &tables, range) {
        let batch = Batch { view: &view, settings: &settings };
        for row in select(None, &batch, 0..view.segment.rows() as u32, range, &mut memos, &mut tallies) {
            let time = view.segment.times[row as usize];
            let own = || {
                needed
                    .iter()
                    .zip(&slots)
                    .map(|(name, _)| name.as_str())
                    .zip((0..slots.len()).map(|slot| view.get(slot, row as usize)))
            };
            let key = view.get(key_slot, row as usize);
            let matches = if key.is_null() { None } else { by_key.get(&Key(key.into_value())) };
            match matches {
                Some(matches) => {
                    for found in matches {
                        // The outer row's value of a name stands before the inner one's.
                        let theirs = inner
                            .names
                            .iter()
                            .map(String::as_str)
                            .zip(inner.rows[*found].1.iter().map(Datum::from));
                        joined.append(time, own().chain(theirs));
                    }
                }
                None if join.left => joined.append(time, own()),
                None => {}
            }
        }
        context.budget.check(joined.bytes())?;
    }
    Ok(joined)
}

fn attribute(expr: &Expr) -> Result<&str, EvalError> {
    match &expr.kind {
        ExprKind::Attribute(name) => Ok(name),
        _ => Err(EvalError::invalid(expr.span, "JOIN … ON takes names of attributes")),
    }
}
