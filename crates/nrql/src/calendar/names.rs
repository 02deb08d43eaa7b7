//! Names of months and weekdays.

use jiff::civil::Date;

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

/// The name of a month, 1 to 12.
pub(crate) fn month_name(month: i8) -> &'static str {
    usize::try_from(month - 1).ok().and_then(|place| MONTHS.get(place)).copied().unwrap_or("")
}

/// The name of a date's weekday.
pub(crate) fn weekday_name(date: Date) -> &'static str {
    let place = date.weekday().to_sunday_zero_offset().unsigned_abs() as usize;
    WEEKDAYS.get(place).copied().unwrap_or("")
}
