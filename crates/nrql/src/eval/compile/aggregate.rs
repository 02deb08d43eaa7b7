//! Aggregates.

use super::call::Args;
use super::{Compiled, Compiler, Level};
use crate::ast::{ArgValue, Expr, ExprKind};
use crate::eval::aggregate::{Aggregate, AggregateKind};
use crate::eval::error::EvalError;
use crate::eval::node::Node;
use crate::function::{Function, Id};
use crate::value::Value;

impl<'q> Compiler<'q> {
    pub(super) fn aggregate_call(
        &mut self,
        function: &Function,
        args: &Args<'q>,
        expr: &'q Expr,
    ) -> Compiled<Node> {
        match function.id {
            Id::Filter => return self.filter(args, expr, false),
            Id::Percentage => return self.filter(args, expr, true),
            Id::Rate => return self.rate(args, expr),
            Id::AggregationEndTime => return Ok(Node::WindowEnd),
            _ => {}
        }
        let kind = self.at(Level::Row, |compiler| compiler.kind(function, args, expr))?;
        self.aggregate(kind, &expr.to_string()).map(Node::Aggregate)
    }

    /// Adds an aggregate under the filters around it, or finds the one that is the same.
    pub(super) fn aggregate(&mut self, kind: AggregateKind, text: &str) -> Compiled<usize> {
        let filters = self.filters.clone();
        // However it is written, the number of rows is counted once.
        let text = if matches!(kind, AggregateKind::Rows) { "rows" } else { text };
        let mut key = format!("{text}@{}", self.visible);
        let mut filter = None;
        for condition in filters {
            key.push_str(&format!(" WHERE {condition}"));
            let condition = self.row_condition(condition)?;
            filter = Some(match filter {
                Some(before) => crate::eval::node::Condition::All(Box::new(before), Box::new(condition)),
                None => condition,
            });
        }
        if let Some(known) = self.aggregates.iter().position(|known| known.key == key) {
            return Ok(known);
        }
        self.aggregates.push(Aggregate { kind, filter, key });
        Ok(self.aggregates.len() - 1)
    }

    fn filter(&mut self, args: &Args<'q>, expr: &'q Expr, percentage: bool) -> Compiled<Node> {
        let (Some(of), Some(condition)) = (args.expr(0), args.expr(1)) else {
            return Err(EvalError::Internal);
        };
        if !super::has_aggregate(of, self.definitions) {
            let message = "the first argument must be an aggregate, as in filter(count(*), WHERE …)";
            return Err(EvalError::invalid(of.span, message));
        }
        let explicit = matches!(args.plain.get(1).map(|arg| &arg.value), Some(ArgValue::Where(_)));
        if !explicit && !condition.is_condition() {
            return Err(EvalError::invalid(expr.span, "the second argument is a condition: WHERE …"));
        }
        self.filters.push(condition);
        let part = self.value(of);
        self.filters.pop();
        let part = part?;
        if !percentage {
            return Ok(part);
        }
        Ok(Node::Percentage { part: Box::new(part), whole: Box::new(self.value(of)?) })
    }

    fn rate(&mut self, args: &Args<'q>, expr: &'q Expr) -> Compiled<Node> {
        let Some(of) = args.expr(0) else { return Err(EvalError::Internal) };
        if !super::has_aggregate(of, self.definitions) {
            return Err(EvalError::invalid(
                expr.span,
                "rate takes an aggregate, as in rate(count(*), 1 minute)",
            ));
        }
        let per = period(args.expr(1))?;
        if per.is_none() {
            self.context.note("rate() without a unit is taken per 1 second");
        }
        Ok(Node::Rate { of: Box::new(self.value(of)?), per: per.unwrap_or(1_000.0) })
    }

    fn kind(&mut self, function: &Function, args: &Args<'q>, expr: &'q Expr) -> Compiled<AggregateKind> {
        let first = args.expr(0);
        let missing =
            || EvalError::invalid(expr.span, format!("{} is written {}", function.name, function.signature));
        Ok(match function.id {
            Id::Count => match first.map(|first| &first.kind) {
                None | Some(ExprKind::Star | ExprKind::Literal(_)) => AggregateKind::Rows,
                Some(_) => AggregateKind::Count(self.value(first.ok_or_else(missing)?)?),
            },
            Id::DataPointCount => AggregateKind::Rows,
            Id::ByteCountEstimate => AggregateKind::ByteCount,
            Id::Keyset => AggregateKind::Keyset { dimensions: false },
            Id::Dimensions => AggregateKind::Keyset { dimensions: true },
            Id::Cardinality => {
                let of = first.map(|first| self.value(first)).transpose()?;
                let names = |label: &str| match args.label(label).map(|expr| &expr.kind) {
                    Some(ExprKind::Set(items)) => items.iter().map(name_of).collect(),
                    _ => Vec::new(),
                };
                AggregateKind::Cardinality { of, include: names("include"), exclude: names("exclude") }
            }
            Id::UniqueCount => AggregateKind::UniqueCount(self.parts(args)?),
            Id::Uniques => {
                let most = args
                    .expr(1)
                    .map_or(Ok(1_000.0), |expr| self.constant_number(expr, "the number of values"))?;
                let nodes = match self.value(first.ok_or_else(missing)?)? {
                    Node::Tuple(parts) => parts,
                    node => vec![node],
                };
                AggregateKind::Uniques(nodes, most.clamp(0.0, 10_000.0) as usize)
            }
            _ => {
                let of = self.value(first.ok_or_else(missing)?)?;
                self.numeric_kind(function, of, args, expr)?
            }
        })
    }

