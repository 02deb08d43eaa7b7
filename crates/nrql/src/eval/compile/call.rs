//! Row functions, and which function a name means.

use super::{Compiled, Compiler, Level};
use crate::ast::{Arg, ArgValue, Call, Expr, ExprKind};
use crate::eval::error::EvalError;
use crate::eval::function::{JavaPattern, Prepared, conversion, json_path};
use crate::eval::matcher::aparse_regex;
use crate::eval::node::Node;
use crate::function::{Function, FunctionKind, Id, Standing};
use regex::RegexBuilder;

/// The positional arguments, then those with a label.
pub(super) struct Args<'q> {
    pub(super) plain: Vec<&'q Arg>,
    labelled: Vec<(&'q str, &'q Arg)>,
}

impl<'q> Args<'q> {
    pub(super) fn of(call: &'q Call) -> Self {
        let plain = call.args.iter().filter(|arg| arg.label.is_none()).collect();
        let labelled =
            call.args.iter().filter_map(|arg| Some((arg.label.as_ref()?.text.as_str(), arg))).collect();
        Self { plain, labelled }
    }

    pub(super) fn label(&self, name: &str) -> Option<&'q Expr> {
        let found = self.labelled.iter().find(|(label, _)| label.eq_ignore_ascii_case(name));
        found.map(|(_, arg)| arg.value.expr())
    }

    pub(super) fn expr(&self, place: usize) -> Option<&'q Expr> {
        self.plain.get(place).map(|arg| arg.value.expr())
    }
}

impl<'q> Compiler<'q> {
    pub(super) fn call(&mut self, call: &'q Call, expr: &'q Expr) -> Compiled<Node> {
        let Some(function) = crate::function::find(&call.name.text) else {
            let mut message = format!("Unknown function {}()", call.name.text);
            if let Some(near) = crate::function::nearest(&call.name.text) {
                message.push_str(&format!("; did you mean {near}?"));
            }
            return Err(EvalError::invalid(call.name.span, message));
        };
        if function.standing == Standing::Refused {
            let message = format!("{}() is known by name but not evaluated", function.name);
            return Err(EvalError::unsupported(call.name.span, message));
        }
        let args = Args::of(call);
        let (least, most) = function.arity;
        if args.plain.len() < least || args.plain.len() > most {
            // A named argument may stand in for the positional one, as in apdex(d, t: 0.5).
            let message = format!("{} is written {}", function.name, function.signature);
            return Err(EvalError::invalid(expr.span, message));
        }
        if function.kind == FunctionKind::Aggregate {
            if self.level == Level::Row {
                let message = format!(
                    "{}() works on many rows and cannot stand inside another aggregate or in a condition on rows",
                    function.name
                );
                return Err(EvalError::invalid(expr.span, message));
            }
            return self.aggregate_call(function, &args, expr);
        }
        self.row_call(function, &args, expr)
    }

    fn row_call(&mut self, function: &Function, args: &Args<'q>, expr: &'q Expr) -> Compiled<Node> {
        match function.id {
            Id::EventType => return Ok(Node::EventType),
            Id::If => {
                let condition = match args.plain.first().map(|arg| &arg.value) {
                    Some(ArgValue::Expr(condition) | ArgValue::Where(condition)) => {
                        self.condition(condition)?
                    }
                    None => return Err(EvalError::Internal),
                };
                let mut branch = |place| match args.expr(place) {
                    Some(branch) => self.value(branch),
                    None => Ok(Node::Const(crate::value::Value::Null)),
                };
                let (yes, no) = (branch(1)?, branch(2)?);
                return Ok(Node::If(Box::new(condition), Box::new(yes), Box::new(no)));
            }
            Id::Tuple => {
                let parts = args.plain.iter().map(|arg| self.value(arg.value.expr()));
                return Ok(Node::Tuple(parts.collect::<Result<_, _>>()?));
            }
            Id::GetField => {
                let (Some(base), Some(field)) = (args.expr(0), args.expr(1)) else {
                    return Err(EvalError::Internal);
                };
                let nodes = vec![self.value(base)?, self.field(field)?];
                return Ok(Node::Call(Id::GetField, nodes, Prepared::default()));
            }
            _ => {}
        }
        let prepared = self.prepare(function, args, expr)?;
        // What was prepared needs no node of its own.
        let kept = match function.id {
            Id::HourOf
            | Id::MinuteOf
            | Id::DateOf
            | Id::WeekOf
            | Id::WeekdayOf
            | Id::MonthOf
            | Id::QuarterOf
            | Id::YearOf
            | Id::DayOfMonthOf
            | Id::DaysInMonthOf
            | Id::ToDatetime
            | Id::ToTimestamp
            | Id::Capture
            | Id::Aparse
            | Id::Jparse
            | Id::Buckets
            | Id::Convert => 1,
            _ => args.plain.len(),
        };
        let nodes = args.plain.iter().take(kept).map(|arg| self.value(arg.value.expr()));
        Ok(Node::Call(function.id, nodes.collect::<Result<_, _>>()?, prepared))
    }

