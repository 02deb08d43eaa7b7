//! Whole queries.

use super::compiler::{Compiled, Compiler, Level};
use crate::analysis::{columns, facet_names, first_argument, has_aggregate, items, key_texts};
use crate::answer::Column;
use crate::ast::{Expr, ExprKind, Facet, FacetValue, Query, SelectItem};
use crate::error::EvalError;
use crate::eval::context::Context;
use crate::eval::plan::{AggregatePlan, FacetOrder, FacetPlan, Plan, RowPlan};
use crate::function::{count_of, count_of_rows, find};
use crate::node::{Condition, Node, Settings};
use crate::time::TimeRange;

fn compiler<'q>(
    query: &'q Query,
    context: &'q Context<'q>,
    range: TimeRange,
    inner: &'q [String],
    settings: Settings,
) -> Compiler<'q> {
    Compiler {
        context,
        range,
        level: Level::Row,
        slots: Vec::new(),
        aggregates: Vec::new(),
        memos: 0,
        filters: Vec::new(),
        definitions: &query.definitions,
        visible: query.definitions.len(),
        facets: Vec::new(),
        inner,
        settings,
    }
}

/// Compiles a query that aggregates.
pub(in crate::eval) fn compile_aggregates<'q>(
    query: &'q Query,
    context: &'q Context<'q>,
    range: TimeRange,
    inner: &'q [String],
    settings: Settings,
) -> Compiled<AggregatePlan> {
    let mut compiler = compiler(query, context, range, inner, settings);
    let filter = query.filter.as_ref().map(|filter| compiler.row_condition(filter)).transpose()?;
    let facets = match &query.facet {
        Some(facet) => compiler.facet_keys(facet)?,
        None => Vec::new(),
    };
    compiler.level = Level::Result;
    let rows = compiler.aggregate(count_of_rows(), "rows")?;
    let items = items(query);
    let mut nodes = Vec::new();
    for item in items {
        nodes.push(compiler.value(&item.expr)?);
    }
    let admission = match items.first().map(|item| &item.expr) {
        Some(first) if query.facet.is_some() => compiler.admission(first)?,
        _ => None,
    };
    let chosen_by = match query.facet.as_ref().and_then(|facet| facet.order_by.first()) {
        Some(key) => Some(compiler.value(&key.expr)?),
        None => None,
    };
    let order =
        FacetOrder { rows, by_value: items.first().is_some_and(ranks_by_value), chosen_by, admission };
    let columns = columns(items);
    context.note_collisions(&columns);
    let facet_names = query.facet.as_ref().map(facet_names).unwrap_or_default();
    let Compiler { slots, aggregates, settings, .. } = compiler;
    let plan = Plan { slots, filter, facets, aggregates, columns: nodes, settings };
    Ok(AggregatePlan { plan, columns, facet_names, order })
}

/// Whether facets are ranked by the value of this first item rather than by their number of rows.
fn ranks_by_value(item: &SelectItem) -> bool {
    let ExprKind::Call(call) = &item.expr.kind else { return false };
    find(&call.name.text).is_some_and(|found| found.uses.ranks)
}

impl<'q> Compiler<'q> {
    fn facet_keys(&mut self, facet: &'q Facet) -> Compiled<Vec<FacetPlan>> {
        let mut plans = Vec::new();
        let mut texts = Vec::new();
        for key in &facet.keys {
            let name = key.alias.as_ref().map(|alias| alias.text.clone());
            match &key.value {
                FacetValue::Expr(expr) => {
                    if has_aggregate(expr, self.definitions) {
                        return Err(EvalError::invalid(
                            expr.span,
                            "FACET groups rows and takes no aggregate",
                        ));
                    }
                    if matches!(expr.kind, ExprKind::Subquery(_)) {
                        return Err(EvalError::invalid(expr.span, "a subquery is not allowed in FACET"));
                    }
                    match self.value(expr)? {
                        Node::Tuple(parts) => plans.extend(parts.into_iter().map(FacetPlan::Value)),
                        node => plans.push(FacetPlan::Value(node)),
                    }
                    texts.extend(key_texts(expr, name));
                }
                FacetValue::Cases { cases, fallback, .. } => {
                    let mut compiled: Vec<(Condition, String)> = Vec::new();
                    for case in cases {
                        let label = case
                            .alias
                            .as_ref()
                            .map_or_else(|| case.condition.to_string(), |alias| alias.text.clone());
                        compiled.push((self.row_condition(&case.condition)?, label));
                    }
                    let fallback = fallback.as_ref().map(|expr| self.value(expr)).transpose()?;
                    plans.push(FacetPlan::Cases(compiled, fallback));
                    texts.push((key.value.to_string(), name));
                }
            }
        }
        self.facets = texts;
        Ok(plans)
    }

    /// Facets in which the first aggregate's argument is always NULL do not appear: this counts it.
    fn admission(&mut self, first: &'q Expr) -> Compiled<Option<usize>> {
        let Some(argument) = first_argument(first, self.definitions) else { return Ok(None) };
        let node = self.at(Level::Row, |compiler| compiler.value(argument))?;
        self.aggregate(count_of(node), &format!("count({argument})")).map(Some)
    }
}

/// Compiles a value of a row by itself; `slots` are the attributes that are read already.
pub(in crate::eval) fn compile_value<'q>(
    query: &'q Query,
    expr: &'q Expr,
    context: &'q Context<'q>,
    range: TimeRange,
    slots: Vec<String>,
    settings: Settings,
) -> Compiled<(Node, Vec<String>, Settings)> {
    let mut compiler = compiler(query, context, range, &[], settings);
    compiler.slots = slots;
    let node = compiler.value(expr)?;
    Ok((node, compiler.slots, compiler.settings))
}

/// Compiles a query for rows.
pub(in crate::eval) fn compile_rows<'q>(
    query: &'q Query,
    context: &'q Context<'q>,
    range: TimeRange,
    inner: &'q [String],
    settings: Settings,
) -> Compiled<RowPlan> {
    if let Some(facet) = &query.facet {
        return Err(EvalError::invalid(
            facet.span,
            "FACET is not supported on events: SELECT needs an aggregate, such as count(*)",
        ));
    }
    if query.timeseries.is_some() {
        return Err(EvalError::invalid(
            query.clauses.timeseries,
            "TIMESERIES is not supported on events: SELECT needs an aggregate, such as count(*)",
        ));
    }
    let mut compiler = compiler(query, context, range, inner, settings);
    let filter = query.filter.as_ref().map(|filter| compiler.row_condition(filter)).transpose()?;
    let mut nodes = Vec::new();
    let mut star = None;
    let mut named = Vec::new();
    for item in items(query) {
        if item.expr.kind == ExprKind::Star {
            star = Some(nodes.is_empty());
            continue;
        }
        named.push(item.clone());
        nodes.push(compiler.value(&item.expr)?);
    }
    let mut order_by = Vec::new();
    for key in &query.order_by {
        order_by.push((compiler.value(&key.expr)?, key.descending));
    }
    let columns: Vec<Column> = columns(&named);
    let Compiler { slots, aggregates, settings, .. } = compiler;
    let plan = Plan { slots, filter, facets: Vec::new(), aggregates, columns: nodes, settings };
    Ok(RowPlan { plan, columns, star, order_by })
}
