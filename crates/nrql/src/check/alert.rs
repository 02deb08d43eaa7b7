//! Rules for queries of alert conditions.

use super::Checker;
use crate::analysis::has_aggregate;
use crate::ast::{ExprKind, FromItem, Query, Select};

impl Checker<'_> {
    /// Alert conditions need one number for each facet, evaluate it on their own windows and know no subqueries.
    pub(super) fn alert(&mut self, query: &Query) {
        let at = query.clauses;
        let facet_order = query.facet.as_ref().filter(|facet| !facet.order_by.is_empty());
        let joins = query.joins.first().map_or(query.span, |join| join.span);
        let clauses = [
            (query.since.is_some(), at.since, "SINCE: the condition has its own window"),
            (query.until.is_some(), at.until, "UNTIL: the condition has its own window"),
            (query.timeseries.is_some(), at.timeseries, "TIMESERIES: the condition has its own window"),
            (
                query.slide_by.is_some(),
                at.slide_by,
                "SLIDE BY in the query: it is a setting of the condition",
            ),
            (query.compare_with.is_some(), at.compare_with, "COMPARE WITH"),
            (query.limit.is_some(), at.limit, "LIMIT"),
            (query.offset.is_some(), at.offset, "OFFSET"),
            (!query.order_by.is_empty(), at.order_by, "ORDER BY"),
            (facet_order.is_some(), facet_order.map_or(query.span, |facet| facet.span), "FACET … ORDER BY"),
            (!query.joins.is_empty(), joins, "JOIN"),
            (query.predict.is_some(), at.predict, "PREDICT"),
            (query.select == Select::EventTypes, query.span, "SHOW EVENT TYPES"),
        ];
        for (there, span, clause) in clauses {
            if there {
                self.error("alert-clause", span, format!("an alert condition cannot use {clause}"));
            }
        }
        for inner in query
            .from
            .iter()
            .filter_map(|item| if let FromItem::Query(inner) = item { Some(inner) } else { None })
        {
            if inner.facet.is_none() {
                self.error(
                    "alert-nested",
                    inner.span,
                    "nested aggregation in an alert condition needs FACET in the inner query",
                );
            }
        }
        if self.subqueries > 0 {
            self.error("alert-subquery", query.span, "an alert condition takes no subquery");
        }
        let Select::Items(items) = &query.select else { return };
        if let [_, second, ..] = items.as_slice() {
            self.error(
                "alert-single",
                second.expr.span,
                "an alert condition takes one result; SELECT has several",
            );
        }
        for item in items {
            if !has_aggregate(&item.expr, &query.definitions) {
                self.error(
                    "alert-number",
                    item.expr.span,
                    "an alert condition needs a number: SELECT an aggregate",
                );
            }
            self.alert_functions(&item.expr);
        }
    }

    fn alert_functions(&mut self, expr: &crate::ast::Expr) {
        if let ExprKind::Call(call) = &expr.kind
            && let Some(function) = crate::function::find(&call.name.text)
            && !function.uses.alerts
        {
            let message = format!("an alert condition takes no {}()", function.name);
            self.error("alert-function", call.name.span, message);
        }
        expr.children().into_iter().for_each(|child| self.alert_functions(child));
    }
}
