//! Warnings: valid queries that probably do not mean what they say.

use nrql::ast::{
    BinaryOp, Call, Expr, ExprKind, FacetValue, FromItem, Limit, Literal, Query, Select, TimePoint,
};
use nrql::{Severity, Span};

use crate::catalogue::{Catalogue, EventFacts};

/// A remark of this crate's own.
pub(crate) struct Remark {
    pub(crate) rule: &'static str,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    pub(crate) span: Span,
}

pub(crate) const SEVERITY: Severity = Severity::Warning;

/// New Relic's default.
const FACETS: u64 = 10;
/// Without SINCE a query sees the last hour.
const HOUR: i64 = 3_600_000;

pub(crate) fn remarks(query: &Query, catalogue: &Catalogue, alert: bool) -> Vec<Remark> {
    // Not those of nested queries: there, a facet over an id and count(*) of each are how journeys are followed.
    let mut remarks = Vec::new();
    let facts: Vec<&EventFacts> = query
        .from
        .iter()
        .filter_map(|item| match item {
            FromItem::EventType(name) => catalogue.facts.get(&name.text),
            _ => None,
        })
        .collect();
    let [facts] = facts.as_slice() else { return remarks };
    duplicates(query, facts, &mut remarks);
    facets(query, facts, &mut remarks);
    // An alert condition has a window of its own, and a time series shows each bucket for itself.
    if !alert && query.timeseries.is_none() {
        window(query, facts, &mut remarks);
    }
    remarks
}

/// `count(*)` of events that may be delivered more than once.
fn duplicates(query: &Query, facts: &EventFacts, remarks: &mut Vec<Remark>) {
    let (Some(key), Select::Items(items)) = (&facts.distinct_by, &query.select) else { return };
    let distinct = items.iter().any(|item| calls(&item.expr).iter().any(|call| counts_distinct(call, key)));
    if distinct {
        return;
    }
    for item in items {
        for (call, span) in calls_with_spans(&item.expr) {
            let star = call.args.first().is_none_or(|arg| arg.value.expr().kind == ExprKind::Star);
            if call.name.text.eq_ignore_ascii_case("count") && star {
                remarks.push(Remark {
                    rule: "count-duplicates",
                    message: "an event may be delivered more than once, and count(*) counts each copy"
                        .to_owned(),
                    hint: Some(format!("write uniqueCount({key})")),
                    span,
                });
            }
        }
    }
}

fn counts_distinct(call: &Call, key: &str) -> bool {
    call.name.text.eq_ignore_ascii_case("uniqueCount")
        && call.args.iter().any(|arg| arg.value.expr().kind == ExprKind::Attribute(key.to_owned()))
}

fn calls(expr: &Expr) -> Vec<&Call> {
    calls_with_spans(expr).into_iter().map(|(call, _)| call).collect()
}

fn calls_with_spans(expr: &Expr) -> Vec<(&Call, Span)> {
    let mut found = Vec::new();
    if let ExprKind::Call(call) = &expr.kind {
        found.push((call, expr.span));
    }
    expr.children().into_iter().for_each(|child| found.extend(calls_with_spans(child)));
    found
}

fn facets(query: &Query, facts: &EventFacts, remarks: &mut Vec<Remark>) {
    let Some(facet) = &query.facet else { return };
    let limit = match query.limit {
        None => FACETS,
        Some(Limit::Count(count)) => count,
        Some(Limit::Max) => return,
    };
    for key in &facet.keys {
        let FacetValue::Expr(Expr { kind: ExprKind::Attribute(name), span }) = &key.value else { continue };
        if facts.ids.contains(name) {
            remarks.push(Remark {
                rule: "facet-id",
                message: format!(
                    "{name} is an id: nearly every value becomes its own facet, and only {limit} are shown"
                ),
                hint: Some(format!("count them with uniqueCount({name})")),
                span: *span,
            });
        }
        if let Some(values) = facts.values.get(name)
            && (*values as u64) > limit
        {
            let span = if query.limit.is_some() { query.clauses.limit } else { *span };
            remarks.push(Remark {
                rule: "limit-cuts",
                message: format!(
                    "{name} has {values} values and {limit} facets are shown; the others are left out"
                ),
                hint: Some(format!("write LIMIT {values} or LIMIT MAX")),
                span,
            });
        }
    }
}

/// Less time than the steps that it follows may take.
fn window(query: &Query, facts: &EventFacts, remarks: &mut Vec<Remark>) {
    let Select::Items(items) = &query.select else { return };
    let exprs: Vec<&Expr> = items.iter().map(|item| &item.expr).collect();
    let needed = if facts.kpis.is_empty() { longest_step(&exprs, facts) } else { longest_kpi(&exprs, facts) };
    let Some((needed, reason, place)) = needed else { return };
    let (covered, span) = match (&query.since, &query.until) {
        (None, None) => (HOUR, place),
        (Some(TimePoint::Ago(since)), None) => (since.millis(), query.clauses.since),
        (Some(TimePoint::Ago(since)), Some(TimePoint::Ago(until))) => {
            (since.millis() - until.millis(), query.clauses.since)
        }
        _ => return,
    };
    if covered < needed {
        remarks.push(Remark {
            rule: "short-window",
            message: format!("the query covers {}, but {reason}", duration(covered)),
            hint: Some(format!("query {} or more", duration(needed))),
            span,
        });
    }
}

fn longest_step(exprs: &[&Expr], facts: &EventFacts) -> Option<(i64, String, Span)> {
    let window = facts.window?;
    let funnel = exprs.iter().flat_map(|expr| calls_with_spans(expr));
    let (_, place) = funnel.into_iter().find(|(call, _)| call.name.text.eq_ignore_ascii_case("funnel"))?;
    let reason =
        format!("a step may occur up to {} after the previous one: late steps are missing", duration(window));
    Some((window, reason, place))
}

/// The KPI with the longest bound of those whose both steps are asked for.
fn longest_kpi(exprs: &[&Expr], facts: &EventFacts) -> Option<(i64, String, Span)> {
    let asked: Vec<(&str, &str, Span)> = exprs.iter().flat_map(|expr| compared(expr)).collect();
    let place = |key: &str, step: &str| {
        asked.iter().find(|(left, right, _)| *left == key && *right == step).map(|(.., span)| *span)
    };
    let matching = facts.kpis.iter().filter(|kpi| place(&kpi.key, &kpi.from).is_some());
    let (kpi, place) = matching
        .filter_map(|kpi| Some((kpi, place(&kpi.key, &kpi.to)?)))
        .max_by_key(|(kpi, _)| kpi.within)?;
    let reason = format!(
        "the KPI {} allows a journey {} to reach {}: later ones are missing",
        kpi.name,
        duration(kpi.within),
        kpi.to
    );
    Some((kpi.within, reason, place))
}

/// Attributes that are compared with a string by `=`.
fn compared(expr: &Expr) -> Vec<(&str, &str, Span)> {
    let mut found: Vec<_> = expr.children().into_iter().flat_map(compared).collect();
    if let ExprKind::Binary { op: BinaryOp::Equal, left, right } = &expr.kind
        && let (ExprKind::Attribute(key), ExprKind::Literal(Literal::Text(text))) = (&left.kind, &right.kind)
    {
        found.push((key, text, expr.span));
    }
    found
}

fn duration(millis: i64) -> String {
    let hours = (millis as f64 / HOUR as f64).round();
    match hours % 24.0 == 0.0 && hours >= 48.0 {
        true => format!("{} days", hours / 24.0),
        false if hours == 1.0 => "1 hour".to_owned(),
        false => format!("{hours} hours"),
    }
}