    fn parts(&mut self, args: &Args<'q>) -> Compiled<Vec<Node>> {
        let mut nodes = Vec::new();
        for arg in &args.plain {
            match self.value(arg.value.expr())? {
                Node::Tuple(parts) => nodes.extend(parts),
                node => nodes.push(node),
            }
        }
        Ok(nodes)
    }

    fn numeric_kind(
        &mut self,
        function: &Function,
        of: Node,
        args: &Args<'q>,
        expr: &'q Expr,
    ) -> Compiled<AggregateKind> {
        Ok(match function.id {
            Id::Sum => AggregateKind::Sum(of),
            Id::Average => AggregateKind::Average(of),
            Id::Min => AggregateKind::Min(of),
            Id::Max => AggregateKind::Max(of),
            Id::Median => AggregateKind::Percentiles { of, points: vec![50.0], single: true },
            Id::StdDev => AggregateKind::Deviation { of, squared: false },
            Id::StdVar => AggregateKind::Deviation { of, squared: true },
            Id::Latest => AggregateKind::Newest(of),
            Id::Earliest => AggregateKind::Oldest(of),
            Id::Percentile => AggregateKind::Percentiles { of, points: self.points(args)?, single: false },
            Id::BucketPercentile => {
                let points = self.points(args)?;
                if !self.context.has_attribute("le") {
                    return Ok(AggregateKind::Percentiles { of, points, single: false });
                }
                AggregateKind::BucketPercentiles { of, edge: Node::Slot(self.slot("le")), points }
            }
            Id::Derivative => {
                AggregateKind::Slope { of, per: period(args.expr(1))?.unwrap_or(1_000.0), ahead: None }
            }
            Id::PredictLinear => AggregateKind::Slope { of, per: 1.0, ahead: period(args.expr(1))? },
            Id::LatestRate | Id::IRate => {
                AggregateKind::LastChange { of, per: Some(period(args.expr(1))?.unwrap_or(1_000.0)) }
            }
            Id::IDelta => AggregateKind::LastChange { of, per: None },
            Id::CdfPercentage => {
                let mut thresholds = Vec::new();
                for arg in args.plain.iter().skip(1) {
                    thresholds.push(self.constant_number(arg.value.expr(), "a threshold")?);
                }
                AggregateKind::Cdf { of, thresholds }
            }
            Id::Apdex => {
                let t = args.label("t").or(args.expr(1));
                let t = t.map_or(Ok(0.5), |expr| self.constant_number(expr, "t"))?;
                AggregateKind::Apdex { of, t }
            }
            Id::Histogram => self.histogram(of, args, expr)?,
            Id::Funnel => self.funnel(of, args, expr)?,
            _ => {
                let message = format!("{}() is not evaluated", function.name);
                return Err(EvalError::unsupported(expr.span, message));
            }
        })
    }

    fn points(&mut self, args: &Args<'q>) -> Compiled<Vec<f64>> {
        let mut points = Vec::new();
        for arg in args.plain.iter().skip(1) {
            let point = self.constant_number(arg.value.expr(), "a percentile")?;
            if !(0.0..=100.0).contains(&point) {
                return Err(EvalError::invalid(arg.value.expr().span, "a percentile lies from 0 to 100"));
            }
            points.push(point);
        }
        Ok(if points.is_empty() { vec![95.0] } else { points })
    }

    fn histogram(&mut self, of: Node, args: &Args<'q>, expr: &'q Expr) -> Compiled<AggregateKind> {
        let mut number =
            |label: &str, place: usize, default: f64| match args.label(label).or(args.expr(place)) {
                Some(expr) => self.constant_number(expr, label),
                None => Ok(default),
            };
        let width = number("width", 1, 10.0)?;
        let buckets = number("buckets", 2, 40.0)?;
        let start = number("start", 3, 0.0)?;
        if width <= 0.0 || !(1.0..=500.0).contains(&buckets) {
            return Err(EvalError::invalid(
                expr.span,
                "histogram needs a width above 0 and 1 to 500 buckets",
            ));
        }
        Ok(AggregateKind::Histogram { of, start, width, buckets: buckets as usize })
    }

    fn funnel(&mut self, of: Node, args: &Args<'q>, expr: &'q Expr) -> Compiled<AggregateKind> {
        let mut steps = Vec::new();
        let mut labels = Vec::new();
        for arg in args.plain.iter().skip(1) {
            let ArgValue::Where(condition) = &arg.value else {
                return Err(EvalError::invalid(
                    expr.span,
                    "a step of funnel is written WHERE condition AS 'label'",
                ));
            };
            steps.push(self.row_condition(condition)?);
            labels.push(arg.alias.as_ref().map_or_else(|| condition.to_string(), |alias| alias.text.clone()));
        }
        if let Node::Const(Value::Null | Value::Text(_) | Value::Int(_)) = of {
            return Err(EvalError::invalid(expr.span, "funnel follows an attribute, such as journeyId"));
        }
        Ok(AggregateKind::Funnel { id: vec![of], steps, labels })
    }
}

fn name_of(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Attribute(name) => name.clone(),
        _ => expr.to_string(),
    }
}

/// A number and a unit, in milliseconds.
fn period(expr: Option<&Expr>) -> Compiled<Option<f64>> {
    match expr.map(|expr| (&expr.kind, expr.span)) {
        None => Ok(None),
        Some((ExprKind::Period(period), _)) if period.amount > 0 => Ok(Some(period.millis() as f64)),
        Some((_, span)) => {
            Err(EvalError::invalid(span, "a number and a unit is needed here, as in 1 minute"))
        }
    }
}
