//! The interface that a function uses while its call is compiled.

use jiff::tz::TimeZone;

use crate::ast::{Arg, ArgValue, Call, Expr, ExprKind};
use crate::error::EvalError;
use crate::node::{Condition, Node};
use crate::span::Span;
use crate::value::Value;

pub(crate) type Built<T> = Result<T, EvalError>;

/// The compiler, or the checker in its place.
pub(crate) trait Build<'q> {
    /// An argument as a value.
    fn value(&mut self, expr: &'q Expr) -> Built<Node>;

    /// An argument as a condition.
    fn condition(&mut self, expr: &'q Expr) -> Built<Condition>;

    /// A condition on rows, its one-attribute parts marked.
    fn row_condition(&mut self, expr: &'q Expr) -> Built<Condition>;

    /// The value of an expression that reads no row.
    fn constant(&mut self, expr: &'q Expr) -> Option<Value>;

    /// An aggregate over the rows that a condition keeps.
    fn filtered(&mut self, of: &'q Expr, condition: &'q Expr) -> Built<Node>;

    /// Whether a value is worked out from many rows.
    fn has_aggregate(&self, expr: &Expr) -> bool;

    /// An attribute that is not written in the query, if some row has it.
    fn other_attribute(&mut self, name: &str) -> Option<Node>;

    /// A number for what is decided once for each distinct text.
    fn memo(&mut self) -> usize;

    /// Adds a message to the answer.
    fn note(&mut self, message: &str);
}

impl<'q> dyn Build<'q> + '_ {
    pub(super) fn constant_text(&mut self, expr: &'q Expr, what: &str) -> Built<String> {
        match self.constant(expr) {
            Some(Value::Text(text)) => Ok(text.to_string()),
            _ => Err(EvalError::invalid(expr.span, format!("{what} must be a string in quotes"))),
        }
    }

    pub(super) fn constant_number(&mut self, expr: &'q Expr, what: &str) -> Built<f64> {
        match self.constant(expr).and_then(|value| value.number()) {
            Some(number) => Ok(number),
            None => Err(EvalError::invalid(expr.span, format!("{what} must be a number"))),
        }
    }

    pub(super) fn constant_zone(&mut self, expr: &'q Expr) -> Built<TimeZone> {
        let text = self.constant_text(expr, "the time zone")?;
        crate::calendar::zone::find(&text)
            .map_err(|expected| EvalError::invalid(expr.span, format!("expected {expected}")))
    }

    /// Positional arguments as values, from a place on.
    pub(super) fn values(&mut self, args: &Args<'q>) -> Built<Vec<Node>> {
        args.plain.iter().map(|arg| self.value(arg.value.expr())).collect()
    }

    /// The first argument as the only value of a call.
    pub(super) fn first(&mut self, args: &Args<'q>) -> Built<Node> {
        self.value(args.needed(0)?)
    }

    /// Positional arguments as values, a tuple as its parts.
    pub(super) fn parts(&mut self, args: &Args<'q>) -> Built<Vec<Node>> {
        let mut nodes = Vec::new();
        for node in self.values(args)? {
            match node {
                Node::Tuple(parts) => nodes.extend(parts),
                node => nodes.push(node),
            }
        }
        Ok(nodes)
    }
}

/// The arguments of one call: the positional ones, then those with a label.
pub(crate) struct Args<'q> {
    pub(crate) plain: Vec<&'q Arg>,
    labelled: Vec<(&'q str, &'q Arg)>,
    /// The whole call.
    pub(crate) span: Span,
    signature: &'static str,
}

impl<'q> Args<'q> {
    pub(crate) fn of(call: &'q Call, span: Span, signature: &'static str) -> Self {
        let plain = call.args.iter().filter(|arg| arg.label.is_none()).collect();
        let labelled =
            call.args.iter().filter_map(|arg| Some((arg.label.as_ref()?.text.as_str(), arg))).collect();
        Self { plain, labelled, span, signature }
    }

    pub(super) fn label(&self, name: &str) -> Option<&'q Expr> {
        let found = self.labelled.iter().find(|(label, _)| label.eq_ignore_ascii_case(name));
        found.map(|(_, arg)| arg.value.expr())
    }

    /// The names in the braces of an argument such as `include: {a, b}`.
    pub(super) fn names(&self, label: &str) -> Vec<String> {
        let name = |expr: &Expr| match &expr.kind {
            ExprKind::Attribute(name) => name.clone(),
            _ => expr.to_string(),
        };
        match self.label(label).map(|expr| &expr.kind) {
            Some(ExprKind::Set(items)) => items.iter().map(name).collect(),
            _ => Vec::new(),
        }
    }

    pub(super) fn expr(&self, place: usize) -> Option<&'q Expr> {
        self.plain.get(place).map(|arg| arg.value.expr())
    }

    /// An argument that the number of arguments vouches for.
    pub(super) fn needed(&self, place: usize) -> Built<&'q Expr> {
        self.expr(place)
            .ok_or_else(|| EvalError::invalid(self.span, format!("it is written {}", self.signature)))
    }

    /// An argument written `WHERE condition`.
    pub(super) fn where_clause(&self, place: usize) -> Option<&'q Expr> {
        match &self.plain.get(place)?.value {
            ArgValue::Where(condition) => Some(condition),
            ArgValue::Expr(_) => None,
        }
    }

    /// A number and a unit, in milliseconds.
    pub(super) fn period(&self, place: usize) -> Built<Option<f64>> {
        match self.expr(place).map(|expr| (&expr.kind, expr.span)) {
            None => Ok(None),
            Some((ExprKind::Period(period), _)) if period.amount > 0 => Ok(Some(period.millis() as f64)),
            Some((_, span)) => {
                Err(EvalError::invalid(span, "a number and a unit are needed here, as in 1 minute"))
            }
        }
    }
}
