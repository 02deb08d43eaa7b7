//! Java's date patterns (`DateTimeFormatter`): letters for fields, quotes around literal text, brackets around what may be
//! missing when reading. Names are English; weeks begin on Sunday, and the first of a year holds January 1, as in Java's
//! `Locale.US`.

mod fields;
mod offset;
mod parts;
mod read;
mod weeks;
mod write;
mod zones;

use jiff::tz::TimeZone;

use self::parts::Part;

/// A pattern that is made ready.
#[derive(Clone, Debug)]
pub(crate) struct JavaPattern {
    parts: Vec<Part>,
}

impl JavaPattern {
    /// Reads a pattern for writing times. The error says what would have been right.
    pub(crate) fn for_writing(pattern: &str) -> Result<Self, String> {
        Ok(Self { parts: parts::parts(pattern)? })
    }

    /// Reads a pattern for reading texts: one that leaves a time open is refused too.
    pub(crate) fn for_reading(pattern: &str) -> Result<Self, String> {
        let pattern = Self::for_writing(pattern)?;
        fields::unambiguous(&pattern.parts)?;
        Ok(pattern)
    }

    fn known(pattern: &str) -> Self {
        Self::for_writing(pattern).unwrap_or(Self { parts: Vec::new() })
    }

    /// How times are written when no pattern is given.
    pub(crate) fn standard_output() -> Self {
        Self::known("yyyy-MM-dd'T'HH:mm:ss.SSSXXX")
    }

    /// How texts are read when no pattern is given.
    pub(crate) fn standard_input() -> Self {
        Self::known("yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX]")
    }

    /// A time, in milliseconds since 1970, as text.
    pub(crate) fn format(&self, millis: i64, zone: &TimeZone) -> String {
        write::written(&self.parts, millis, zone)
    }

