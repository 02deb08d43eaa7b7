//! What SINCE, UNTIL and COMPARE WITH mean at a given moment.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::ast::{Day, TimePoint, Unit};
use crate::calendar::zone::{fixed, instant, local, midnight};
use crate::calendar::{DateTimeText, ZoneText, zone};

/// From `begin`, inclusive, to `end`, exclusive: milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeRange {
    /// First millisecond.
    pub begin: i64,
    /// One past the last.
    pub end: i64,
}

impl TimeRange {
    /// Every time there is.
    pub const ALL: Self = Self { begin: i64::MIN, end: i64::MAX };

    /// Whether a time is within.
    #[must_use]
    pub fn contains(self, millis: i64) -> bool {
        self.begin <= millis && millis < self.end
    }

    /// Milliseconds from begin to end.
    #[must_use]
    pub fn millis(self) -> i64 {
        self.end.saturating_sub(self.begin)
    }
}

/// How long a query without SINCE looks back.
pub(crate) const DEFAULT_WINDOW: i64 = 3_600_000;

/// The instant that a point in time names; `None` when it lies outside of the calendar.
///
/// `beginning` is true for SINCE, where a time of day that is still to come means yesterday's.
pub(crate) fn resolve(point: &TimePoint, now: i64, zone: &TimeZone, beginning: bool) -> Option<i64> {
    const DAY: i64 = 86_400_000;
    let today = local(now, zone).date();
    match point {
        TimePoint::Now => Some(now),
        TimePoint::Epoch(millis) => Some(*millis),
        TimePoint::Ago(period) => Some(now.saturating_sub(period.millis())),
        TimePoint::Day { day, at } => {
            let back = match day {
                Day::Today => 0,
                Day::Yesterday => 1,
                Day::Weekday(weekday) => {
                    (i64::from(today.weekday().to_monday_zero_offset()) - i64::from(*weekday)).rem_euclid(7)
                }
            };
            let date = days_before(today, back)?;
            let Some(at) = at else { return midnight(date, zone) };
            let moment = |date: Date| {
                let (hour, minute, second) =
                    (at.hour.cast_signed(), at.minute.cast_signed(), at.second.cast_signed());
                instant(date.at(hour, minute, second, 0), zone)
            };
            let found = moment(date)?;
            if beginning && *day == Day::Today && found > now {
                moment(days_before(date, 1)?)
            } else {
                Some(found)
            }
        }
        TimePoint::This(unit) => beginning_of(*unit, now, 0, zone),
        TimePoint::Last(unit) => beginning_of(*unit, now, 1, zone),
        TimePoint::DateTime { value, .. } => {
            let found = written(value, today, zone)?;
            let future_time = value.date.is_none() && beginning && found > now;
            Some(if future_time { found - DAY } else { found })
        }
    }
}

fn written(value: &DateTimeText, today: Date, zone: &TimeZone) -> Option<i64> {
    let own = match &value.zone {
        Some(ZoneText::Offset(seconds)) => Some(fixed(*seconds)),
        Some(ZoneText::Region(region)) => zone::find(region).ok(),
        None => None,
    };
    let date = match value.date {
        Some((year, month, day)) => Date::new(year, month.cast_signed(), day.cast_signed()).ok()?,
        None => today,
    };
    let time = value.time;
    let (hour, minute, second) =
        (time.hour.cast_signed(), time.minute.cast_signed(), time.second.cast_signed());
    let moment = date.at(hour, minute, second, i32::from(time.millis) * 1_000_000);
    instant(moment, own.as_ref().unwrap_or(zone))
}

fn days_before(date: Date, days: i64) -> Option<Date> {
    date.checked_sub(jiff::Span::new().days(days)).ok()
}

/// The beginning of the calendar unit that holds `now`, or of one before it.
fn beginning_of(unit: Unit, now: i64, back: i64, zone: &TimeZone) -> Option<i64> {
    let here = local(now, zone);
    let date = here.date();
    let months_before =
        |months: i64| date.first_of_month().checked_sub(jiff::Span::new().months(months)).ok();
    let month = i64::from(date.month()) - 1;
    let first = match unit {
        Unit::Hour => {
            let hour = date.at(here.hour(), 0, 0, 0).checked_sub(jiff::Span::new().hours(back)).ok()?;
            return instant(hour, zone);
        }
        Unit::Week => days_before(date, i64::from(date.weekday().to_monday_zero_offset()) + 7 * back)?,
        Unit::Month => months_before(back)?,
        Unit::Quarter => months_before(month % 3 + 3 * back)?,
        Unit::Year => months_before(month + 12 * back)?,
        _ => days_before(date, back)?,
    };
    midnight(first, zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
    }

    fn since(clause: &str, now: &str, zone: &str) -> i64 {
        let query = crate::parse(&format!("SELECT count(*) FROM T SINCE {clause}")).unwrap();
        let zone = zone::find(zone).unwrap();
        resolve(&query.since.unwrap(), at(now), &zone, true).unwrap()
    }

    #[test]
    fn named_times_follow_the_calendar_of_the_zone() {
        let now = "2026-11-24T10:30:00Z"; // A Tuesday.
        let cases = [
            ("today", "UTC", "2026-11-24T00:00:00Z"),
            ("yesterday", "UTC", "2026-11-23T00:00:00Z"),
            ("tuesday", "UTC", "2026-11-24T00:00:00Z"),
            ("wednesday", "UTC", "2026-11-18T00:00:00Z"),
            ("this week", "UTC", "2026-11-23T00:00:00Z"),
            ("last week", "UTC", "2026-11-16T00:00:00Z"),
            ("this month", "UTC", "2026-11-01T00:00:00Z"),
            ("last quarter", "UTC", "2026-07-01T00:00:00Z"),
            ("this year", "UTC", "2026-01-01T00:00:00Z"),
            ("last hour", "UTC", "2026-11-24T09:00:00Z"),
            ("today", "America/New_York", "2026-11-24T05:00:00Z"),
            ("today at '23:00'", "UTC", "2026-11-23T23:00:00Z"),
            ("today at '9:00'", "UTC", "2026-11-24T09:00:00Z"),
            ("'23:00'", "UTC", "2026-11-23T23:00:00Z"),
            ("'2026-11-01 08:00'", "Europe/Berlin", "2026-11-01T07:00:00Z"),
            ("'2026-11-01 08:00 +0200'", "Europe/Berlin", "2026-11-01T06:00:00Z"),
            ("3 days ago", "Europe/Berlin", "2026-11-21T10:30:00Z"),
        ];
        for (clause, zone, expected) in cases {
            assert_eq!(since(clause, now, zone), at(expected), "{clause} in {zone}");
        }
    }
}
