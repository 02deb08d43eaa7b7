//! Splits a period into hours, days or weeks of a time zone.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::error::ReportError;

/// The most pieces of a period: the hours of a hundred days.
const PIECES_MAX: usize = 2_400;

/// How long a cohort is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Every {
    Hour,
    Day,
    Week,
}

impl Every {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "hour" => Self::Hour,
            "day" => Self::Day,
            "week" => Self::Week,
            _ => return None,
        })
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
        }
    }
}

/// The bounds of the pieces that hold `since` to `until`, in milliseconds: the first begins at `since` and the last ends at
/// `until`; between them they are whole hours, days or weeks of the zone. Weeks begin on Monday.
pub(super) fn bounds(since: i64, until: i64, every: Every, zone: &TimeZone) -> Result<Vec<i64>, ReportError> {
    let mut bounds = vec![since];
    let mut at = since;
    loop {
        at = next(at, every, zone)
            .ok_or_else(|| ReportError::new("the period is outside the supported range"))?;
        if at >= until {
            bounds.push(until);
            return Ok(bounds);
        }
        bounds.push(at);
        if bounds.len() > PIECES_MAX {
            return Err(ReportError::new(format!(
                "the period has more than {PIECES_MAX} cohorts; shorten the period with `since`, or lengthen the cohorts with `every`"
            )));
        }
    }
}

/// When the piece after the one that holds a time begins.
fn next(millis: i64, every: Every, zone: &TimeZone) -> Option<i64> {
    let local = zone.to_datetime(Timestamp::from_millisecond(millis).ok()?);
    let date = local.date();
    let days = match every {
        Every::Hour => {
            let into = i64::from(local.minute()) * 60_000
                + i64::from(local.second()) * 1_000
                + i64::from(local.subsec_nanosecond()) / 1_000_000;
            return millis.checked_add(3_600_000 - into);
        }
        Every::Day => 1,
        Every::Week => 7 - i64::from(date.weekday().to_monday_zero_offset()),
    };
    midnight(date.checked_add(Span::new().days(days)).ok()?, zone)
}

/// When a day begins in a zone.
pub(super) fn midnight(date: Date, zone: &TimeZone) -> Option<i64> {
    zone.to_timestamp(date.at(0, 0, 0, 0)).ok().map(Timestamp::as_millisecond)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn days_are_those_of_the_zone_across_a_clock_change() {
        let zone = jiff::tz::db().get("Europe/Berlin").unwrap();
        let (since, until) = (millis("2026-10-23T10:00:00Z"), millis("2026-10-27T10:00:00Z"));
        let found = bounds(since, until, Every::Day, &zone).unwrap();
        let hours: Vec<i64> = found.windows(2).map(|pair| (pair[1] - pair[0]) / 3_600_000).collect();
        assert_eq!(hours, [12, 24, 25, 24, 11]);
        assert_eq!(found[1], millis("2026-10-23T22:00:00Z"));
    }

    #[test]
    fn hours_and_weeks_are_whole_but_for_the_ends() {
        let (since, until) = (millis("2026-11-25T10:20:30.5Z"), millis("2026-11-25T13:00:00Z"));
        let found = bounds(since, until, Every::Hour, &TimeZone::UTC).unwrap();
        assert_eq!(found[1..], [millis("2026-11-25T11:00:00Z"), millis("2026-11-25T12:00:00Z"), until]);
        let found = bounds(since, millis("2026-12-08T00:00:00Z"), Every::Week, &TimeZone::UTC).unwrap();
        assert_eq!(found[1..3], [millis("2026-11-30T00:00:00Z"), millis("2026-12-07T00:00:00Z")]);
        assert!(bounds(0, until, Every::Hour, &TimeZone::UTC).unwrap_err().to_string().contains("every"));
    }
}
