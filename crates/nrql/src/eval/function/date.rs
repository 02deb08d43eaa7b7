//! Functions of a time.

use super::{JavaPattern, Prepared};
use crate::function::Id;
use crate::time::zone::local;
use crate::value::Datum;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

pub(super) fn month_name(month: i8) -> &'static str {
    MONTHS.get(month.unsigned_abs() as usize - 1).copied().unwrap_or("")
}

pub(super) fn weekday_name(date: Date) -> &'static str {
    WEEKDAYS.get(date.weekday().to_sunday_zero_offset().unsigned_abs() as usize).copied().unwrap_or("")
}

pub(super) fn call<'a>(id: Id, first: &Datum<'_>, prepared: &Prepared, query_zone: &TimeZone) -> Datum<'a> {
    let zone = prepared.zone.as_ref().unwrap_or(query_zone);
    if id == Id::ToTimestamp {
        let standard = JavaPattern::standard_input();
        let pattern = prepared.pattern.as_ref().unwrap_or(&standard);
        return first.text().and_then(|text| pattern.parse(text, zone)).map_or(Datum::Null, Datum::Int);
    }
    let Some(millis) = first.number() else { return Datum::Null };
    let millis = millis as i64;
    if id == Id::ToDatetime {
        let standard = JavaPattern::standard_output();
        return Datum::from(prepared.pattern.as_ref().unwrap_or(&standard).format(millis, zone));
    }
    let here = local(millis, zone);
    let (text, number) = part(id, here);
    if prepared.numeric { Datum::Int(number) } else { Datum::from(text) }
}

fn part(id: Id, here: DateTime) -> (String, i64) {
    let date = here.date();
    let (year, month, day) = (i64::from(date.year()), i64::from(date.month()), i64::from(date.day()));
    let month_text = month_name(date.month());
    let plain = |number: i64| (number.to_string(), number);
    match id {
        Id::HourOf => (format!("{}:00", here.hour()), i64::from(here.hour())),
        Id::MinuteOf => plain(i64::from(here.minute())),
        Id::DateOf => (format!("{month_text} {day}, {year}"), day),
        Id::WeekOf => {
            let back = i64::from(date.weekday().to_monday_zero_offset());
            let monday = date.checked_sub(jiff::Span::new().days(back)).unwrap_or(date);
            (
                format!("Week of {} {}", month_name(monday.month()), monday.day()),
                i64::from(date.iso_week_date().week()),
            )
        }
        Id::WeekdayOf => (weekday_name(date).to_owned(), i64::from(date.weekday().to_sunday_zero_offset())),
        Id::MonthOf => (format!("{month_text} {year}"), month),
        Id::QuarterOf => (format!("Q{} {year}", (month + 2) / 3), (month + 2) / 3),
        Id::YearOf => plain(year),
        Id::DaysInMonthOf => plain(i64::from(date.days_in_month())),
        _ => plain(day),
    }
}
