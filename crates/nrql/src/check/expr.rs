//! Checks of functions and their arguments.

use super::probe::refused;
use super::{Checker, Severity};
use crate::analysis::has_aggregate;
use crate::ast::{ArgValue, Call, Expr, ExprKind, InList, Literal, Query};
use crate::function::{Args, Function, FunctionKind, Naming, Standing};
use crate::re2::whole_regex;
use crate::span::Span;

impl Checker<'_> {
    pub(super) fn expr(&mut self, expr: &Expr, query: &Query) {
        match &expr.kind {
            ExprKind::Call(call) => self.call(call, expr.span, query),
            ExprKind::Subquery(inner) | ExprKind::In { list: InList::Subquery(inner), .. } => {
                self.subquery(inner);
            }
            ExprKind::Like { regex: true, pattern, .. } => self.regex(pattern),
            _ => {}
        }
        expr.children().into_iter().for_each(|child| self.expr(child, query));
    }

    fn subquery(&mut self, inner: &Query) {
        self.subqueries += 1;
        if self.subqueries == 4 {
            self.error("subqueries", inner.span, "a query may have at most 3 subqueries");
        }
        if inner.timeseries.is_some() || inner.compare_with.is_some() {
            self.error("subquery-clause", inner.span, "a subquery takes no TIMESERIES and no COMPARE WITH");
        }
        if inner.facet.is_some() && inner.limit.is_none() {
            self.warn(
                "subquery-limit",
                inner.span,
                "without LIMIT the subquery gives 10 facets; LIMIT MAX gives up to 5,000",
            );
        }
        self.query(inner);
    }

    fn call(&mut self, call: &Call, span: Span, query: &Query) {
        let Some(function) = crate::function::find(&call.name.text) else {
            let near = crate::function::nearest(&call.name.text);
            let message = format!("Unknown function {}()", call.name.text);
            let hint = near.map(|near| format!("did you mean {near}?"));
            self.report(Severity::Error, "unknown-function", call.name.span, message, hint);
            return;
        };
        let before = self.problems.len();
        let args = Args::of(call, span, function.signature);
        let plain = &args.plain;
        let (least, most) = function.arity;
        if plain.len() < least || plain.len() > most {
            let count = match plain.len() {
                0 => "no argument".to_owned(),
                1 => "1 argument".to_owned(),
                more => format!("{more} arguments"),
            };
            let message = format!("{}() is called with {count}", function.name);
            let hint = Some(format!("write it as {}", function.signature));
            self.report(Severity::Error, "arguments", span, message, hint);
        }
        for label in call.args.iter().filter_map(|arg| arg.label.as_ref()) {
            if !function.labels.iter().any(|known| known.eq_ignore_ascii_case(&label.text)) {
                let near = crate::suggest::nearest(&label.text, function.labels.iter().copied());
                let message = format!("{}() has no argument named {}", function.name, label.text);
                self.report(
                    Severity::Error,
                    "argument-name",
                    label.span,
                    message,
                    near.map(|near| format!("did you mean {near}?")),
                );
            }
        }
        match function.standing {
            Standing::Undocumented => {
                let message = format!("{}() works in New Relic but is not documented", call.name.text);
                self.warn("undocumented-function", call.name.span, message);
            }
            Standing::Metrics => {
                let message = format!("{}() is meant for metrics, not for events", function.name);
                self.warn("metrics-function", call.name.span, message);
            }
            Standing::Documented | Standing::Refused => {}
        }
        if function.kind == FunctionKind::Aggregate {
            self.aggregate(function, call, query);
        }
        self.count_calls(function, span);
        // What is wrong with the form of a call is reported instead of its consequences.
        let wrong = self.problems[before..].iter().any(|problem| problem.severity == Severity::Error);
        if !wrong && let Some(fault) = refused(function, &args, &query.definitions) {
            self.fault("argument", &fault, span);
        }
    }

    fn count_calls(&mut self, function: &Function, span: Span) {
        if function.uses.most_calls == usize::MAX {
            return;
        }
        let place = self.calls.iter().position(|(name, _)| *name == function.name).unwrap_or_else(|| {
            self.calls.push((function.name, 0));
            self.calls.len() - 1
        });
        self.calls[place].1 += 1;
        if self.calls[place].1 == function.uses.most_calls + 1 {
            let message =
                format!("a query may have at most {} calls of {}()", function.uses.most_calls, function.name);
            self.error("captures", span, message);
        }
    }

    fn aggregate(&mut self, function: &Function, call: &Call, query: &Query) {
        let (wraps, name) = (function.wraps(), function.name);
        let Some(first) = call.args.first().map(|arg| arg.value.expr()) else { return };
        let inside = has_aggregate(first, &query.definitions);
        if wraps && !inside {
            let message = format!("the first argument of {name}() must be an aggregate");
            let hint = Some(format!("for example {name}(count(*), …)"));
            self.report(Severity::Error, "aggregate-needed", first.span, message, hint);
        } else if !wraps && inside {
            let message = format!("{name}() works on rows and cannot contain an aggregate");
            let hint = Some("nest the query instead: FROM (SELECT … FACET …)".to_owned());
            self.report(Severity::Error, "nested-aggregate", first.span, message, hint);
        }
        if function.uses.conditioned
            && let Some(condition) = call.args.get(1)
            && matches!(condition.value, ArgValue::Expr(_))
        {
            let message = format!("the second argument of {name}() is a condition");
            let span = condition.value.expr().span;
            let hint = Some("write WHERE before it".to_owned());
            self.report(Severity::Error, "where-needed", span, message, hint);
        }
        if function.naming == Naming::Steps {
            for step in call.args.iter().skip(1).filter(|step| matches!(step.value, ArgValue::Expr(_))) {
                let span = step.value.expr().span;
                self.error("funnel-step", span, "a step of funnel is written WHERE condition AS 'label'");
            }
        }
    }

    /// Reports aggregates where only one row's values may stand.
    pub(super) fn row_level(&mut self, expr: &Expr, query: &Query, clause: &str) {
        if has_aggregate(expr, &query.definitions) {
            let hint = Some(
                "filter the result of a nested query instead: FROM (SELECT … FACET …) … WHERE …".to_owned(),
            );
            let message = format!("{clause} looks at one row at a time and does not allow aggregates");
            self.report(Severity::Error, "aggregate-in-rows", expr.span, message, hint);
        }
    }

    fn regex(&mut self, pattern: &Expr) {
        if let ExprKind::Regex(text) | ExprKind::Literal(Literal::Text(text)) = &pattern.kind
            && let Err(fault) = whole_regex(text, pattern.span)
        {
            self.fault("regex", &fault, pattern.span);
        }
    }
}
