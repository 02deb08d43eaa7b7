//! Row functions.

mod convert;
mod date;
mod json;
mod math;
mod pattern;
mod text;

pub(super) use pattern::JavaPattern;

use super::node::{Env, Node};
use crate::function::Id;
use crate::value::{Datum, Value};
use jiff::tz::TimeZone;
use regex::Regex;

/// What a call's constant arguments were turned into beforehand.
#[derive(Debug, Default)]
pub(super) struct Prepared {
    pub(super) regex: Option<Regex>,
    pub(super) zone: Option<TimeZone>,
    pub(super) pattern: Option<JavaPattern>,
    pub(super) precision: Option<usize>,
    /// Whether a date function's value is asked for as a number.
    pub(super) numeric: bool,
    /// Edges of `buckets`.
    pub(super) path: Option<Vec<json::Step>>,
    pub(super) scale: Option<(f64, f64)>,
}

pub(super) use convert::factor as conversion;
pub(super) use json::path as json_path;

/// The value of a call; NULL in gives NULL out unless the function says otherwise.
pub(super) fn call<'a>(id: Id, args: &'a [Node], prepared: &'a Prepared, env: &Env<'a>) -> Datum<'a> {
    match id {
        Id::Concat => return text::concat(args, prepared, env),
        Id::AccountId => return Datum::Int(env.settings.account),
        _ => {}
    }
    let Some(first) = args.first().map(|arg| arg.eval(env)) else { return Datum::Null };
    if first.is_null() {
        return Datum::Null;
    }
    let rest = Rest { args: args.get(1..).unwrap_or(&[]), env };
    match id {
        Id::Lower
        | Id::Upper
        | Id::Length
        | Id::Substring
        | Id::Position
        | Id::Capture
        | Id::Aparse
        | Id::String
        | Id::Numeric
        | Id::Boolean
        | Id::Encode
        | Id::Decode
        | Id::CidrAddress => text::call(id, first, &rest, prepared),
        Id::Jparse | Id::MapKeys | Id::MapValues | Id::GetField | Id::Contains => {
            json::call(id, &first, &rest, prepared)
        }
        Id::ToDatetime
        | Id::ToTimestamp
        | Id::HourOf
        | Id::MinuteOf
        | Id::DateOf
        | Id::WeekOf
        | Id::WeekdayOf
        | Id::MonthOf
        | Id::QuarterOf
        | Id::YearOf
        | Id::DayOfMonthOf
        | Id::DaysInMonthOf => date::call(id, &first, prepared, &env.settings.zone),
        _ => match super::node::single(first).number() {
            Some(number) => math::call(id, number, &rest, prepared),
            None => Datum::Null,
        },
    }
}

/// The arguments after the first.
struct Rest<'a, 'e> {
    args: &'a [Node],
    env: &'e Env<'a>,
}

impl<'a> Rest<'a, '_> {
    fn get(&self, index: usize) -> Option<Datum<'a>> {
        self.args.get(index).map(|arg| arg.eval(self.env))
    }

    fn number(&self, index: usize) -> Option<f64> {
        self.get(index)?.number()
    }

    fn whole(&self, index: usize) -> Option<i64> {
        self.number(index).map(|number| number as i64)
    }

    fn text(&self, index: usize) -> Option<String> {
        self.get(index)?.text().map(str::to_owned)
    }
}

fn texts(parts: impl IntoIterator<Item = String>) -> Datum<'static> {
    Datum::list(parts.into_iter().map(Value::text).collect())
}
