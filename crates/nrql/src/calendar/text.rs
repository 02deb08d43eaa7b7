//! Date-time texts such as `'2026-11-24 10:00:00 +0100'`.

/// A date-time text, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateTimeText {
    /// Year, month 1–12, day 1–31; absent when only a time of day is given.
    pub date: Option<(i16, u8, u8)>,
    /// Time of day; midnight when only a date is given.
    pub time: ClockTime,
    /// The zone written in the text.
    pub zone: Option<ZoneText>,
}

/// A zone written in a date-time text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ZoneText {
    /// `Z`, `+01:00`, `CST`: seconds east of UTC.
    Offset(i32),
    /// `[Europe/Berlin]`
    Region(String),
}

/// A time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockTime {
    /// 0–23.
    pub hour: u8,
    /// 0–59.
    pub minute: u8,
    /// 0–59.
    pub second: u8,
    /// 0–999.
    pub millis: u16,
}

impl ClockTime {
    /// Milliseconds since midnight.
    #[must_use]
    pub fn millis_of_day(self) -> i64 {
        ((i64::from(self.hour) * 60 + i64::from(self.minute)) * 60 + i64::from(self.second)) * 1_000
            + i64::from(self.millis)
    }
}

/// Short zone names, in hours east of UTC, with the meaning that Java gives the North American ones.
const SHORT_ZONES: &[(&str, i32)] = &[
    ("UTC", 0),
    ("GMT", 0),
    ("WET", 0),
    ("BST", 1),
    ("CET", 1),
    ("WEST", 1),
    ("CEST", 2),
    ("EET", 2),
    ("EEST", 3),
    ("MSK", 3),
    ("EST", -5),
    ("EDT", -4),
    ("CST", -6),
    ("CDT", -5),
    ("MST", -7),
    ("MDT", -6),
    ("PST", -8),
    ("PDT", -7),
    ("JST", 9),
    ("AKST", -9),
    ("AKDT", -8),
    ("HST", -10),
];

impl DateTimeText {
    /// Reads a date, a time or both; the error says in words what is wrong.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut cursor = Cursor { rest: text.trim() };
        let date = cursor.date()?;
        let mut compact = false;
        if date.is_some() {
            if let Some(rest) = cursor.rest.strip_prefix(['T', 't']) {
                cursor.rest = rest;
                compact = true;
            } else {
                cursor.blank();
            }
        }
        let time = cursor.time(compact)?;
        if date.is_none() && time.is_none() {
            return Err("a date such as '2026-11-24', a time such as '10:30', or both".to_owned());
        }
        let mut time = time.unwrap_or(ClockTime { hour: 0, minute: 0, second: 0, millis: 0 });
        cursor.blank();
        let mut zone = cursor.zone()?;
        cursor.blank();
        if let Some(afternoon) = cursor.half_day() {
            if time.hour == 0 || time.hour > 12 {
                return Err("an hour from 1 to 12 with AM or PM".to_owned());
            }
            time.hour = time.hour % 12 + if afternoon { 12 } else { 0 };
            cursor.blank();
        }
        if zone.is_none() {
            zone = cursor.zone()?;
        }
        if !cursor.rest.is_empty() {
            return Err(format!("nothing after the date and time, but '{}' is left", cursor.rest));
        }
        Ok(Self { date, time, zone })
    }
}

/// Reads `H:MM[:SS]`, as `AT` takes it.
pub(crate) fn clock_time(text: &str) -> Result<ClockTime, String> {
    let parsed = DateTimeText::parse(text)?;
    if parsed.date.is_some() || parsed.zone.is_some() || parsed.time.millis != 0 {
        return Err("a time of day such as '9:30' or '09:30:00', without date or zone".to_owned());
    }
    Ok(parsed.time)
}

struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    fn blank(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn digits(&mut self, most: usize) -> Option<&'a str> {
        let length = self.rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.rest.split_at(length);
        self.rest = rest;
        (length > 0).then_some(digits)
    }

    fn number(
        &mut self,
        digits: usize,
        range: std::ops::RangeInclusive<u16>,
        what: &str,
    ) -> Result<u16, String> {
        let before = self.rest;
        match self.digits(digits).and_then(|text| text.parse::<u16>().ok()).filter(|n| range.contains(n)) {
            Some(number) => Ok(number),
            None => Err(format!("{what} from {} to {}, not '{before}'", range.start(), range.end())),
        }
    }

    fn date(&mut self) -> Result<Option<(i16, u8, u8)>, String> {
        let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits < 4 {
            return Ok(None);
        }
        let year = self.number(4, 1970..=9999, "a year")?;
        self.rest = self.rest.strip_prefix('-').unwrap_or(self.rest);
        let month = self.number(2, 1..=12, "a month")?;
        let dashed = self.rest.strip_prefix('-');
        let day = if dashed.is_some() || self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            self.rest = dashed.unwrap_or(self.rest);
            self.number(2, 1..=31, "a day")?
        } else {
            1
        };
        let (year, month, day) = (year.cast_signed(), month as u8, day as u8);
        jiff::civil::Date::new(year, month.cast_signed(), day.cast_signed())
            .map_err(|_| format!("a day that exists, not {year}-{month:02}-{day:02}"))?;
        Ok(Some((year, month, day)))
    }

    fn time(&mut self, compact: bool) -> Result<Option<ClockTime>, String> {
        if !self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            return Ok(None);
        }
        let hour = self.number(2, 0..=23, "an hour")? as u8;
        let minute = match self.rest.strip_prefix(':') {
            Some(rest) => {
                self.rest = rest;
                self.number(2, 0..=59, "minutes")? as u8
            }
            None if compact && self.rest.starts_with(|c: char| c.is_ascii_digit()) => {
                self.number(2, 0..=59, "minutes")? as u8
            }
            None => return Err("minutes after the hour, as in '10:30'".to_owned()),
        };
        let mut time = ClockTime { hour, minute, second: 0, millis: 0 };
        let colon = self.rest.strip_prefix(':');
        if colon.is_some() || (compact && self.rest.starts_with(|c: char| c.is_ascii_digit())) {
            self.rest = colon.unwrap_or(self.rest);
            time.second = self.number(2, 0..=59, "seconds")? as u8;
            if let Some(rest) = self.rest.strip_prefix('.') {
                self.rest = rest;
                let fraction = self.digits(9).ok_or("digits after the point of the seconds")?;
                let padded: String = fraction.chars().chain("000".chars()).take(3).collect();
                time.millis = padded.parse().unwrap_or(0);
            }
        }
        Ok(Some(time))
    }

    fn half_day(&mut self) -> Option<bool> {
        let word = self.rest.get(..2)?;
        let afternoon = word.eq_ignore_ascii_case("pm");
        if !afternoon && !word.eq_ignore_ascii_case("am") {
            return None;
        }
        self.rest = &self.rest[2..];
        Some(afternoon)
    }

    fn zone(&mut self) -> Result<Option<ZoneText>, String> {
        if let Some(rest) = self.rest.strip_prefix('[') {
            let (region, rest) = rest.split_once(']').ok_or("`]` after the region")?;
            super::zone::find(region)?;
            self.rest = rest;
            return Ok(Some(ZoneText::Region(region.to_owned())));
        }
        if let Some(rest) = self.rest.strip_prefix(['Z', 'z'])
            && !rest.starts_with(|c: char| c.is_ascii_alphabetic())
        {
            self.rest = rest;
            return Ok(Some(ZoneText::Offset(0)));
        }
        if self.rest.starts_with(['+', '-']) {
            let sign = if self.rest.starts_with('-') { -1 } else { 1 };
            self.rest = &self.rest[1..];
            let hours = i32::from(self.number(2, 0..=18, "hours of the zone")?);
            self.rest = self.rest.strip_prefix(':').unwrap_or(self.rest);
            let minutes = i32::from(self.number(2, 0..=59, "minutes of the zone")?);
            return Ok(Some(ZoneText::Offset(sign * (hours * 60 + minutes) * 60)));
        }
        let length = self.rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (word, rest) = self.rest.split_at(length);
        if word.len() < 3 {
            return Ok(None);
        }
        let (_, hours) =
            SHORT_ZONES.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).ok_or_else(|| {
                format!("a zone such as 'Z', '+01:00', 'CET' or '[Europe/Berlin]', not '{word}'")
            })?;
        self.rest = rest;
        Ok(Some(ZoneText::Offset(hours * 3_600)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(hour: u8, minute: u8, second: u8, millis: u16) -> ClockTime {
        ClockTime { hour, minute, second, millis }
    }

    #[test]
    fn documented_forms_are_read() {
        let read = |text| DateTimeText::parse(text).unwrap();
        assert_eq!(read("2026-11-24").date, Some((2026, 11, 24)));
        assert_eq!(read("20261124T101500.250Z").time, clock(10, 15, 0, 250));
        assert_eq!(read("2026-11").date, Some((2026, 11, 1)));
        assert_eq!(read("2026-11-24 10:15 -0330").zone, Some(ZoneText::Offset(-12_600)));
        assert_eq!(
            read("2026-11-24T10:15:01 [Europe/Berlin]").zone,
            Some(ZoneText::Region("Europe/Berlin".into()))
        );
        assert_eq!(read("9:05 PM").time, clock(21, 5, 0, 0));
        assert_eq!(read("2026-11-24 12:00 CST").zone, Some(ZoneText::Offset(-21_600)));
    }

    #[test]
    fn impossible_ones_are_refused() {
        for text in
            ["", "soon", "2026-02-30", "2026-13-01", "25:00", "10", "2026-11-24 10:00 Xyz", "10:00 tail"]
        {
            assert!(DateTimeText::parse(text).is_err(), "{text}");
        }
    }
}
