//! Time zones, from the database that is compiled in.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};

/// The zone of that name (`Region/City`, `UTC`, `Z`), or what is wrong in words.
pub(crate) fn find(name: &str) -> Result<TimeZone, String> {
    if name.eq_ignore_ascii_case("z") || name.eq_ignore_ascii_case("utc") || name.eq_ignore_ascii_case("gmt")
    {
        return Ok(TimeZone::UTC);
    }
    jiff::tz::db()
        .get(name)
        .map_err(|_| format!("a time zone such as 'Europe/Berlin' or 'UTC', not '{name}'"))
}

/// A zone that is always the same distance from UTC.
pub(crate) fn fixed(seconds: i32) -> TimeZone {
    Offset::from_seconds(seconds).map_or(TimeZone::UTC, TimeZone::fixed)
}

/// The local date and time of an instant; instants outside the calendar are clipped to it.
pub(crate) fn local(millis: i64, zone: &TimeZone) -> DateTime {
    let least = Timestamp::MIN.as_millisecond();
    let most = Timestamp::MAX.as_millisecond();
    // Half a day inside, so that no zone leads out of the calendar.
    let clipped = millis.clamp(least + 172_800_000, most - 172_800_000);
    Timestamp::from_millisecond(clipped).map_or(DateTime::MIN, |instant| zone.to_datetime(instant))
}

/// The instant of a local date and time; a gap is stepped over and of a fold the first is taken, as zone databases
/// are usually read.
pub(crate) fn instant(local: DateTime, zone: &TimeZone) -> Option<i64> {
    zone.to_timestamp(local).ok().map(Timestamp::as_millisecond)
}

/// Midnight, the beginning of that day.
pub(crate) fn midnight(date: Date, zone: &TimeZone) -> Option<i64> {
    instant(date.at(0, 0, 0, 0), zone)
}
