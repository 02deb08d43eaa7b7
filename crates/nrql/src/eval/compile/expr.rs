//! Values.

use super::compiler::{Compiled, Compiler, Level};
use crate::analysis::{constant, literal_value};
use crate::ast::{BinaryOp, Expr, ExprKind, Query, UnaryOp};
use crate::error::EvalError;
use crate::function::{destructured, field_of};
use crate::node::Node;
use crate::value::Value;

impl<'q> Compiler<'q> {
    pub(super) fn value(&mut self, expr: &'q Expr) -> Compiled<Node> {
        if let Some(node) = self.known_by_text(expr) {
            return Ok(node);
        }
        match &expr.kind {
            ExprKind::Literal(literal) => Ok(Node::Const(literal_value(literal))),
            ExprKind::Regex(pattern) => Ok(Node::Const(Value::text(pattern.as_str()))),
            ExprKind::Attribute(name) => self.attribute(name, expr),
            ExprKind::Star => Err(EvalError::invalid(
                expr.span,
                "`*` is allowed only by itself after SELECT, or in count(*)",
            )),
            ExprKind::Call(call) => self.call(call, expr),
            ExprKind::Index { base, index } => field_of(self, base, index),
            ExprKind::Unary { op: UnaryOp::Negate, operand } => {
                Ok(Node::Negate(Box::new(self.value(operand)?)))
            }
            ExprKind::Binary { op: BinaryOp::Or, left, right } if !expr.is_condition() => {
                Ok(Node::First(Box::new(self.value(left)?), Box::new(self.value(right)?)))
            }
            ExprKind::Binary {
                op: op @ (BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide),
                left,
                right,
            } => Ok(Node::Arithmetic(*op, Box::new(self.value(left)?), Box::new(self.value(right)?))),
            ExprKind::Binary { .. }
            | ExprKind::Unary { .. }
            | ExprKind::Is { .. }
            | ExprKind::Like { .. }
            | ExprKind::In { .. } => Ok(Node::Condition(Box::new(self.condition(expr)?))),
            ExprKind::Subquery(query) => self.subquery_value(query, expr).map(Node::Const),
            ExprKind::Period(period) => Ok(Node::Const(Value::Int(period.millis()))),
            ExprKind::Set(_) => {
                Err(EvalError::invalid(expr.span, "braces only follow include: and exclude:"))
            }
        }
    }

    /// What an expression's own text names: a key of the facet, or a column of the inner query.
    fn known_by_text(&mut self, expr: &Expr) -> Option<Node> {
        let named = !matches!(expr.kind, ExprKind::Literal(_) | ExprKind::Star | ExprKind::Period(_));
        if !named || (self.inner.is_empty() && (self.facets.is_empty() || self.level == Level::Row)) {
            return None;
        }
        let text = match &expr.kind {
            ExprKind::Attribute(name) => name.clone(),
            _ => expr.to_string(),
        };
        if self.level == Level::Result {
            let by_text = |(key, name): &(String, Option<String>)| {
                *key == text || name.as_deref() == Some(text.as_str())
            };
            return self.facets.iter().position(by_text).map(Node::FacetKey);
        }
        if matches!(expr.kind, ExprKind::Attribute(_)) || !self.inner.contains(&text) {
            return None;
        }
        Some(Node::Slot(self.slot(&text)))
    }

    fn attribute(&mut self, name: &str, expr: &'q Expr) -> Compiled<Node> {
        let defines =
            |definition: &crate::ast::Definition| definition.names.iter().any(|known| known.text == name);
        if let Some(place) = self.definitions[..self.visible].iter().rposition(defines) {
            return self.defined(place, |compiler, definition| {
                let value = compiler.value(&definition.expr)?;
                if !definition.destructured {
                    return Ok(value);
                }
                let place = definition.names.iter().position(|known| known.text == name).unwrap_or(0);
                Ok(destructured(value, name, place, definition.names.len() == 1))
            });
        }
        if self.level == Level::Result {
            let message = format!(
                "{name} is the value of one row, but the other results are aggregates of many rows; facet by it, or take latest({name})"
            );
            return Err(EvalError::invalid(expr.span, message));
        }
        Ok(Node::Slot(self.slot(name)))
    }

    /// The one value that an inner query gives.
    fn subquery_value(&self, query: &'q Query, expr: &Expr) -> Compiled<Value> {
        let mut values = self.context.subquery(query, self.range, expr.span)?;
        if values.len() > 1 {
            let message =
                "the inner query returns several values where one is needed; use an aggregate or LIMIT 1";
            return Err(EvalError::invalid(expr.span, message));
        }
        Ok(values.pop().unwrap_or_default())
    }

    /// The value of an expression that reads no row.
    pub(super) fn constant(&self, expr: &Expr) -> Option<Value> {
        constant(expr, &self.definitions[..self.visible])
    }

    pub(super) fn constant_text(&self, expr: &Expr, what: &str) -> Compiled<String> {
        match self.constant(expr) {
            Some(Value::Text(text)) => Ok(text.to_string()),
            _ => Err(EvalError::invalid(expr.span, format!("{what} must be a string in quotes"))),
        }
    }
}
