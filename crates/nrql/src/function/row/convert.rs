//! `convert`.

use super::unit::Unit;
use crate::ast::Expr;
use crate::error::EvalError;
use crate::function::build::{Args, Build, Built};
use crate::function::entry::Function;
use crate::node::{Arguments, Callable, Node, single};
use crate::value::{Datum, Value};

pub(in crate::function) const FUNCTIONS: &[Function] = &[Function::row(
    "convert",
    (3, 3),
    "convert(n, from, to)",
    "From one unit to another, as UCUM writes them or by their English names: times, lengths, masses, volumes, bits and bytes, temperatures, and rates of these. A unit may come from an attribute; one that is unknown there gives NULL.",
    convert,
)];

fn convert<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Node> {
    let (from, to) = (args.needed(1)?, args.needed(2)?);
    let (source, target) = (constant(build, from)?, constant(build, to)?);
    let number = build.first(args)?;
    if let (Some(source), Some(target)) = (source, target) {
        let Some((factor, offset)) = source.to(target) else {
            let message = format!("expected units of the same quantity, not {from} and {to}");
            return Err(EvalError::invalid(from.span.to(to.span), message));
        };
        return Ok(Node::Call(Box::new(Fixed { factor, offset }), vec![number]));
    }
    let units = Named { from: source, to: target };
    Ok(Node::Call(Box::new(units), vec![number, build.value(from)?, build.value(to)?]))
}

/// The unit that an argument names in every row.
fn constant<'q>(build: &mut (dyn Build<'q> + '_), expr: &'q Expr) -> Built<Option<Unit>> {
    match build.constant(expr) {
        None => Ok(None),
        Some(Value::Text(name)) => Unit::named(&name).map(Some).ok_or_else(|| {
            let message = format!("expected a unit such as 's', 'ms', 'By', 'MiBy' or 'Cel', not '{name}'");
            EvalError::invalid(expr.span, message)
        }),
        Some(_) => Err(EvalError::invalid(expr.span, "the unit must be a string in quotes")),
    }
}

#[derive(Debug)]
struct Fixed {
    factor: f64,
    offset: f64,
}

impl Callable for Fixed {
    fn call<'a>(&'a self, args: &Arguments<'a, '_>) -> Datum<'a> {
        let number = single(args.get(0)).number();
        number.map_or(Datum::Null, |number| Datum::finite(number * self.factor + self.offset))
    }
}

/// Units of which one or both are known in each row only.
#[derive(Debug)]
struct Named {
    from: Option<Unit>,
    to: Option<Unit>,
}

impl Callable for Named {
    fn call<'a>(&'a self, args: &Arguments<'a, '_>) -> Datum<'a> {
        let unit = |known: Option<Unit>, place| known.or_else(|| Unit::named(args.get(place).text()?));
        let (Some(from), Some(to)) = (unit(self.from, 1), unit(self.to, 2)) else { return Datum::Null };
        match (single(args.get(0)).number(), from.to(to)) {
            (Some(number), Some((factor, offset))) => Datum::finite(number * factor + offset),
            _ => Datum::Null,
        }
    }
}
