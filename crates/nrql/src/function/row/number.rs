//! Functions that make a number or a boolean of a string, and ranges of a number.

use crate::error::EvalError;
use crate::function::build::{Args, Build, Built};
use crate::function::entry::Function;
use crate::node::{Arguments, Callable, Node, single};
use crate::value::Datum;

pub(in crate::function) const FUNCTIONS: &[Function] = &[
    Function::row(
        "buckets",
        (2, 3),
        "buckets(value, ceiling[, n])",
        "FACET only: n (10 by default) equal ranges from 0 to the ceiling; the last takes all above.",
        buckets,
    ),
    Function::plain(
        "numeric",
        (1, 1),
        "numeric(text)",
        "The number that a string holds, else NULL.",
        numeric,
    ),
    Function::plain(
        "boolean",
        (1, 1),
        "boolean(text)",
        "True for 'true', false for 'false', in any case, else NULL.",
        boolean,
    ),
    Function::plain(
        "getCdfCount",
        (2, 2),
        "getCdfCount(value, t)",
        "1 where the value is a number and at most t, else 0.",
        cdf_count,
    ),
];

/// A number written as text, in decimal, with a sign or an exponent.
fn numeric<'a>(args: &Arguments<'a, '_>) -> Datum<'a> {
    let first = args.get(0);
    if first.number().is_some() {
        return first;
    }
    let text = first.text().unwrap_or("").trim();
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return Datum::Null;
    }
    match text.parse::<i64>() {
        Ok(number) => Datum::Int(number),
        Err(_) => text.parse().map_or(Datum::Null, Datum::finite),
    }
}

fn boolean<'a>(args: &Arguments<'a, '_>) -> Datum<'a> {
    match args.get(0) {
        Datum::Bool(value) => Datum::Bool(value),
        Datum::Text(text) if text.eq_ignore_ascii_case("true") => Datum::Bool(true),
        Datum::Text(text) if text.eq_ignore_ascii_case("false") => Datum::Bool(false),
        _ => Datum::Null,
    }
}

fn cdf_count<'a>(args: &Arguments<'a, '_>) -> Datum<'a> {
    let at_most = |number: f64| args.number(1).is_some_and(|threshold| number <= threshold);
    Datum::Int(single(args.get(0)).number().is_some_and(at_most).into())
}

fn buckets<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Node> {
    let ceiling = build.constant_number(args.needed(1)?, "the ceiling")?;
    let count = args.expr(2).map_or(Ok(10.0), |expr| build.constant_number(expr, "the number of buckets"))?;
    if ceiling <= 0.0 || !(1.0..=500.0).contains(&count) {
        return Err(EvalError::invalid(args.span, "buckets needs a ceiling above 0 and 1 to 500 buckets"));
    }
    Ok(Node::Call(Box::new(Buckets { ceiling, count: count.floor() }), vec![build.first(args)?]))
}

#[derive(Debug)]
struct Buckets {
    ceiling: f64,
    count: f64,
}

impl Callable for Buckets {
    /// The label of the range that a number falls in, as the documents write them.
    fn call<'a>(&'a self, args: &Arguments<'a, '_>) -> Datum<'a> {
        let Some(number) = single(args.get(0)).number() else { return Datum::Null };
        let width = self.ceiling / self.count;
        if number < 0.0 {
            return Datum::from("<0.0");
        }
        let index = (number / width).floor().min(self.count - 1.0);
        let from = index * width;
        if index >= self.count - 1.0 {
            return Datum::from(format!(">={from:?}"));
        }
        Datum::from(format!("{from:?} - {:?}", from + width))
    }
}
