//! Distances from UTC.

use std::fmt::Write;

use super::parts::{Minutes, OffsetForm};

impl OffsetForm {
    /// Seconds east of UTC as text.
    pub(super) fn written(self, seconds: i32) -> String {
        let prefix = if self.gmt { "GMT" } else { "" };
        let (hours, minutes, rest) = (seconds.abs() / 3_600, seconds.abs() / 60 % 60, seconds.abs() % 60);
        if seconds == 0 {
            return format!("{prefix}{}", self.zero);
        }
        let sign = if seconds < 0 { '-' } else { '+' };
        let colon = if self.colon { ":" } else { "" };
        // A localized offset in short form has no leading zero.
        let mut text = match (self.gmt, self.minutes) {
            (true, Minutes::Some) => format!("{prefix}{sign}{hours}"),
            _ => format!("{prefix}{sign}{hours:02}"),
        };
        // Writing to a String cannot fail.
        if self.minutes != Minutes::Some || minutes != 0 {
            let _ = write!(text, "{colon}{minutes:02}");
        }
        if rest != 0 && self.minutes == Minutes::AndSeconds {
            let _ = write!(text, "{colon}{rest:02}");
        }
        text
    }

    /// The offset that a string begins with, in seconds, and the rest of the text.
    pub(super) fn read(self, text: &str) -> Option<(i32, &str)> {
        let text = if self.gmt { text.strip_prefix("GMT")? } else { text };
        let signed = text.strip_prefix(['+', '-']);
        let Some(rest) = signed else {
            let zero = if self.gmt { "" } else { self.zero };
            return text.strip_prefix(zero).filter(|_| self.gmt || zero == "Z").map(|rest| (0, rest));
        };
        let sign = if text.starts_with('-') { -1 } else { 1 };
        let short = self.gmt && self.minutes == Minutes::Some;
        let (hours, rest) = number(rest, if short { 1..=2 } else { 2..=2 }, 18)?;
        let part = |rest: &'_ str| -> Option<(i32, usize)> {
            let digits = if self.colon { rest.strip_prefix(':')? } else { rest };
            let (value, after) = number(digits, 2..=2, 59)?;
            Some((value, rest.len() - after.len()))
        };
        let (minutes, rest) = match part(rest) {
            Some((minutes, length)) => (minutes, &rest[length..]),
            None if self.minutes == Minutes::Some => (0, rest),
            None => return None,
        };
        let (seconds, rest) = match part(rest) {
            Some((seconds, length)) if self.minutes == Minutes::AndSeconds => (seconds, &rest[length..]),
            _ => (0, rest),
        };
        Some((sign * (hours * 3_600 + minutes * 60 + seconds), rest))
    }
}

fn number(text: &str, digits: std::ops::RangeInclusive<usize>, most: i32) -> Option<(i32, &str)> {
    let length = text.bytes().take(*digits.end()).take_while(u8::is_ascii_digit).count();
    let value = text[..length].parse().ok().filter(|value| *value <= most && length >= *digits.start())?;
    Some((value, &text[length..]))
}
