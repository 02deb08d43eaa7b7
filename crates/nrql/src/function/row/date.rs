//! Functions of a time.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::ast::{ExprKind, Literal};
use crate::calendar::names::{month_name, weekday_name};
use crate::calendar::pattern::JavaPattern;
use crate::calendar::zone::local;
use crate::error::EvalError;
use crate::function::build::{Args, Build, Built};
use crate::function::entry::Function;
use crate::node::{Arguments, Callable, Node};
use crate::value::Datum;

pub(in crate::function) const FUNCTIONS: &[Function] = &[
    Function::row(
        "toDatetime",
        (1, 3),
        "toDatetime(ms[, 'pattern'[, 'zone']])",
        "A time as text, in Java's patterns: every letter of `DateTimeFormatter`.",
        to_datetime,
    )
    .also(&["fromTimestamp"])
    .labels(&["timezone"]),
    Function::row(
        "toTimestamp",
        (1, 3),
        "toTimestamp(text[, 'pattern'[, 'zone']])",
        "A string as milliseconds since 1970; NULL when it does not match. A pattern that leaves a time open, such as `yyyy dd` or `h` without `a`, is an error.",
        to_timestamp,
    )
    .also(&["fromDatetime"])
    .labels(&["timezone"]),
    part("hourOf", "hourOf(attr[, string|numeric])", "`6:00`, or 6.", |build, args| {
        part_of(build, args, hour)
    }),
    part("minuteOf", "minuteOf(attr[, string|numeric])", "`48`.", |build, args| part_of(build, args, minute)),
    part("dateOf", "dateOf(attr[, string|numeric])", "`July 15, 2014`, or 15.", |build, args| {
        part_of(build, args, date)
    }),
    part(
        "weekOf",
        "weekOf(attr[, string|numeric])",
        "`Week of January 15`, by its Monday, or the week of the year.",
        |build, args| part_of(build, args, week),
    ),
    part("weekdayOf", "weekdayOf(attr[, string|numeric])", "`Sunday`, or 0 for Sunday.", |build, args| {
        part_of(build, args, weekday)
    }),
    part("monthOf", "monthOf(attr[, string|numeric])", "`July 2014`, or 7.", |build, args| {
        part_of(build, args, month)
    }),
    part("quarterOf", "quarterOf(attr[, string|numeric])", "`Q1 2014`, or 1.", |build, args| {
        part_of(build, args, quarter)
    }),
    part("yearOf", "yearOf(attr[, string|numeric])", "`2023`.", |build, args| {
        part_of(build, args, |here| plain(here.year().into()))
    }),
    part("dayOfMonthOf", "dayOfMonthOf(attr[, string|numeric])", "`23`.", |build, args| {
        part_of(build, args, |here| plain(here.day().into()))
    }),
    part("daysInMonthOf", "daysInMonthOf(attr[, string|numeric])", "`30`.", |build, args| {
        part_of(build, args, |here| plain(here.date().days_in_month().into()))
    }),
];

const fn part(
    name: &'static str,
    signature: &'static str,
    about: &'static str,
    prepare: crate::function::entry::ToNode,
) -> Function {
    Function::row(name, (1, 2), signature, about, prepare).labels(&["timezone"]).words()
}

fn to_datetime<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Node> {
    let pattern =
        pattern(build, args, JavaPattern::for_writing)?.unwrap_or_else(JavaPattern::standard_output);
    let zone = zone(build, args)?;
    Ok(Node::Call(Box::new(ToDatetime { pattern, zone }), vec![build.first(args)?]))
}

fn to_timestamp<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Node> {
    let pattern = pattern(build, args, JavaPattern::for_reading)?.unwrap_or_else(JavaPattern::standard_input);
    let zone = zone(build, args)?;
    Ok(Node::Call(Box::new(ToTimestamp { pattern, zone }), vec![build.first(args)?]))
}