    /// The milliseconds since 1970 that a string names; `None` where it does not fit the pattern.
    pub(crate) fn parse(&self, text: &str, zone: &TimeZone) -> Option<i64> {
        read::read(&self.parts, text)?.moment(zone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> TimeZone {
        crate::calendar::zone::find(name).unwrap()
    }

    fn at(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn every_letter_is_written() {
        let millis = at("2026-06-03T10:04:05.250Z"); // A Wednesday.
        for (pattern, berlin) in [
            ("G GGGG GGGGG", "AD Anno Domini A"),
            ("u uu uuuu y yy yyyy", "2026 26 2026 2026 26 2026"),
            ("D DDD d dd", "154 154 3 03"),
            ("M MM MMM MMMM MMMMM L LLLL", "6 06 Jun June J 6 June"),
            ("Q QQ QQQ QQQQ q qqq", "2 02 Q2 2nd quarter 2 Q2"),
            ("Y YY YYYY w ww W F", "2026 26 2026 23 23 1 3"),
            ("E EEE EEEE EEEEE e ee eee c", "Wed Wed Wednesday W 4 04 Wed 4"),
            ("a h hh K k kk H HH", "PM 12 12 0 12 12 12 12"),
            ("m mm s ss S SSS SSSSSS", "4 04 5 05 2 250 250000"),
            ("A n N", "43445250 250000000 43445250000000"),
            ("VV z zzzz", "Europe/Berlin CEST Central European Summer Time"),
            ("O OOOO", "GMT+2 GMT+02:00"),
            ("X XX XXX XXXX XXXXX", "+02 +0200 +02:00 +0200 +02:00"),
            ("x xx xxx xxxx xxxxx", "+02 +0200 +02:00 +0200 +02:00"),
            ("Z ZZZ ZZZZ ZZZZZ", "+0200 +0200 GMT+02:00 +02:00"),
            ("'o''clock' '' ppppH[.SS]", "o'clock '   12.25"),
        ] {
            let written = JavaPattern::for_writing(pattern).unwrap().format(millis, &zone("Europe/Berlin"));
            assert_eq!(written, berlin, "{pattern}");
        }
        let utc = |pattern| JavaPattern::for_writing(pattern).unwrap().format(millis, &TimeZone::UTC);
        assert_eq!(utc("X XXX x xxx Z ZZZZ ZZZZZ O VV z"), "Z Z +00 +00:00 +0000 GMT Z GMT UTC UTC");
        assert_eq!(
            JavaPattern::standard_output().format(1_234_567, &TimeZone::UTC),
            "1970-01-01T00:20:34.567Z"
        );
    }

    #[test]
    fn every_field_is_read() {
        for (pattern, text, expected) in [
            ("yyyy 'day' D", "2023 day 291", "2023-10-18T00:00:00Z"),
            ("yyyyDDD", "2023291", "2023-10-18T00:00:00Z"),
            ("yyyy qqq", "2023 Q4", "2023-10-01T00:00:00Z"),
            ("QQQQ yyyy", "2nd quarter 2023", "2023-04-01T00:00:00Z"),
            ("q/yy", "3/23", "2023-07-01T00:00:00Z"),
            ("yyyy", "2023", "2023-01-01T00:00:00Z"),
            ("d MMM uuuu", "5 Mar 2024", "2024-03-05T00:00:00Z"),
            ("MMMM d, y G", "March 15, 44 BC", "-000043-03-15T00:00:00Z"),
            ("EEEE, d MMMM yyyy", "Wednesday, 3 June 2026", "2026-06-03T00:00:00Z"),
            ("YYYY 'w'w e", "2026 w23 4", "2026-06-03T00:00:00Z"),
            ("YYYY-ww-E", "2026-23-Wed", "2026-06-03T00:00:00Z"),
            ("HH:mm O", "00:30 GMT-1", "1970-01-01T01:30:00Z"),
            ("HH:mm OOOO", "00:30 GMT+01:00", "1969-12-31T23:30:00Z"),
            ("yyyy-MM-dd h:mm a", "2023-10-18 12:27 AM", "2023-10-18T00:27:00Z"),
            ("yyyy-MM-dd K:mm a", "2023-10-18 0:27 PM", "2023-10-18T12:27:00Z"),
            ("yyyy-MM-dd k:mm", "2023-10-18 24:27", "2023-10-18T00:27:00Z"),
            ("yyyyMMddHHmmssSSS Z", "20260603120405250 +0200", "2026-06-03T10:04:05.250Z"),
            ("yyyy-MM-dd A", "2026-06-03 43445250", "2026-06-03T12:04:05.250Z"),
            ("yyyy-MM-dd HH:mm:ss n", "2026-06-03 12:04:05 250000000", "2026-06-03T12:04:05.250Z"),
            ("yyyy-MM-dd HH:mm VV", "2026-06-03 12:04 Europe/Berlin", "2026-06-03T10:04:00Z"),
            ("yyyy-MM-dd HH:mm z", "2026-06-03 12:04 PDT", "2026-06-03T19:04:00Z"),
            (
                "yyyy-MM-dd HH:mm zzzz",
                "2026-06-03 12:04 Central European Summer Time",
                "2026-06-03T10:04:00Z",
            ),
            ("yyyy-MM-dd HHX", "2026-06-03 12+0530", "2026-06-03T06:30:00Z"),
            ("yyyy-MM-dd HHxxx", "2026-06-03 12-03:30", "2026-06-03T15:30:00Z"),
            ("yyyy-MM-dd['T'HH:mm[:ss]]", "2026-06-03T12:04", "2026-06-03T12:04:00Z"),
        ] {
            let read = JavaPattern::for_reading(pattern).unwrap().parse(text, &TimeZone::UTC);
            assert_eq!(read, Some(at(expected)), "{pattern} of {text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_none() {
        for (pattern, text) in [
            ("yyyy-MM-dd h:mm a", "2023-10-18 3:27 pm"),
            ("yyyy-MM-dd h:mm a", "2023-10-18 13:27 PM"),
            ("yyyy-MM-dd", "2023-2-18"),
            ("yyyy-MM-dd", "2023-02-30"),
            ("yyyy-MM-dd", "2023-02-03 and more"),
            ("yyyy-MM-dd", "12023-02-03"),
            ("EEE, yyyy-MM-dd", "Mon, 2026-06-03"),
            ("d MMM yyyy", "5 mar 2024"),
            ("HH:mm:ss.SSS", "10:00:00.5"),
            ("yyyy-MM-dd HH:mm VV", "2026-06-03 12:04 Europe/Atlantis"),
            ("yyyy-MM-dd HH:mmXXX", "2026-06-03 12:04+0200"),
        ] {
            let read = JavaPattern::for_reading(pattern).unwrap().parse(text, &TimeZone::UTC);
            assert_eq!(read, None, "{pattern} of {text}");
        }
    }

    #[test]
    fn what_is_ambiguous_is_refused_for_reading_alone() {
        for pattern in [
            "yyyy dd",
            "yyyy-MM-dd h:mm",
            "MM-dd",
            "dd",
            "yyyy-MM HH",
            "mm:ss",
            "ss",
            "HH:ss",
            "YYYY-MM-dd",
            "w",
            "yyyy w",
            "D",
            "yyyy-MM-dd a",
            "yyyy-MM-dd SSS",
            "E",
            "Q",
            "yyyy W",
            "yyyy-MM F",
        ] {
            assert!(JavaPattern::for_reading(pattern).is_err(), "{pattern}");
            assert!(JavaPattern::for_writing(pattern).is_ok(), "{pattern}");
        }
        for pattern in
            ["b", "ddd", "aa", "OO", "V", "zzzzz", "XXXXXX", "{", "#", "'open", "[yyyy", "yyyy]", "hhh", "cc"]
        {
            assert!(JavaPattern::for_writing(pattern).is_err(), "{pattern}");
        }
    }
}