    fn prepare(&mut self, function: &Function, args: &Args<'q>, expr: &'q Expr) -> Compiled<Prepared> {
        let mut prepared = Prepared::default();
        if let Some(precision) = args.label("precision") {
            let decimals = self.constant_number(precision, "precision")?;
            prepared.precision = Some(decimals.clamp(0.0, 20.0) as usize);
        }
        if let Some(zone) = args.label("timezone") {
            prepared.zone = Some(self.zone(zone)?);
        }
        match function.id {
            Id::Capture => {
                if let Some(pattern) = args.expr(1) {
                    let text = self.constant_text(pattern, "the regular expression")?;
                    let regex = super::condition::whole_regex(&text, pattern)?;
                    if !(2..=17).contains(&regex.captures_len()) {
                        return Err(EvalError::invalid(
                            pattern.span,
                            "capture needs 1 to 16 groups, as in (?P<name>…)",
                        ));
                    }
                    prepared.regex = Some(regex);
                }
            }
            Id::Aparse => {
                if let Some(pattern) = args.expr(1) {
                    let text = self.constant_text(pattern, "the pattern")?;
                    if !text.contains('*') {
                        return Err(EvalError::invalid(pattern.span, "aparse needs a * at what is wanted"));
                    }
                    prepared.regex = RegexBuilder::new(&aparse_regex(&text)).build().ok();
                }
            }
            Id::Jparse => {
                if let Some(path) = args.expr(1) {
                    let text = self.constant_text(path, "the path")?;
                    let wrong =
                        || EvalError::invalid(path.span, "a path is written like a.b[0].c, [*].k or [0:2]");
                    prepared.path = Some(json_path(&text).ok_or_else(wrong)?);
                }
            }
            Id::ToDatetime | Id::ToTimestamp => {
                if let Some(pattern) = args.expr(1) {
                    let text = self.constant_text(pattern, "the date pattern")?;
                    let wrong = |expected| EvalError::invalid(pattern.span, format!("expected {expected}"));
                    prepared.pattern = Some(JavaPattern::new(&text).map_err(wrong)?);
                }
                if let Some(zone) = args.expr(2) {
                    prepared.zone = Some(self.zone(zone)?);
                }
            }
            Id::Buckets => {
                let ceiling =
                    args.expr(1).map_or(Ok(1.0), |expr| self.constant_number(expr, "the ceiling"))?;
                let count = args
                    .expr(2)
                    .map_or(Ok(10.0), |expr| self.constant_number(expr, "the number of buckets"))?;
                if ceiling <= 0.0 || !(1.0..=500.0).contains(&count) {
                    return Err(EvalError::invalid(
                        expr.span,
                        "buckets needs a ceiling above 0 and 1 to 500 buckets",
                    ));
                }
                prepared.scale = Some((ceiling, count.floor()));
            }
            Id::Convert => {
                if let (Some(from), Some(to)) = (args.expr(1), args.expr(2)) {
                    let (source, target) =
                        (self.constant_text(from, "the unit")?, self.constant_text(to, "the unit")?);
                    let wrong = |expected| EvalError::invalid(from.span, format!("expected {expected}"));
                    prepared.scale = Some(conversion(&source, &target).map_err(wrong)?);
                }
            }
            Id::HourOf
            | Id::MinuteOf
            | Id::DateOf
            | Id::WeekOf
            | Id::WeekdayOf
            | Id::MonthOf
            | Id::QuarterOf
            | Id::YearOf
            | Id::DayOfMonthOf
            | Id::DaysInMonthOf => {
                prepared.numeric = match args.expr(1).map(|expr| &expr.kind) {
                    Some(ExprKind::Attribute(name)) => name.eq_ignore_ascii_case("numeric"),
                    Some(ExprKind::Literal(crate::ast::Literal::Text(name))) => {
                        name.eq_ignore_ascii_case("numeric")
                    }
                    _ => false,
                };
            }
            _ => {}
        }
        Ok(prepared)
    }

    fn zone(&mut self, expr: &'q Expr) -> Compiled<jiff::tz::TimeZone> {
        let text = self.constant_text(expr, "the time zone")?;
        crate::time::zone::find(&text)
            .map_err(|expected| EvalError::invalid(expr.span, format!("expected {expected}")))
    }
}
