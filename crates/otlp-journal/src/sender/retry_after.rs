//! The header `Retry-After`: seconds, or a date (RFC 9110 §10.2.3).

use std::time::Duration;

use crate::settings::clock::nanos;

/// The wait from `now` (Unix nanoseconds); `None` for what is neither form.
pub(crate) fn parse(text: &str, now: u64) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than fit is a very long wait, not a short one.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::from(u32::MAX))));
    }
    let at = Duration::from_secs(date(text)?);
    Some(Duration::from_nanos(nanos(at).saturating_sub(now)))
}

/// Seconds since the epoch of any of the three date forms that HTTP knows.
fn date(text: &str) -> Option<u64> {
    let words: Vec<&str> = text.split([' ', ',', '-']).filter(|w| !w.is_empty()).collect();
    // Sun Nov  6 08:49:37 1994; Sun, 06 Nov 1994 08:49:37 GMT; Sunday, 06-Nov-94 08:49:37 GMT
    let ([_, month, day, clock, year] | [_, day, month, year, clock, "GMT" | "UTC"]) = *words.as_slice()
    else {
        return None;
    };
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = 1 + MONTHS.iter().position(|m| *m == month)? as u64;
    let day: u64 = day.parse().ok().filter(|d| (1..=31).contains(d))?;
    let year: u64 = match (year.len(), year.parse::<u64>().ok()?) {
        (2, short) if short >= 70 => 1900 + short,
        (2, short) => 2000 + short,
        (4, year) if year >= 1970 => year,
        _ => return None,
    };
    let mut parts = clock.split(':').map(|p| p.parse::<u64>().ok());
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    if hours > 23 || minutes > 59 || seconds > 60 || parts.next().is_some() {
        return None;
    }
    Some(days(year, month, day) * 86_400 + hours * 3_600 + minutes * 60 + seconds)
}

/// Days since the epoch. Years begin in March here, so that the leap day is the last.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year / 4 - year / 100 + year / 400;
    365 * year + leap_days + (153 * month + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    const BIRTHDAY: u64 = 784_111_777;

    #[test]
    fn seconds_and_all_three_dates() {
        assert_eq!(parse("120", 0), Some(Duration::from_secs(120)));
        for text in
            ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
        {
            assert_eq!(date(text), Some(BIRTHDAY), "{text}");
        }
        let ten_before = (BIRTHDAY - 10) * 1_000_000_000;
        assert_eq!(parse("Sun, 06 Nov 1994 08:49:37 GMT", ten_before), Some(Duration::from_secs(10)));
        assert_eq!(date("Thu, 29 Feb 2024 00:00:00 GMT"), Some(1_709_164_800));
        assert_eq!(date("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
    }

    #[test]
    fn the_past_is_now_and_nonsense_is_nothing() {
        assert_eq!(parse("Sun, 06 Nov 1994 08:49:37 GMT", u64::MAX / 2), Some(Duration::ZERO));
        assert_eq!(parse("99999999999999999999999", 0), Some(Duration::from_secs(u64::from(u32::MAX))));
        for nonsense in
            ["", "soon", "-5", "1.5", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 99:00:00 GMT"]
        {
            assert_eq!(parse(nonsense, 0), None, "{nonsense:?}");
        }
    }
}
