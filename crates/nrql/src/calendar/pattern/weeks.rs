//! Weeks that begin on Sunday; the first of a year holds January 1.

use jiff::civil::Date;

/// The number of a weekday from Sunday, 1.
pub(super) fn weekday_number(date: Date) -> i64 {
    i64::from(date.weekday().to_sunday_one_offset())
}

/// The year that a date's week belongs to, and the week's number in it.
pub(super) fn week(date: Date) -> (i16, i64) {
    let year = date.year();
    let first = weekday_number(date.first_of_year());
    let number = (i64::from(date.day_of_year()) + first - 2) / 7 + 1;
    // A week whose Saturday is in the next year is the first of that.
    let saturday = i64::from(date.day_of_year()) + 7 - weekday_number(date);
    if saturday > i64::from(date.days_in_year()) { (year + 1, 1) } else { (year, number) }
}

/// The week of its month that a date is in.
pub(super) fn week_of_month(date: Date) -> i64 {
    (i64::from(date.day()) + weekday_number(date.first_of_month()) - 2) / 7 + 1
}

/// The date of a weekday, from Sunday, 1, in a week.
pub(super) fn date_of(year: i16, week: i64, weekday: i64) -> Option<Date> {
    let first = Date::new(year, 1, 1).ok()?;
    let days = 7 * (week - 1) + weekday - weekday_number(first);
    let date = first.checked_add(jiff::Span::new().try_days(days).ok()?).ok()?;
    (self::week(date) == (year, week)).then_some(date)
}
