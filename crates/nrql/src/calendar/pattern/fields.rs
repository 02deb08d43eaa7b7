//! Fields of a time, and the moment that they name together.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use super::parts::{Field, Part};
use super::weeks;
use crate::calendar::zone::instant;

/// What was read of a string.
#[derive(Clone, Default)]
pub(super) struct Fields {
    values: BTreeMap<Field, i64>,
    pub(super) zone: Option<TimeZone>,
}

const NANOS_OF_DAY: i64 = 86_400_000_000_000;

impl Fields {
    /// Notes a value; `None` where the field has another already, or cannot have this one.
    pub(super) fn set(&mut self, field: Field, value: i64) -> Option<()> {
        let allowed = match field {
            Field::Era | Field::HalfDay => 0..=1,
            Field::Year | Field::WeekYear => -9_998..=9_999,
            Field::Quarter => 1..=4,
            Field::Month | Field::ClockHalfHour => 1..=12,
            Field::Week => 1..=53,
            Field::WeekOfMonth => 0..=6,
            Field::DayOfYear => 1..=366,
            Field::Day => 1..=31,
            Field::WeekdayInMonth | Field::Weekday | Field::WeekdayNumber => 1..=7,
            Field::HalfHour => 0..=11,
            Field::ClockHour => 1..=24,
            Field::Hour => 0..=23,
            Field::Minute | Field::Second => 0..=59,
            Field::Nano => 0..=999_999_999,
            Field::MilliOfDay => 0..=NANOS_OF_DAY / 1_000_000 - 1,
            Field::NanoOfDay => 0..=NANOS_OF_DAY - 1,
        };
        let same = *self.values.entry(field).or_insert(value) == value;
        (same && allowed.contains(&value)).then_some(())
    }

    fn get(&self, field: Field) -> Option<i64> {
        self.values.get(&field).copied()
    }

    /// Milliseconds since 1970; `None` where no such time exists.
    pub(super) fn moment(&self, zone: &TimeZone) -> Option<i64> {
        let moment = DateTime::from_parts(self.date()?, self.time()?);
        instant(moment, self.zone.as_ref().unwrap_or(zone))
    }

    fn date(&self) -> Option<Date> {
        let year =
            self.get(Field::Year).map(|year| if self.get(Field::Era) == Some(0) { 1 - year } else { year });
        let weekday = self.get(Field::WeekdayNumber).or(self.get(Field::Weekday));
        let date = if let (Some(week), Some(year)) = (self.get(Field::Week), self.get(Field::WeekYear)) {
            weeks::date_of(i16::try_from(year).ok()?, week, weekday.unwrap_or(1))?
        } else {
            self.plain_date(i16::try_from(year.unwrap_or(1970)).ok()?)?
        };
        weekday.is_none_or(|weekday| weekday == weeks::weekday_number(date)).then_some(date)
    }

    /// The date by day of the year, or by quarter, month and day.
    fn plain_date(&self, year: i16) -> Option<Date> {
        let quarter = self.get(Field::Quarter);
        let month = self.get(Field::Month).or(quarter.map(|quarter| quarter * 3 - 2)).unwrap_or(1);
        if quarter.is_some_and(|quarter| (month + 2) / 3 != quarter) {
            return None;
        }
        if let Some(day) = self.get(Field::DayOfYear) {
            let first = Date::new(year, 1, 1).ok()?;
            let date = first.checked_add(jiff::Span::new().days(day - 1)).ok()?;
            return (date.year() == year).then_some(date);
        }
        let day = self.get(Field::Day).unwrap_or(1);
        Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
    }

