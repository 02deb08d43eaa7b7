//! Times as text.

use std::fmt::Write;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::parts::{Field, Part, Style};
use super::{weeks, zones};
use crate::calendar::names::{month_name, weekday_name};
use crate::calendar::zone::local;

struct Moment<'z> {
    here: DateTime,
    instant: Timestamp,
    zone: &'z TimeZone,
}

pub(super) fn written(parts: &[Part], millis: i64, zone: &TimeZone) -> String {
    let instant = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH);
    let moment = Moment { here: local(millis, zone), instant, zone };
    let mut text = String::new();
    parts.iter().for_each(|part| moment.write(part, &mut text));
    text
}

impl Moment<'_> {
    // Writing to a String cannot fail.
    fn write(&self, part: &Part, text: &mut String) {
        let _ = match part {
            Part::Literal(literal) => text.write_str(literal),
            Part::Number { field, least, .. } => write!(text, "{:0least$}", self.number(*field)),
            Part::ShortYear(field) => write!(text, "{:02}", self.number(*field).rem_euclid(100)),
            Part::Name(field, style) => text.write_str(&self.name(*field, *style)),
            Part::Fraction(digits) => {
                let all = format!("{:09}", self.here.subsec_nanosecond());
                text.write_str(&all[..*digits])
            }
            Part::Offset(form) => text.write_str(&form.written(self.zone.to_offset(self.instant).seconds())),
            Part::ZoneId => text.write_str(&zones::id(self.zone)),
            Part::ZoneName { full } => text.write_str(&zones::name(self.zone, self.instant, *full)),
            Part::Padded(width, inner) => {
                let mut inside = String::new();
                self.write(inner, &mut inside);
                write!(text, "{inside:>width$}")
            }
            Part::Optional(inner) => {
                inner.iter().for_each(|part| self.write(part, text));
                Ok(())
            }
        };
    }

    fn number(&self, field: Field) -> i64 {
        let (date, time) = (self.here.date(), self.here.time());
        let hour = i64::from(time.hour());
        let millis = (hour * 60 + i64::from(time.minute())) * 60 + i64::from(time.second());
        let nanos = millis * 1_000_000_000 + i64::from(time.subsec_nanosecond());
        match field {
            Field::Era => i64::from(date.year() > 0),
            Field::Year => i64::from(date.year()),
            Field::WeekYear => i64::from(weeks::week(date).0),
            Field::Quarter => i64::from((date.month() + 2) / 3),
            Field::Month => i64::from(date.month()),
            Field::Week => weeks::week(date).1,
            Field::WeekOfMonth => weeks::week_of_month(date),
            Field::DayOfYear => i64::from(date.day_of_year()),
            Field::Day => i64::from(date.day()),
            Field::WeekdayInMonth => i64::from((date.day() - 1) % 7 + 1),
            Field::Weekday | Field::WeekdayNumber => weeks::weekday_number(date),
            Field::HalfDay => hour / 12,
            Field::ClockHalfHour => (hour + 11) % 12 + 1,
            Field::HalfHour => hour % 12,
            Field::ClockHour => (hour + 23) % 24 + 1,
            Field::Hour => hour,
            Field::Minute => i64::from(time.minute()),
            Field::Second => i64::from(time.second()),
            Field::Nano => i64::from(time.subsec_nanosecond()),
            Field::MilliOfDay => nanos / 1_000_000,
            Field::NanoOfDay => nanos,
        }
    }

    fn name(&self, field: Field, style: Style) -> String {
        name_of(field, self.number(field), style).unwrap_or_else(|| match (field, style) {
            (Field::Month, _) => shortened(month_name(self.here.month()), style),
            (Field::Weekday, _) => shortened(weekday_name(self.here.date()), style),
            _ => self.number(field).to_string(),
        })
    }
}

fn shortened(name: &str, style: Style) -> String {
    let length = match style {
        Style::Short => 3,
        Style::Full => name.len(),
        Style::Narrow => 1,
    };
    name.get(..length).unwrap_or(name).to_owned()
}

/// The names of eras, quarters and halves of a day.
fn name_of(field: Field, number: i64, style: Style) -> Option<String> {
    let name = match (field, style) {
        (Field::Era, Style::Short) => ["BC", "AD"][usize::from(number > 0)].to_owned(),
        (Field::Era, Style::Full) => ["Before Christ", "Anno Domini"][usize::from(number > 0)].to_owned(),
        (Field::Era, Style::Narrow) => ["B", "A"][usize::from(number > 0)].to_owned(),
        (Field::Quarter, Style::Short) => format!("Q{number}"),
        (Field::Quarter, Style::Full) => {
            format!(
                "{number}{} quarter",
                ["th", "st", "nd", "rd", "th"].get(number as usize).unwrap_or(&"th")
            )
        }
        (Field::Quarter, Style::Narrow) => number.to_string(),
        (Field::HalfDay, _) => ["AM", "PM"][usize::from(number > 0)].to_owned(),
        _ => return None,
    };
    Some(name)
}

/// Every name that a field has in a style, with its number.
pub(super) fn names(field: Field, style: Style) -> Vec<(String, i64)> {
    let of = |numbers: std::ops::RangeInclusive<i64>| {
        numbers.filter_map(|number| Some((name_of(field, number, style)?, number))).collect()
    };
    match field {
        Field::Era | Field::HalfDay => of(0..=1),
        Field::Quarter => of(1..=4),
        Field::Month => {
            (1..=12).map(|month| (shortened(month_name(month), style), i64::from(month))).collect()
        }
        Field::Weekday => (0..7_i64)
            .filter_map(|day| {
                // A Sunday, and the days after it.
                let date = jiff::civil::Date::new(2023, 1, 1 + i8::try_from(day).ok()?).ok()?;
                Some((shortened(weekday_name(date), style), day + 1))
            })
            .collect(),
        _ => Vec::new(),
    }
}
