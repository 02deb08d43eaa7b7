//! Functions of a number.

use crate::function::entry::Function;
use crate::node::{Arguments, single};
use crate::value::Datum;

pub(in crate::function) const FUNCTIONS: &[Function] = &[
    Function::plain("abs", (1, 1), "abs(n)", "Without its sign.", |args| one(args, f64::abs)),
    Function::plain("ceil", (1, 1), "ceil(n)", "Up to a whole number.", |args| one(args, f64::ceil))
        .also(&["ceiling"]),
    Function::plain("floor", (1, 1), "floor(n)", "Down to a whole number.", |args| one(args, f64::floor)),
    Function::plain(
        "round",
        (1, 2),
        "round(n[, to_nearest])",
        "To the nearest multiple; a half goes away from 0.",
        round,
    ),
    Function::plain("sqrt", (1, 1), "sqrt(n)", "Square root; NULL below 0.", |args| one(args, f64::sqrt)),
    Function::plain("pow", (2, 2), "pow(n, exponent)", "Power.", |args| two(args, f64::powf)),
    Function::plain("exp", (1, 1), "exp(n)", "Power of e.", |args| one(args, f64::exp)),
    Function::plain("ln", (1, 1), "ln(n)", "Natural logarithm; NULL for 0 and below.", |args| {
        one(args, f64::ln)
    }),
    Function::plain(
        "log",
        (1, 2),
        "log(n[, base])",
        "Logarithm, to base 10 if none is given; NULL for 0 and below.",
        log,
    ),
    Function::plain("log2", (1, 1), "log2(n)", "Logarithm to base 2.", |args| one(args, f64::log2)),
    Function::plain("log10", (1, 1), "log10(n)", "Logarithm to base 10.", |args| one(args, f64::log10)),
    Function::plain(
        "clamp_min",
        (2, 2),
        "clamp_min(n, least)",
        "The number, but not below the bound.",
        |args| two(args, f64::max),
    ),
    Function::plain(
        "clamp_max",
        (2, 2),
        "clamp_max(n, most)",
        "The number, but not above the bound.",
        |args| two(args, f64::min),
    ),
    Function::plain(
        "mod",
        (2, 2),
        "mod(n, divisor)",
        "Remainder with the sign of the divisor; NULL for a divisor of 0.",
        |args| two(args, |n, divisor| n - divisor * (n / divisor).floor()),
    ),
];

fn number<'a>(args: &Arguments<'a, '_>) -> Option<f64> {
    single(args.get(0)).number()
}

fn one<'a>(args: &Arguments<'a, '_>, value: fn(f64) -> f64) -> Datum<'a> {
    number(args).map_or(Datum::Null, |number| Datum::finite(value(number)))
}

fn two<'a>(args: &Arguments<'a, '_>, value: fn(f64, f64) -> f64) -> Datum<'a> {
    match (number(args), args.number(1)) {
        (Some(number), Some(other)) => Datum::finite(value(number, other)),
        _ => Datum::Null,
    }
}

fn log<'a>(args: &Arguments<'a, '_>) -> Datum<'a> {
    let Some(number) = number(args) else { return Datum::Null };
    Datum::finite(args.number(1).map_or_else(|| number.log10(), |base| number.log(base)))
}

fn round<'a>(args: &Arguments<'a, '_>) -> Datum<'a> {
    let Some(number) = number(args) else { return Datum::Null };
    match args.number(1) {
        None => Datum::finite(number.round()),
        Some(step) if step > 0.0 => Datum::finite(round_to(number, step)),
        Some(_) => Datum::Null,
    }
}

/// Rounds to a multiple; a step such as 0.01 has no exact double, so whole steps per unit are counted instead.
fn round_to(number: f64, step: f64) -> f64 {
    let per_unit = (1.0 / step).round();
    if step < 1.0 && (per_unit * step - 1.0).abs() < 1e-9 {
        (number * per_unit).round() / per_unit
    } else {
        (number / step).round() * step
    }
}