    fn time(&self) -> Option<Time> {
        let whole =
            self.get(Field::NanoOfDay).or(self.get(Field::MilliOfDay).map(|millis| millis * 1_000_000));
        if let Some(nanos) = whole {
            return Time::midnight().checked_add(jiff::Span::new().nanoseconds(nanos)).ok();
        }
        let half = self.get(Field::ClockHalfHour).map(|hour| hour % 12).or(self.get(Field::HalfHour));
        let hour = half
            .zip(self.get(Field::HalfDay))
            .map(|(hour, half_day)| hour + 12 * half_day)
            .or(self.get(Field::ClockHour).map(|hour| hour % 24))
            .or(self.get(Field::Hour))
            .unwrap_or(0);
        let number = |field| self.get(field).unwrap_or(0);
        let (minute, second) = (number(Field::Minute), number(Field::Second));
        let nanos = i32::try_from(number(Field::Nano)).ok()?;
        Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, i8::try_from(second).ok()?, nanos)
            .ok()
    }
}

/// Whether a pattern names one time: a field needs those above it, and a clock of twelve hours its half of the day.
pub(super) fn unambiguous(parts: &[Part]) -> Result<(), String> {
    let mut fields = Vec::new();
    collect(parts, &mut fields);
    let any = |wanted: &[Field]| wanted.iter().any(|field| fields.contains(field));
    let needs = |of: &[Field], needed: &[Field], words: &str| {
        if any(of) && !any(needed) {
            Err(format!("{words} in the date pattern: without it the time is not known"))
        } else {
            Ok(())
        }
    };
    let hours = [Field::ClockHalfHour, Field::HalfHour, Field::ClockHour, Field::Hour];
    let halves = [Field::ClockHalfHour, Field::HalfHour];
    let dates = [
        Field::Year,
        Field::WeekYear,
        Field::Quarter,
        Field::Month,
        Field::Week,
        Field::Day,
        Field::DayOfYear,
    ];
    let times = [
        Field::ClockHalfHour,
        Field::HalfHour,
        Field::ClockHour,
        Field::Hour,
        Field::MilliOfDay,
        Field::NanoOfDay,
    ];
    let days = [Field::Day, Field::DayOfYear, Field::Week];
    if any(&[Field::WeekOfMonth, Field::WeekdayInMonth]) {
        return Err("a date pattern without W and F, which do not identify a date when parsing".to_owned());
    }
    needs(&[Field::Month, Field::Quarter, Field::DayOfYear, Field::Era], &[Field::Year], "a year (yyyy)")?;
    needs(&[Field::Day], &[Field::Month], "a month (MM)")?;
    needs(&[Field::Week], &[Field::WeekYear], "a week's year (YYYY)")?;
    needs(
        &[Field::WeekYear],
        &[Field::Week],
        "a week (ww), or a year (yyyy) in place of the week's year (YYYY),",
    )?;
    needs(&[Field::Weekday, Field::WeekdayNumber], &days, "a day (dd)")?;
    needs(&halves, &[Field::HalfDay], "AM or PM (a)")?;
    needs(&[Field::HalfDay], &hours, "an hour of the half day (h)")?;
    if any(&[Field::HalfDay]) && !any(&halves) {
        return Err("an hour of the 12-hour clock (h) with AM or PM (a) in the date pattern".to_owned());
    }
    needs(&[Field::Minute], &hours, "an hour (HH)")?;
    needs(&[Field::Second], &[Field::Minute], "minutes (mm)")?;
    needs(&[Field::Nano], &[Field::Second], "seconds (ss)")?;
    if any(&times) && any(&dates) {
        needs(&times, &days, "a day (dd)")?;
    }
    Ok(())
}

fn collect(parts: &[Part], fields: &mut Vec<Field>) {
    for part in parts {
        match part {
            Part::Number { field, .. } | Part::ShortYear(field) | Part::Name(field, _) => fields.push(*field),
            Part::Fraction(_) => fields.push(Field::Nano),
            Part::Padded(_, inner) => collect(std::slice::from_ref(inner), fields),
            Part::Optional(inner) => collect(inner, fields),
            Part::Literal(_) | Part::Offset(_) | Part::ZoneId | Part::ZoneName { .. } => {}
        }
    }
}