fn pattern<'q>(
    build: &mut (dyn Build<'q> + '_),
    args: &Args<'q>,
    read: fn(&str) -> Result<JavaPattern, String>,
) -> Built<Option<JavaPattern>> {
    let Some(pattern) = args.expr(1) else { return Ok(None) };
    let text = build.constant_text(pattern, "the date pattern")?;
    let wrong = |expected| EvalError::invalid(pattern.span, format!("expected {expected}"));
    read(&text).map(Some).map_err(wrong)
}

/// The zone of the call, by its place or its label.
fn zone<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Option<TimeZone>> {
    args.expr(2).or(args.label("timezone")).map(|zone| build.constant_zone(zone)).transpose()
}

#[derive(Debug)]
struct ToDatetime {
    pattern: JavaPattern,
    zone: Option<TimeZone>,
}

impl Callable for ToDatetime {
    fn call<'a>(&'a self, args: &Arguments<'a, '_>) -> Datum<'a> {
        let Some(millis) = args.whole(0) else { return Datum::Null };
        let zone = self.zone.as_ref().unwrap_or(&args.env.settings.zone);
        Datum::from(self.pattern.format(millis, zone))
    }
}

#[derive(Debug)]
struct ToTimestamp {
    pattern: JavaPattern,
    zone: Option<TimeZone>,
}

impl Callable for ToTimestamp {
    fn call<'a>(&'a self, args: &Arguments<'a, '_>) -> Datum<'a> {
        let zone = self.zone.as_ref().unwrap_or(&args.env.settings.zone);
        let first = args.get(0);
        first.text().and_then(|text| self.pattern.parse(text, zone)).map_or(Datum::Null, Datum::Int)
    }
}

/// A part of a local time, as text and as number.
type Part = fn(DateTime) -> (String, i64);

fn part_of<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>, part: Part) -> Built<Node> {
    let numeric = match args.expr(1).map(|expr| &expr.kind) {
        Some(ExprKind::Attribute(name) | ExprKind::Literal(Literal::Text(name))) => {
            name.eq_ignore_ascii_case("numeric")
        }
        _ => false,
    };
    let zone = args.label("timezone").map(|zone| build.constant_zone(zone)).transpose()?;
    Ok(Node::Call(Box::new(PartOf { part, numeric, zone }), vec![build.first(args)?]))
}

#[derive(Debug)]
struct PartOf {
    part: Part,
    numeric: bool,
    zone: Option<TimeZone>,
}

impl Callable for PartOf {
    fn call<'a>(&'a self, args: &Arguments<'a, '_>) -> Datum<'a> {
        let Some(millis) = args.whole(0) else { return Datum::Null };
        let zone = self.zone.as_ref().unwrap_or(&args.env.settings.zone);
        let (text, number) = (self.part)(local(millis, zone));
        if self.numeric { Datum::Int(number) } else { Datum::from(text) }
    }
}

fn plain(number: i64) -> (String, i64) {
    (number.to_string(), number)
}

fn hour(here: DateTime) -> (String, i64) {
    (format!("{}:00", here.hour()), here.hour().into())
}

fn minute(here: DateTime) -> (String, i64) {
    plain(here.minute().into())
}

fn date(here: DateTime) -> (String, i64) {
    let (month, day) = (month_name(here.month()), here.day());
    (format!("{month} {day}, {}", here.year()), day.into())
}

fn week(here: DateTime) -> (String, i64) {
    let date = here.date();
    let back = i64::from(date.weekday().to_monday_zero_offset());
    let monday = date.checked_sub(jiff::Span::new().days(back)).unwrap_or(date);
    let text = format!("Week of {} {}", month_name(monday.month()), monday.day());
    (text, date.iso_week_date().week().into())
}

fn weekday(here: DateTime) -> (String, i64) {
    (weekday_name(here.date()).to_owned(), here.date().weekday().to_sunday_zero_offset().into())
}

fn month(here: DateTime) -> (String, i64) {
    (format!("{} {}", month_name(here.month()), here.year()), here.month().into())
}

fn quarter(here: DateTime) -> (String, i64) {
    let quarter = i64::from((here.month() + 2) / 3);
    (format!("Q{quarter} {}", here.year()), quarter)
}
