//! Times and spans of time.

use crate::calendar::{ClockTime, DateTimeText};
use crate::span::Span;

/// A unit of time. Days are 24 hours and months 30 days: NRQL's spans know no calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    /// One thousandth of a second.
    Millisecond,
    /// 1,000 ms.
    Second,
    /// 60 s.
    Minute,
    /// 60 min.
    Hour,
    /// 24 h.
    Day,
    /// 7 days.
    Week,
    /// 30 days.
    Month,
    /// 91 days.
    Quarter,
    /// 365 days.
    Year,
}

impl Unit {
    /// Every unit, shortest first.
    pub const ALL: [Self; 9] = [
        Self::Millisecond,
        Self::Second,
        Self::Minute,
        Self::Hour,
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Quarter,
        Self::Year,
    ];

    /// The word for one.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Millisecond => "millisecond",
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// The unit that a word names, in any case and with or without the plural `s`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| {
            let name = unit.word();
            word.eq_ignore_ascii_case(name)
                || word.strip_suffix(['s', 'S']).is_some_and(|one| one.eq_ignore_ascii_case(name))
        })
    }

    /// Its length in milliseconds.
    #[must_use]
    pub fn millis(self) -> i64 {
        const DAY: i64 = 86_400_000;
        match self {
            Self::Millisecond => 1,
            Self::Second => 1_000,
            Self::Minute => 60_000,
            Self::Hour => 3_600_000,
            Self::Day => DAY,
            Self::Week => 7 * DAY,
            Self::Month => 30 * DAY,
            Self::Quarter => 91 * DAY,
            Self::Year => 365 * DAY,
        }
    }
}

/// `n unit`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// How many.
    pub amount: u64,
    /// Of what.
    pub unit: Unit,
}

impl Period {
    /// Its length in milliseconds; lengths past 64 bits saturate.
    #[must_use]
    pub fn millis(self) -> i64 {
        i64::try_from(self.amount).unwrap_or(i64::MAX).saturating_mul(self.unit.millis())
    }
}

/// A point in time, as SINCE, UNTIL and COMPARE WITH take it.
#[derive(Clone, Debug, PartialEq)]
pub enum TimePoint {
    /// `n unit AGO`
    Ago(Period),
    /// Milliseconds since 1970.
    Epoch(i64),
    /// `NOW`
    Now,
    /// `TODAY`, `MONDAY AT '9:00'`, …
    Day {
        /// Which day.
        day: Day,
        /// When on it; midnight when absent.
        at: Option<ClockTime>,
    },
    /// `THIS unit`: the beginning of the current one.
    This(Unit),
    /// `LAST unit`: the beginning of the one before.
    Last(Unit),
    /// `'2026-11-24 10:00:00 +0100'`, `'10:00'`
    DateTime {
        /// As written.
        text: String,
        /// As understood.
        value: DateTimeText,
        /// Where it stands.
        span: Span,
    },
}

/// A day by its name; week-days are the most recent one, today included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Day {
    /// `TODAY`
    Today,
    /// `YESTERDAY`
    Yesterday,
    /// `MONDAY` … `SUNDAY`, Monday being 0.
    Weekday(u8),
}

impl Day {
    pub(crate) const WORDS: [(&'static str, Self); 9] = [
        ("today", Self::Today),
        ("yesterday", Self::Yesterday),
        ("monday", Self::Weekday(0)),
        ("tuesday", Self::Weekday(1)),
        ("wednesday", Self::Weekday(2)),
        ("thursday", Self::Weekday(3)),
        ("friday", Self::Weekday(4)),
        ("saturday", Self::Weekday(5)),
        ("sunday", Self::Weekday(6)),
    ];

    /// The word in lower case.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, day)| *day == self).map_or("today", |(word, _)| word)
    }
}
