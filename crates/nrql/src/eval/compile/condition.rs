//! Conditions.

use super::compiler::{Compiled, Compiler, Level};
use super::lift::lift;
use crate::ast::{BinaryOp, Expr, ExprKind, InList, Test, UnaryOp};
use crate::error::EvalError;
use crate::node::{Condition, Node, Pattern, Truth, key_set};
use crate::re2::whole_regex;
use crate::value::Value;

impl<'q> Compiler<'q> {
    /// A condition with its one-attribute parts marked.
    pub(super) fn row_condition(&mut self, expr: &'q Expr) -> Compiled<Condition> {
        let condition = self.at(Level::Row, |compiler| compiler.condition(expr))?;
        Ok(lift(condition, &mut self.memos, &self.slots))
    }

    pub(super) fn condition(&mut self, expr: &'q Expr) -> Compiled<Condition> {
        let not = |negated: bool, condition: Condition| {
            if negated { Condition::Not(Box::new(condition)) } else { condition }
        };
        match &expr.kind {
            ExprKind::Binary { op: BinaryOp::And, left, right } => {
                Ok(Condition::All(Box::new(self.condition(left)?), Box::new(self.condition(right)?)))
            }
            ExprKind::Binary { op: BinaryOp::Or, left, right } => {
                Ok(Condition::Any(Box::new(self.condition(left)?), Box::new(self.condition(right)?)))
            }
            ExprKind::Unary { op: UnaryOp::Not, operand } => Ok(not(true, self.condition(operand)?)),
            ExprKind::Binary { op, left, right } if op.compares() => {
                Ok(Condition::Compare(*op, self.value(left)?, self.value(right)?))
            }
            ExprKind::Is { operand, negated, test } => {
                let node = self.value(operand)?;
                let condition = match test {
                    Test::Null => Condition::IsNull(node),
                    Test::True => Condition::IsBool(node, true),
                    Test::False => Condition::IsBool(node, false),
                };
                Ok(not(*negated, condition))
            }
            ExprKind::Like { operand, negated, regex, pattern } => {
                let node = self.value(operand)?;
                let text = self.constant_text(pattern, "the pattern")?;
                let condition = if *regex {
                    Condition::Matches(node, whole_regex(&text, pattern.span)?)
                } else {
                    Condition::Like(node, Pattern::new(&text))
                };
                Ok(not(*negated, condition))
            }
            ExprKind::In { operand, negated, list } => {
                self.membership(operand, list, expr).map(|found| not(*negated, found))
            }
            _ => match self.value(expr)? {
                Node::Const(Value::Bool(value)) => Ok(Condition::Always(Truth::of(value))),
                node => Ok(Condition::Holds(node)),
            },
        }
    }

    fn membership(&mut self, operand: &'q Expr, list: &'q InList, expr: &Expr) -> Compiled<Condition> {
        let values = match list {
            InList::Subquery(query) => Some(self.context.subquery(query, self.range, expr.span)?),
            InList::Values(values) => values.iter().map(|value| self.constant(value)).collect(),
        };
        if let Some(values) = values {
            return Ok(Condition::In(self.value(operand)?, key_set(values)));
        }
        let InList::Values(values) = list else { return Err(EvalError::Internal) };
        let mut any = Condition::Always(Truth::of(false));
        for value in values {
            let equal = Condition::Compare(BinaryOp::Equal, self.value(operand)?, self.value(value)?);
            any = Condition::Any(Box::new(any), Box::new(equal));
        }
        Ok(any)
    }
}
