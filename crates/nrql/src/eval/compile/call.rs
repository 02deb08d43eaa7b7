//! Compiles function calls.

use super::compiler::{Compiled, Compiler, Level};
use crate::analysis::has_aggregate;
use crate::ast::{Call, Expr};
use crate::error::EvalError;
use crate::eval::plan::PlannedAggregate;
use crate::function::{Aggregate, Args, Body, Build, Built, FunctionKind, PlainCall};
use crate::node::{Condition, Node};
use crate::value::Value;

impl<'q> Compiler<'q> {
    pub(super) fn call(&mut self, call: &'q Call, expr: &'q Expr) -> Compiled<Node> {
        let Some(function) = crate::function::find(&call.name.text) else {
            let mut message = format!("Unknown function {}()", call.name.text);
            if let Some(near) = crate::function::nearest(&call.name.text) {
                message.push_str(&format!("; did you mean {near}?"));
            }
            return Err(EvalError::invalid(call.name.span, message));
        };
        if matches!(function.body, Body::Unknown) {
            let message =
                format!("{}() is a function of New Relic that is not implemented here", function.name);
            return Err(EvalError::unsupported(call.name.span, message));
        }
        let args = Args::of(call, expr.span, function.signature);
        let (least, most) = function.arity;
        if args.plain.len() < least || args.plain.len() > most {
            // A named argument may stand in for the positional one, as in apdex(d, t: 0.5).
            let message = format!("{} is written {}", function.name, function.signature);
            return Err(EvalError::invalid(expr.span, message));
        }
        if function.kind == FunctionKind::Aggregate && self.level == Level::Row {
            let message = format!(
                "{}() works on many rows and is not allowed inside another aggregate or in a condition on rows",
                function.name
            );
            return Err(EvalError::invalid(expr.span, message));
        }
        match function.body {
            Body::Plain(value) => {
                let nodes = args.plain.iter().map(|arg| self.value(arg.value.expr()));
                Ok(Node::Call(Box::new(PlainCall(value)), nodes.collect::<Compiled<_>>()?))
            }
            Body::Row(prepare) | Body::Results(prepare) => prepare(self, &args),
            Body::Aggregate(prepare) => {
                let aggregate = self.at(Level::Row, |compiler| prepare(compiler, &args))?;
                self.aggregate(aggregate, &expr.to_string()).map(Node::Aggregate)
            }
            Body::Unknown => Err(EvalError::Internal),
        }
    }

    /// Adds an aggregate under the filters around it, or finds the one that is the same.
    pub(super) fn aggregate(&mut self, aggregate: Box<dyn Aggregate>, text: &str) -> Compiled<usize> {
        let filters = self.filters.clone();
        let mut key = format!("{}@{}", aggregate.same_as().unwrap_or(text), self.visible);
        let mut filter = None;
        for condition in filters {
            key.push_str(&format!(" WHERE {condition}"));
            let condition = Compiler::row_condition(self, condition)?;
            filter = Some(match filter {
                Some(before) => Condition::All(Box::new(before), Box::new(condition)),
                None => condition,
            });
        }
        if let Some(known) = self.aggregates.iter().position(|known| known.key == key) {
            return Ok(known);
        }
        self.aggregates.push(PlannedAggregate { aggregate, filter, key });
        Ok(self.aggregates.len() - 1)
    }
}

impl<'q> Build<'q> for Compiler<'q> {
    fn value(&mut self, expr: &'q Expr) -> Built<Node> {
        Compiler::value(self, expr)
    }

    fn condition(&mut self, expr: &'q Expr) -> Built<Condition> {
        Compiler::condition(self, expr)
    }

    fn row_condition(&mut self, expr: &'q Expr) -> Built<Condition> {
        Compiler::row_condition(self, expr)
    }

    fn constant(&mut self, expr: &'q Expr) -> Option<Value> {
        Compiler::constant(self, expr)
    }

    fn filtered(&mut self, of: &'q Expr, condition: &'q Expr) -> Built<Node> {
        self.filters.push(condition);
        let filtered = Compiler::value(self, of);
        self.filters.pop();
        filtered
    }

    fn has_aggregate(&self, expr: &Expr) -> bool {
        has_aggregate(expr, self.definitions)
    }

    fn other_attribute(&mut self, name: &str) -> Option<Node> {
        self.context.has_attribute(name).then(|| Node::Slot(self.slot(name)))
    }

    fn memo(&mut self) -> usize {
        self.memos += 1;
        self.memos - 1
    }

    fn note(&mut self, message: &str) {
        self.context.note(message);
    }
}
