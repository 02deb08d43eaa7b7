//! Tables that are other queries' results: nested aggregation and JOIN.

use std::borrow::Cow;
use std::sync::Arc;

use hashbrown::HashMap;
use jiff::tz::TimeZone;

use super::compile::compile_value;
use super::context::Context;
use super::scan::{Tallies, select, views};
use crate::analysis::{attributes_of, items, join_fault, projected};
use crate::answer::{Answer, Kind};
use crate::ast::{ExprKind, FromItem, Join, Limit, Query};
use crate::error::EvalError;
use crate::node::{Batch, Memos, Settings};
use crate::table::Table;
use crate::time::TimeRange;
use crate::value::{Datum, Key, Value};

/// Matches of one key that a JOIN may have.
const MAX_MATCHES: usize = 100;

/// Rows of a joined query without aggregates that are used when it has no LIMIT.
const DEFAULT_JOINED: u64 = 10;

/// Rows with named values.
struct Rows {
    names: Vec<String>,
    /// Names that stand for a column once more, and that `*` does not show.
    again: Vec<String>,
    rows: Vec<(Option<i64>, Vec<Value>)>,
}

/// What a query reads.
pub(super) struct Sources<'s> {
    tables: Vec<Cow<'s, Table>>,
    /// Names of an inner query's columns; empty when there is none.
    pub(super) names: Vec<String>,
    /// Names of columns that `*` does not show.
    pub(super) hidden: Vec<String>,
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
    let mut sources = Sources { tables: Vec::new(), names: Vec::new(), hidden: Vec::new() };
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
                        format!("the lookup table {} does not exist", name.text),
                    ));
                }
            },
            FromItem::Query(inner) => {
                let rows = rows_of(context.inner(inner, range)?);
                sources.names.extend(rows.names.iter().cloned());
                sources.hidden.extend(rows.again.iter().cloned());
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
        let inner = joined_rows(join, context, range)?;
        let joined = join_tables(query, join, context, &sources, range, &inner)?;
        sources.tables = vec![Cow::Owned(joined)];
        sources.hidden.extend(inner.again);
    }
    Ok(sources)
}

/// The rows that an answer makes for an outer query.
fn rows_of(answer: Answer) -> Rows {
    let aggregates = matches!(answer.kind, Kind::Aggregates { .. });
    let (mut names, again) = projected(&answer.facets, &answer.columns, aggregates);
    names.extend(again.iter().cloned());
    let place_of = |text: &String| {
        answer.columns.iter().position(|column| column.alias.is_none() && column.heading == *text)
    };
    let places: Vec<usize> = again.iter().filter_map(place_of).collect();
    let rows = answer.rows.into_iter().map(|row| {
        let time = row.window.map(|(begin, _)| begin);
        let again: Vec<Value> = places.iter().map(|place| row.values[*place].clone()).collect();
        let values = row.facet.into_iter().chain(row.values).chain(again).collect();
        (time, values)
    });
    Rows { rows: rows.collect(), names, again }
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

/// The rows of a joined query. It looks at the range of the query itself, whatever COMPARE WITH does.
fn joined_rows(join: &Join, context: &Context<'_>, range: TimeRange) -> Result<Rows, EvalError> {
    if let Some(fault) = join_fault(join) {
        return Err(fault);
    }
    let moved = context.moved_back.get();
    let base = TimeRange { begin: range.begin.saturating_add(moved), end: range.end.saturating_add(moved) };
    let mut query = Cow::Borrowed(join.query.as_ref());
    if query.limit.is_none() {
        query.to_mut().limit = Some(Limit::Count(DEFAULT_JOINED));
    }
    let mut answer = context.inner(&query, base)?;
    // A median is a percentile, and a joined percentile keeps its name.
    let medians: Vec<usize> = (0..answer.columns.len())
        .filter(|place| answer.columns[*place].function.as_deref() == Some("median"))
        .collect();
    for row in &mut answer.rows {
        for place in &medians {
            let value = std::mem::take(&mut row.values[*place]);
            row.values[*place] = Value::Map([(Arc::from("50"), value)].into());
        }
    }
    Ok(rows_of(answer))
}

/// The rows of a joined query by their key.
fn by_key(rows: &Rows, place: usize, context: &Context<'_>) -> HashMap<Key, Vec<usize>> {
    let mut by_key: HashMap<Key, Vec<usize>> = HashMap::new();
    for (row, (_, values)) in rows.rows.iter().enumerate().filter(|(_, (_, values))| !values[place].is_null())
    {
        let matches = by_key.entry(Key(values[place].clone())).or_default();
        if matches.len() == MAX_MATCHES {
            context.note(format!("JOIN: only the first {MAX_MATCHES} matches of a key are used"));
        } else {
            matches.push(row);
        }
    }
    by_key
}

/// Multiplies the outer rows by the inner ones that have the same key.
fn join_tables(
    query: &Query,
    join: &Join,
    context: &Context<'_>,
    outer: &Sources<'_>,
    range: TimeRange,
    inner: &Rows,
) -> Result<Table, EvalError> {
    let inner_key = join.inner.as_ref().unwrap_or(&join.outer);
    let place = match &inner_key.kind {
        ExprKind::Attribute(name) => inner.names.iter().position(|known| known == name),
        _ => None,
    };
    let by_key = by_key(inner, place.ok_or(EvalError::Internal)?, context);
    let mut needed = attributes_of(query);
    if items(query).iter().any(|item| item.expr.kind == ExprKind::Star) {
        needed.extend(outer.tables().iter().flat_map(|table| table.attributes()).map(str::to_owned));
    }
    needed.sort();
    needed.dedup();
    let settings = Settings {
        zone: TimeZone::UTC,
        account: context.options.account_id,
        negatives_match_null: context.options.negatives_match_null,
    };
    let kept = needed.len();
    let (key, slots, settings) = compile_value(query, &join.outer, context, range, needed, settings)?;
    let mut joined = Table::new(outer.tables.first().map_or("", |table| table.event_type()));
    let (mut memos, mut tallies) = (Memos::default(), Tallies::default());
    joined.timeless = outer.tables.iter().all(|table| table.timeless);
    let tables = outer.tables();
    for view in views(&slots, &tables, range) {
        let batch = Batch { view: &view, settings: &settings };
        for row in select(None, &batch, 0..view.segment.rows() as u32, range, &mut memos, &mut tallies) {
            let time = view.segment.times[row as usize];
            let own = || {
                slots[..kept]
                    .iter()
                    .enumerate()
                    .map(|(slot, name)| (name.as_str(), view.get(slot, row as usize)))
            };
            let key = key.eval(&batch.env(row));
            let matches = if key.is_null() { None } else { by_key.get(&Key(key.into_value())) };
            match matches {
                Some(matches) => {
                    for found in matches {
                        // The outer row's value of a name stands before the inner one's.
                        let theirs = inner.names.iter().map(String::as_str);
                        let theirs = theirs.zip(inner.rows[*found].1.iter().map(Datum::from));
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
