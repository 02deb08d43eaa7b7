//! Functions of a string.

use crate::function::build::{Args, Build, Built};
use crate::function::entry::Function;
use crate::node::{Arguments, Callable, Node, single};
use crate::value::{Datum, Value};

/// The longest text that `concat` gives.
const MAX_CONCAT: usize = 4_096;

pub(in crate::function) const FUNCTIONS: &[Function] = &[
    Function::row("concat", (0, 20), "concat([x, …][, precision: n])", "Its arguments joined as one string, NULL skipped, cut at 4,096 characters; an empty string without arguments.", concat).labels(&["precision"]),
    Function::row("string", (1, 1), "string(value[, precision: n])", "The value as text, a number with n decimals if asked.", string).labels(&["precision"]),
    Function::plain("lower", (1, 1), "lower(text)", "In lower case.", |args| of_text(args, |text| Datum::from(text.to_lowercase()))),
    Function::plain("upper", (1, 1), "upper(text)", "In upper case.", |args| of_text(args, |text| Datum::from(text.to_uppercase()))),
    Function::plain("length", (1, 1), "length(text | array)", "Number of characters or elements.", length),
    Function::plain("substring", (2, 3), "substring(text, start[, length])", "Part of a string; the start counts from 0, a negative start from the end.", substring),
    Function::plain("position", (2, 3), "position(text, part[, n])", "Place of the n-th occurrence, both from 0; a negative n counts from the end; NULL when there is none.", position).also(&["indexOf"]),
];

/// A function of the first argument, where that is a string.
pub(super) fn of_text<'a>(args: &Arguments<'a, '_>, value: impl FnOnce(&str) -> Datum<'a>) -> Datum<'a> {
    args.get(0).text().map_or(Datum::Null, value)
}

fn concat<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Node> {
    let precision = precision(build, args)?;
    Ok(Node::Call(Box::new(Concat { precision }), build.values(args)?))
}

fn string<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Node> {
    let precision = precision(build, args)?;
    Ok(Node::Call(Box::new(AsText { precision }), build.values(args)?))
}

fn precision<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Option<usize>> {
    let Some(precision) = args.label("precision") else { return Ok(None) };
    build.constant_number(precision, "precision").map(|decimals| Some(decimals.clamp(0.0, 20.0) as usize))
}

#[derive(Debug)]
struct Concat {
    precision: Option<usize>,
}

impl Callable for Concat {
    fn call<'a>(&'a self, args: &Arguments<'a, '_>) -> Datum<'a> {
        let mut joined = String::new();
        for datum in args.all() {
            joined.push_str(&as_text(&single(datum), self.precision));
        }
        if let Some((end, _)) = joined.char_indices().nth(MAX_CONCAT) {
            joined.truncate(end);
        }
        Datum::from(joined)
    }
}

#[derive(Debug)]
struct AsText {
    precision: Option<usize>,
}

impl Callable for AsText {
    fn call<'a>(&'a self, args: &Arguments<'a, '_>) -> Datum<'a> {
        match single(args.get(0)) {
            Datum::Null => Datum::Null,
            Datum::Text(text) => Datum::Text(text),
            other => Datum::from(as_text(&other, self.precision)),
        }
    }
}

fn as_text(datum: &Datum<'_>, precision: Option<usize>) -> String {
    match (datum, precision) {
        (Datum::Float(number), Some(decimals)) => format!("{number:.decimals$}"),
        (Datum::Float(number), None) => Value::float(*number).to_string(),
        _ => datum.to_string(),
    }
}

fn length<'a>(args: &Arguments<'a, '_>) -> Datum<'a> {
    match &args.get(0) {
        Datum::Text(text) => Datum::Int(text.chars().count() as i64),
        Datum::List(items) => Datum::Int(items.len() as i64),
        Datum::Null | Datum::Bool(_) | Datum::Int(_) | Datum::Float(_) | Datum::Map(_) => Datum::Null,
    }
}

fn substring<'a>(args: &Arguments<'a, '_>) -> Datum<'a> {
    let Some(start) = args.whole(1) else { return Datum::Null };
    let length = args.whole(2);
    of_text(args, |text| {
        let count = text.chars().count() as i64;
        let start = if start < 0 { (count + start).max(0) } else { start };
        let skip = usize::try_from(start).unwrap_or(usize::MAX);
        let take = length.map_or(usize::MAX, |length| usize::try_from(length).unwrap_or(0));
        Datum::from(text.chars().skip(skip).take(take).collect::<String>())
    })
}

fn position<'a>(args: &Arguments<'a, '_>) -> Datum<'a> {
    let Some(part) = args.text(1).filter(|part| !part.is_empty()) else { return Datum::Null };
    let nth = args.whole(2).unwrap_or(0);
    of_text(args, |text| {
        let at = if nth < 0 {
            text.rmatch_indices(&part).nth(usize::try_from(-(nth + 1)).unwrap_or(usize::MAX))
        } else {
            text.match_indices(&part).nth(usize::try_from(nth).unwrap_or(usize::MAX))
        };
        at.map_or(Datum::Null, |(byte, _)| Datum::Int(text[..byte].chars().count() as i64))
    })
}
