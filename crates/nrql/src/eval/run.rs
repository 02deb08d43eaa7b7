//! One query from its clauses to its answer.

use jiff::tz::TimeZone;

use super::compile::{compile_aggregates, compile_rows};
use super::context::Context;
use super::derived::{self, Sources};
use super::facets;
use super::limits::{ROW_BYTES, VALUE_BYTES, limit, note_cut};
use super::plan::AggregatePlan;
use super::rows;
use super::scan::{Tallies, scan, views};
use crate::analysis::{aggregates_in, attributes_of};
use crate::answer::{Answer, Column, Kind, Metadata, QueryStats, Row};
use crate::ast::{FromItem, Interval, Query, Select, TimePoint};
use crate::error::EvalError;
use crate::node::Settings;
use crate::table::Table;
use crate::time::TimeRange;
use crate::time::bucket::Windows;
use crate::time::range::{DEFAULT_WINDOW, resolve};
use crate::value::Value;

/// Runs a query; an inner one takes the outer one's range unless it has its own.
pub(super) fn run(
    query: &Query,
    context: &Context<'_>,
    outer: Option<TimeRange>,
) -> Result<Answer, EvalError> {
    context.budget.check_time()?;
    let zone = match &query.timezone {
        Some(name) => crate::calendar::zone::find(&name.text).map_err(EvalError::TimeRange)?,
        None => TimeZone::UTC,
    };
    let asked = time_range(query, context.now, &zone, outer)?;
    refuse(query)?;
    if query.select == Select::EventTypes {
        return Ok(event_types(context, metadata(query, asked)));
    }
    let aggregates = aggregates_in(query);
    let windows = match query.timeseries {
        Some(step) if aggregates => laid(query, asked, step, context)?,
        _ => Windows::whole(asked),
    };
    // A part of a bucket at the beginning is not a part of the range.
    let range = windows.range();
    let metadata = metadata(query, range);
    let sources = derived::sources(query, context, range)?;
    context.reads(&metadata.event_types);
    let settings = Settings {
        zone,
        account: context.options.account_id,
        negatives_match_null: context.options.negatives_match_null,
    };
    note_unknown(query, context, &sources.tables());
    if aggregates {
        let plan = compile_aggregates(query, context, range, &sources.names, settings)?;
        run_aggregates(query, context, &plan, &sources, windows, metadata)
    } else {
        let plan = compile_rows(query, context, range, &sources.names, settings)?;
        rows::run(query, context, plan, &sources, range, metadata)
    }
}

fn laid(
    query: &Query,
    range: TimeRange,
    step: Interval,
    context: &Context<'_>,
) -> Result<Windows, EvalError> {
    let windows = Windows::laid(range, step, query.slide_by)
        .map_err(|message| EvalError::invalid(query.clauses.timeseries, message))?;
    if windows.range().begin < range.begin {
        context.note(
            "the range is shorter than a bucket of TIMESERIES and was widened to one; use SINCE for a longer range, as a dashboard's time picker does",
        );
    }
    Ok(windows)
}

fn run_aggregates(
    query: &Query,
    context: &Context<'_>,
    plan: &AggregatePlan,
    sources: &Sources<'_>,
    windows: Windows,
    metadata: Metadata,
) -> Result<Answer, EvalError> {
    if !query.order_by.is_empty() {
        context.note("ORDER BY sorts rows; with aggregates it has no effect");
    }
    let tables = sources.tables();
    let found = views(&plan.plan.slots, &tables, windows.range());
    let scanned = scan(&plan.plan, &found, windows, &context.budget)?;
    let limit = limit(query, 10)?;
    let chosen = facets::choose(plan, &scanned, limit, query.offset, &context.budget)?;
    note_cut(context, limit, chosen.cut, "facet");
    let timeseries = query.timeseries.is_some();
    let rows = chosen.shown.len().saturating_mul(if timeseries { windows.count } else { 1 });
    context.budget.check(rows.saturating_mul(ROW_BYTES + plan.columns.len() * VALUE_BYTES))?;
    let mut tallies = scanned.tallies;
    let mut answer = Answer {
        kind: Kind::Aggregates { faceted: query.facet.is_some(), timeseries },
        columns: plan.columns.clone(),
        facets: plan.facet_names.clone(),
        rows: facets::rows(plan, &scanned, &chosen, timeseries),
        previous: None,
        total: Vec::new(),
        other: Vec::new(),
        metadata,
        stats: QueryStats::default(),
    };
    answer.metadata.limit = query.facet.is_some().then_some(limit as u64);
    if timeseries {
        answer.metadata.bucket_millis = Some(windows.width);
    }
    if query.facet.is_some() || timeseries {
        (answer.total, answer.other) = facets::totals(plan, &scanned, &chosen, timeseries);
    }
    if let Some(shift) = comparison(query, context)? {
        let keys: Vec<Vec<Value>> = chosen.shown.iter().map(|facet| scanned.grouping.key(*facet)).collect();
        let earlier = Windows { begin: windows.begin.saturating_sub(shift), ..windows };
        let before = context.moved_back.get();
        context.moved_back.set(before.saturating_add(shift));
        let found = earlier_rows(query, context, plan, earlier, &keys);
        context.moved_back.set(before);
        let (previous, more) = found?;
        tallies.add(more);
        answer.previous = Some(previous);
    }
    answer.stats = tallies.stats();
    tallies.note(context);
    Ok(answer)
}

