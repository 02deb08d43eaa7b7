//! Calls made ready as the evaluator does, without rows: what a function refuses is reported beforehand.

use crate::analysis::{constant, has_aggregate, literal_value};
use crate::ast::{Definition, Expr, ExprKind};
use crate::error::EvalError;
use crate::function::{Args, Body, Build, Built, Function};
use crate::node::{Condition, Node, Truth};
use crate::value::Value;

/// What the function refuses about a call of it.
pub(super) fn refused<'q>(
    function: &Function,
    args: &Args<'q>,
    definitions: &'q [Definition],
) -> Option<EvalError> {
    let mut probe = Probe { definitions };
    let prepared = match function.body {
        Body::Plain(_) => args.plain.iter().try_for_each(|arg| probe.value(arg.value.expr()).map(drop)),
        Body::Row(prepare) | Body::Results(prepare) => prepare(&mut probe, args).map(drop),
        Body::Aggregate(prepare) => prepare(&mut probe, args).map(drop),
        Body::Unknown => Ok(()),
    };
    prepared.err()
}

struct Probe<'q> {
    definitions: &'q [Definition],
}

impl<'q> Build<'q> for Probe<'q> {
    fn value(&mut self, expr: &'q Expr) -> Built<Node> {
        match &expr.kind {
            ExprKind::Star => Err(EvalError::invalid(
                expr.span,
                "`*` is allowed only by itself after SELECT, or in count(*)",
            )),
            ExprKind::Set(_) => {
                Err(EvalError::invalid(expr.span, "braces only follow include: and exclude:"))
            }
            ExprKind::Literal(literal) => Ok(Node::Const(literal_value(literal))),
            // Whatever it is, it is of a row.
            _ => Ok(Node::Slot(0)),
        }
    }

    fn condition(&mut self, _: &'q Expr) -> Built<Condition> {
        Ok(Condition::Always(Truth::of(true)))
    }

    fn row_condition(&mut self, expr: &'q Expr) -> Built<Condition> {
        self.condition(expr)
    }

    fn constant(&mut self, expr: &'q Expr) -> Option<Value> {
        constant(expr, self.definitions)
    }

    fn filtered(&mut self, of: &'q Expr, _: &'q Expr) -> Built<Node> {
        self.value(of)
    }

    fn has_aggregate(&self, expr: &Expr) -> bool {
        has_aggregate(expr, self.definitions)
    }

    fn other_attribute(&mut self, _: &str) -> Option<Node> {
        None
    }

    fn memo(&mut self) -> usize {
        0
    }

    fn note(&mut self, _: &str) {}
}
