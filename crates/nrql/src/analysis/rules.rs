//! Rules shared by the checker and the evaluator.

use super::level::aggregates_in;
use super::naming::{columns, facet_names, projected};
use crate::ast::{Expr, ExprKind, FromItem, Join, Limit, Query, Select, SelectItem};
use crate::error::EvalError;
use crate::span::Span;

/// Facets or rows that a query may ask for.
const MOST_ROWS: u64 = 5_000;
/// The same of a lookup table.
const MOST_LOOKUP_ROWS: u64 = 20_000;

/// The most facets or rows that a query may ask for: more of a lookup table.
pub(crate) fn most_rows(query: &Query) -> u64 {
    let lookup = query.from.iter().any(|item| matches!(item, FromItem::Lookup(_)));
    if lookup { MOST_LOOKUP_ROWS } else { MOST_ROWS }
}

/// What is wrong with LIMIT.
pub(crate) fn limit_fault(query: &Query) -> Option<EvalError> {
    let most = most_rows(query);
    match query.limit {
        Some(Limit::Count(count)) if count > most => Some(EvalError::invalid(
            query.clauses.limit,
            format!("LIMIT {count} is above the maximum of {most}"),
        )),
        _ => None,
    }
}

pub(crate) fn items(query: &Query) -> &[SelectItem] {
    match &query.select {
        Select::Items(items) => items,
        Select::EventTypes => &[],
    }
}

/// What is wrong with a JOIN.
pub(crate) fn join_fault(join: &Join) -> Option<EvalError> {
    let invalid = |span: Span, message: String| Some(EvalError::invalid(span, message));
    let inner = &join.query;
    if let Some(star) = items(inner).iter().find(|item| item.expr.kind == ExprKind::Star) {
        return invalid(
            star.expr.span,
            "a joined query must name its columns; SELECT * is not allowed".to_owned(),
        );
    }
    if inner.timeseries.is_some() {
        return invalid(inner.clauses.timeseries, "a joined query takes no TIMESERIES".to_owned());
    }
    if inner.compare_with.is_some() {
        return invalid(inner.clauses.compare_with, "a joined query takes no COMPARE WITH".to_owned());
    }
    if let Some(span) = items(inner).iter().find_map(|item| lists(&item.expr)) {
        return invalid(
            span,
            "a joined query cannot select uniques(); facet by the attribute instead".to_owned(),
        );
    }
    let key = join.inner.as_ref().unwrap_or(&join.outer);
    let ExprKind::Attribute(name) = &key.kind else {
        return invalid(
            key.span,
            "the right side of ON must be a column of the joined query, not a calculation".to_owned(),
        );
    };
    let facets = inner.facet.as_ref().map(facet_names).unwrap_or_default();
    let (mut names, texts) = projected(&facets, &columns(items(inner)), aggregates_in(inner));
    names.extend(texts);
    if names.contains(name) {
        return None;
    }
    let near = crate::suggest::nearest(name, names.iter().map(String::as_str));
    let guess = near.map_or(String::new(), |near| format!("; did you mean {near}?"));
    invalid(key.span, format!("the joined query has no column {name}{guess}"))
}

/// Where an expression asks for a list of values.
fn lists(expr: &Expr) -> Option<Span> {
    if let ExprKind::Call(call) = &expr.kind
        && call.name.text.eq_ignore_ascii_case("uniques")
    {
        return Some(call.name.span);
    }
    expr.children().into_iter().find_map(lists)
}
