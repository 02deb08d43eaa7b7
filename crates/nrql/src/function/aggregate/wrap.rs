//! Functions over the results of aggregates.

use crate::ast::ArgValue;
use crate::error::EvalError;
use crate::function::build::{Args, Build, Built};
use crate::function::entry::{Function, Standing};
use crate::node::{Arguments, Callable, Node, single};
use crate::value::Datum;

pub(in crate::function) const FUNCTIONS: &[Function] = &[
    Function::over_results(
        "percentage",
        (2, 32),
        "percentage(aggregate, WHERE condition)",
        "100 × the aggregate over the rows that match ÷ the aggregate over all. Further arguments are ignored.",
        percentage,
    )
    .ranks()
    .conditioned(),
    Function::over_results(
        "filter",
        (2, 2),
        "filter(aggregate, WHERE condition)",
        "The aggregate over the rows that match.",
        filter,
    )
    .conditioned(),
    Function::over_results(
        "conditional",
        (2, 2),
        "conditional(aggregate, WHERE condition)",
        "Taken as `filter`.",
        filter,
    )
    .conditioned()
    .standing(Standing::Undocumented),
    Function::over_results(
        "rate",
        (1, 2),
        "rate(aggregate[, n unit])",
        "The aggregate per n units (1 second by default) of the bucket or of the whole range.",
        rate,
    ).parameters(&[("", "intervalMillis", 1_000.0)]),
    Function::over_results(
        "aggregationendtime",
        (0, 0),
        "aggregationendtime()",
        "End of the bucket, or of the range, in milliseconds.",
        |_, _| Ok(Node::Call(Box::new(WindowEnd), Vec::new())),
    ),
];

fn filter<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Node> {
    let (of, condition) = (args.needed(0)?, args.needed(1)?);
    if !build.has_aggregate(of) {
        let message = "the first argument must be an aggregate, as in filter(count(*), WHERE …)";
        return Err(EvalError::invalid(of.span, message));
    }
    let explicit = matches!(args.plain.get(1).map(|arg| &arg.value), Some(ArgValue::Where(_)));
    if !explicit && !condition.is_condition() {
        return Err(EvalError::invalid(args.span, "the second argument is a condition: WHERE …"));
    }
    build.filtered(of, condition)
}

fn percentage<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Node> {
    let part = filter(build, args)?;
    let whole = build.first(args)?;
    Ok(Node::Call(Box::new(Percentage), vec![part, whole]))
}

fn rate<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Node> {
    if !build.has_aggregate(args.needed(0)?) {
        return Err(EvalError::invalid(args.span, "rate takes an aggregate, as in rate(count(*), 1 minute)"));
    }
    let per = args.period(1)?;
    if per.is_none() {
        build.note("rate() without a unit is taken per 1 second");
    }
    let of = build.first(args)?;
    Ok(Node::Call(Box::new(Rate { per: per.unwrap_or(1_000.0) }), vec![of]))
}

#[derive(Debug)]
struct Percentage;

impl Callable for Percentage {
    fn call<'a>(&'a self, args: &Arguments<'a, '_>) -> Datum<'a> {
        match (single(args.get(0)).number(), single(args.get(1)).number()) {
            (Some(part), Some(whole)) => Datum::finite(100.0 * part / whole),
            _ => Datum::Null,
        }
    }
}

/// A value per `per` milliseconds of the window.
#[derive(Debug)]
struct Rate {
    per: f64,
}

impl Callable for Rate {
    fn call<'a>(&'a self, args: &Arguments<'a, '_>) -> Datum<'a> {
        let millis = (args.env.window.1 - args.env.window.0) as f64;
        single(args.get(0)).number().map_or(Datum::Null, |number| Datum::finite(number * self.per / millis))
    }
}

#[derive(Debug)]
struct WindowEnd;

impl Callable for WindowEnd {
    fn call<'a>(&'a self, args: &Arguments<'a, '_>) -> Datum<'a> {
        Datum::Int(args.env.window.1)
    }
}