/// The same query over the earlier range, for the facets of the current one.
fn earlier_rows(
    query: &Query,
    context: &Context<'_>,
    plan: &AggregatePlan,
    windows: Windows,
    keys: &[Vec<Value>],
) -> Result<(Vec<Row>, Tallies), EvalError> {
    let sources = derived::sources(query, context, windows.range())?;
    let tables = sources.tables();
    let found = views(&plan.plan.slots, &tables, windows.range());
    let scanned = scan(&plan.plan, &found, windows, &context.budget)?;
    Ok((facets::rows_of_keys(plan, &scanned, keys, query.timeseries.is_some()), scanned.tallies))
}

/// The most results of one SELECT: work is done for each pair of them before the first row is looked at.
const MAX_COLUMNS: usize = 1_000;

/// What the grammar allows but the evaluator does not do, or not together.
fn refuse(query: &Query) -> Result<(), EvalError> {
    if query.predict.is_some() {
        return Err(EvalError::unsupported(query.clauses.predict, "PREDICT needs New Relic's forecasting"));
    }
    if let Select::Items(items) = &query.select
        && let Some(item) = items.get(MAX_COLUMNS)
    {
        let message = format!("a query may select at most {MAX_COLUMNS} results");
        return Err(EvalError::invalid(item.expr.span, message));
    }
    if query.slide_by.is_some() && query.timeseries.is_none() {
        return Err(EvalError::invalid(query.clauses.slide_by, "SLIDE BY needs TIMESERIES before it"));
    }
    Ok(())
}

fn time_range(
    query: &Query,
    now: i64,
    zone: &TimeZone,
    outer: Option<TimeRange>,
) -> Result<TimeRange, EvalError> {
    if let (Some(outer), None, None) = (outer, &query.since, &query.until) {
        return Ok(outer);
    }
    let outside = || EvalError::TimeRange("a time in the query is outside the supported range".to_owned());
    let point = |point: &TimePoint, beginning| resolve(point, now, zone, beginning).ok_or_else(outside);
    let end = query.until.as_ref().map_or(Ok(now), |until| point(until, false))?;
    let begin = match &query.since {
        Some(since) => point(since, true)?,
        None => end.min(now).saturating_sub(DEFAULT_WINDOW),
    };
    if begin >= end {
        let message = "the time range is empty: SINCE is not before UNTIL";
        return Err(EvalError::TimeRange(message.to_owned()));
    }
    Ok(TimeRange { begin, end })
}

/// How far back COMPARE WITH looks.
fn comparison(query: &Query, context: &Context<'_>) -> Result<Option<i64>, EvalError> {
    match &query.compare_with {
        None => Ok(None),
        Some(TimePoint::Ago(period)) => {
            if query.since.is_none() && query.until.is_none() {
                context.note("COMPARE WITH is documented to need SINCE or UNTIL");
            }
            Ok(Some(period.millis()))
        }
        Some(_) => Err(EvalError::invalid(
            query.clauses.compare_with,
            "COMPARE WITH takes a number and a unit, as in 1 week AGO",
        )),
    }
}

fn metadata(query: &Query, range: TimeRange) -> Metadata {
    let event_types = query.from.iter().filter_map(|item| match item {
        FromItem::EventType(name) | FromItem::Lookup(name) => Some(name.text.clone()),
        FromItem::Query(_) => None,
    });
    let upper = |point: &TimePoint| match point {
        TimePoint::Ago(period) => {
            format!("{} {}S AGO", period.amount, period.unit.word().to_ascii_uppercase())
        }
        other => other.to_string().to_ascii_uppercase(),
    };
    Metadata {
        event_types: event_types.collect(),
        begin: range.begin,
        end: range.end,
        since: query.since.as_ref().map_or_else(|| "60 MINUTES AGO".to_owned(), upper),
        until: query.until.as_ref().map_or_else(|| "NOW".to_owned(), upper),
        compare_with: query.compare_with.as_ref().map(upper),
        messages: Vec::new(),
        limit: None,
        offset: query.offset,
        bucket_millis: None,
    }
}

fn event_types(context: &Context<'_>, metadata: Metadata) -> Answer {
    let mut names = context.source.event_types();
    names.sort();
    let row = |name: &String| Row { values: vec![Value::text(name.as_str())], ..Row::default() };
    Answer {
        kind: Kind::EventTypes,
        columns: vec![Column::named("eventType")],
        facets: Vec::new(),
        rows: names.iter().map(row).collect(),
        previous: None,
        total: Vec::new(),
        other: Vec::new(),
        metadata,
        stats: QueryStats::default(),
    }
}

/// Says which event types and attributes no row has: New Relic would count 0 without a word.
fn note_unknown(query: &Query, context: &Context<'_>, tables: &[&Table]) {
    let known = context.source.event_types();
    for item in &query.from {
        let FromItem::EventType(name) = item else { continue };
        if known.contains(&name.text) {
            continue;
        }
        let near = crate::suggest::nearest(&name.text, known.iter().map(String::as_str));
        let guess = near.map_or(String::new(), |near| format!("; did you mean {near}?"));
        context.note(format!("the event type {} is not known{guess}", name.text));
    }
    if tables.is_empty() || query.from.iter().any(|item| matches!(item, FromItem::Query(_))) {
        return;
    }
    for name in attributes_of(query) {
        if name == "timestamp" || tables.iter().any(|table| table.column_index(&name).is_some()) {
            continue;
        }
        let attributes = tables.iter().flat_map(|table| table.attributes());
        let near = crate::suggest::nearest(&name, attributes);
        let guess = near.map_or(String::new(), |near| format!("; did you mean {near}?"));
        context.note(format!("no event has the attribute {name}{guess}"));
    }
}
