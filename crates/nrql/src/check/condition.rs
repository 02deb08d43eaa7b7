//! Conditions against the schema: names, types, values that cannot be, funnels that lose their key.

use super::schema::{AttributeSchema, EventSchema, ValueType};
use super::{Checker, Severity};
use crate::analysis::each_attribute;
use crate::ast::{ArgValue, BinaryOp, Expr, ExprKind, InList, Literal, Query, Select, Test};
use crate::function::Naming;
use crate::node::Pattern;

impl<'s> Checker<'s> {
    /// Attributes that no event type of the query has.
    pub(super) fn names(&mut self, query: &Query, known: &[&'s EventSchema]) {
        let mut found: Vec<(&str, &Expr)> = Vec::new();
        each_attribute(query, &mut |name, expr| found.push((name, expr)));
        for (name, expr) in found {
            if known.iter().any(|event| event.find(name).is_some()) {
                continue;
            }
            let names = known.iter().flat_map(|event| event.names());
            let hint = crate::suggest::nearest(name, names).map(|near| format!("did you mean {near}?"));
            if !known.iter().any(|event| event.open) {
                let message = format!("no event has the attribute {name}, so it is always NULL");
                self.report(Severity::Error, "unknown-attribute", expr.span, message, hint);
            } else if hint.is_some() {
                let message = format!("the attribute {name} is not documented");
                self.report(Severity::Warning, "unknown-attribute", expr.span, message, hint);
            }
        }
    }

    /// Comparisons in a condition.
    pub(super) fn condition(&mut self, expr: &Expr, known: &[&'s EventSchema]) {
        match &expr.kind {
            ExprKind::Binary { op, left, right } if op.compares() => {
                self.comparison(*op, left, right, known);
                self.comparison(*op, right, left, known);
            }
            ExprKind::In { operand, negated, list: InList::Values(values) } => {
                let op = if *negated { BinaryOp::NotEqual } else { BinaryOp::Equal };
                values.iter().for_each(|value| self.comparison(op, operand, value, known));
            }
            ExprKind::Is { operand, test: Test::True | Test::False, .. } => {
                if let Some(attribute) = attribute(operand, known)
                    && !matches!(attribute.value_type, ValueType::Boolean | ValueType::Unknown)
                {
                    let message = format!(
                        "{} is {}, so it is neither TRUE nor FALSE",
                        attribute.name,
                        attribute.value_type.word()
                    );
                    self.error("wrong-type", expr.span, message);
                }
            }
            ExprKind::Like { operand, pattern, negated, regex } => {
                if let Some(attribute) = attribute(operand, known) {
                    self.pattern(attribute, expr, pattern, *negated, *regex);
                }
            }
            _ => {}
        }
        if let ExprKind::Call(_) = expr.kind {
            return;
        }
        expr.children().into_iter().for_each(|child| self.condition(child, known));
    }

    fn comparison(&mut self, op: BinaryOp, left: &Expr, right: &Expr, known: &[&'s EventSchema]) {
        let Some(attribute) = attribute(left, known) else { return };
        let ExprKind::Literal(literal) = &right.kind else { return };
        let found = match literal {
            Literal::Text(_) => ValueType::Text,
            Literal::Int(_) | Literal::Float(_) => ValueType::Number,
            Literal::Bool(_) => ValueType::Boolean,
            Literal::Null => return,
        };
        let negative = op == BinaryOp::NotEqual;
        let outcome = if negative { "this holds for every event" } else { "this never holds" };
        if attribute.value_type == ValueType::Unknown {
            return;
        }
        if found != attribute.value_type {
            let message = format!(
                "{} is {} and {right} is {}; New Relic does not convert types, so {outcome}",
                attribute.name,
                attribute.value_type.word(),
                found.word()
            );
            let hint = match (attribute.value_type, literal) {
                (ValueType::Boolean, Literal::Text(text))
                    if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") =>
                {
                    Some(format!("write {} IS {}", attribute.name, text.to_ascii_uppercase()))
                }
                (ValueType::Number, Literal::Text(text)) if text.parse::<f64>().is_ok() => {
                    Some("write the number without quotes".to_owned())
                }
                (ValueType::Text, Literal::Int(_) | Literal::Float(_)) => {
                    Some(format!("write '{right}' in quotes"))
                }
                _ => None,
            };
            self.report(Severity::Error, "wrong-type", right.span, message, hint);
            return;
        }
        let Literal::Text(text) = literal else { return };
        let equality = matches!(op, BinaryOp::Equal | BinaryOp::NotEqual);
        if equality && !attribute.values.is_empty() && !attribute.values.iter().any(|value| value == text) {
            let near = crate::suggest::nearest(text, attribute.values.iter().map(String::as_str));
            let hint = near.map(|near| format!("did you mean '{near}'?"));
            let message = format!(
                "{} is never '{text}', so {outcome}; it is one of {}",
                attribute.name,
                attribute.values.join(", ")
            );
            self.report(Severity::Error, "impossible-value", right.span, message, hint);
        } else if let Some((regex, words)) = &attribute.pattern
            && equality
            && !regex.is_match(text)
        {
            let message = format!("{} is never '{text}', so {outcome}; it is {words}", attribute.name);
            self.error("impossible-value", right.span, message);
        } else if negative && attribute.optional {
            let message = format!(
                "it is not documented whether {} != … holds for events without {}",
                attribute.name, attribute.name
            );
            let hint = Some(format!("add {} IS NULL or IS NOT NULL", attribute.name));
            self.report(Severity::Warning, "negative-on-missing", left.span, message, hint);
        }
    }

    /// LIKE that no possible value matches.
    fn pattern(
        &mut self,
        attribute: &AttributeSchema,
        expr: &Expr,
        pattern: &Expr,
        negated: bool,
        regex: bool,
    ) {
        if attribute.value_type == ValueType::Unknown {
            return;
        }
        if attribute.value_type != ValueType::Text {
            let message = format!(
                "{} is {}; LIKE and RLIKE match strings only",
                attribute.name,
                attribute.value_type.word()
            );
            self.error("wrong-type", expr.span, message);
            return;
        }
        let ExprKind::Literal(Literal::Text(text)) = &pattern.kind else { return };
        if regex || negated || attribute.values.is_empty() {
            return;
        }
        if !attribute.values.iter().any(|value| Pattern::new(text).matches(value)) {
            let message = format!(
                "{} never matches '{text}'; it is one of {}",
                attribute.name,
                attribute.values.join(", ")
            );
            self.error("impossible-value", pattern.span, message);
        }
    }

    /// Funnels whose key some step never has: such a step always counts 0.
    pub(super) fn funnels(&mut self, query: &Query, known: &[&'s EventSchema]) {
        let Select::Items(items) = &query.select else { return };
        for item in items {
            self.funnel_in(&item.expr, known);
        }
    }

    fn funnel_in(&mut self, expr: &Expr, known: &[&'s EventSchema]) {
        if let ExprKind::Call(call) = &expr.kind {
            let funnel = crate::function::find(&call.name.text)
                .is_some_and(|function| function.naming == Naming::Steps);
            let key = call.args.first().and_then(|arg| attribute(arg.value.expr(), known));
            for arg in &call.args {
                if let ArgValue::Where(condition) = &arg.value {
                    self.condition(condition, known);
                    if funnel && let Some(key) = key {
                        self.funnel_step(key, condition);
                    }
                }
            }
            if funnel
                && let Some(key) = key
                && key.optional
            {
                let message = format!("events without {} are not followed", key.name);
                self.warn("funnel-key", call.args[0].value.expr().span, message);
            }
            for arg in &call.args {
                if let ArgValue::Expr(condition) = &arg.value
                    && condition.is_condition()
                {
                    self.condition(condition, known);
                }
            }
        }
        expr.children().into_iter().for_each(|child| self.funnel_in(child, known));
    }

    fn funnel_step(&mut self, key: &AttributeSchema, condition: &Expr) {
        let Some((other, values)) = &key.only_when else { return };
        let Some((wanted, span)) = equals_of(condition, other) else { return };
        if !wanted.iter().any(|value| values.contains(value)) {
            let message = format!(
                "{} is present only where {other} is {}, so this step always counts 0",
                key.name,
                values.join(" or ")
            );
            self.error("funnel-key", span, message);
        }
    }
}

fn attribute<'s>(expr: &Expr, known: &[&'s EventSchema]) -> Option<&'s AttributeSchema> {
    match &expr.kind {
        ExprKind::Attribute(name) => known.iter().find_map(|event| event.find(name)),
        _ => None,
    }
}

/// The values that a condition allows an attribute, where it surely pins it to some.
fn equals_of(condition: &Expr, name: &str) -> Option<(Vec<String>, crate::span::Span)> {
    let is_it = |expr: &Expr| matches!(&expr.kind, ExprKind::Attribute(found) if found == name);
    let text = |expr: &Expr| match &expr.kind {
        ExprKind::Literal(Literal::Text(text)) => Some(text.clone()),
        _ => None,
    };
    match &condition.kind {
        ExprKind::Binary { op: BinaryOp::Equal, left, right } if is_it(left) => {
            Some((vec![text(right)?], condition.span))
        }
        ExprKind::Binary { op: BinaryOp::And, left, right } => {
            equals_of(left, name).or_else(|| equals_of(right, name))
        }
        ExprKind::In { operand, negated: false, list: InList::Values(values) } if is_it(operand) => {
            Some((values.iter().map(text).collect::<Option<_>>()?, condition.span))
        }
        _ => None,
    }
}
