//! Java's date patterns, as far as they are used: letters for fields, quotes around literal text, brackets around
//! what may be missing when reading.

use super::names::{month_name, weekday_name};
use super::zone::{fixed, instant, local};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::fmt::Write;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub(crate) struct JavaPattern {
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    Literal(String),
    Field(char, usize),
    Optional(Vec<Self>),
}

#[derive(Default)]
struct Fields {
    year: Option<i16>,
    month: Option<i8>,
    day: Option<i8>,
    hour: i8,
    minute: i8,
    second: i8,
    nanos: i32,
    afternoon: Option<bool>,
    offset: Option<i32>,
}

impl JavaPattern {
    /// Reads a pattern; the error names the letter that is not understood.
    pub(crate) fn new(pattern: &str) -> Result<Self, String> {
        let chars: Vec<char> = pattern.chars().collect();
        let mut at = 0;
        let parts = parts(&chars, &mut at, 0)?;
        Ok(Self { parts })
    }

    fn known(pattern: &str) -> Self {
        Self::new(pattern).unwrap_or(Self { parts: Vec::new() })
    }

    pub(crate) fn standard_output() -> Self {
        Self::known("yyyy-MM-dd'T'HH:mm:ss.SSSXXX")
    }

    pub(crate) fn standard_input() -> Self {
        Self::known("yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX]")
    }

    pub(crate) fn format(&self, millis: i64, zone: &TimeZone) -> String {
        let here = local(millis, zone);
        let instant = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let offset = zone.to_offset(instant).seconds();
        let name = zone.iana_name().unwrap_or("UTC");
        let mut text = String::new();
        write_parts(&self.parts, here, offset, name, &mut text);
        text
    }

    pub(crate) fn parse(&self, text: &str, zone: &TimeZone) -> Option<i64> {
        let mut fields = Fields::default();
        let rest = read_parts(&self.parts, text, &mut fields)?;
        if !rest.is_empty() {
            return None;
        }
        let hour = match fields.afternoon {
            Some(afternoon) => fields.hour % 12 + if afternoon { 12 } else { 0 },
            None => fields.hour,
        };
        let (year, month, day) =
            (fields.year.unwrap_or(1970), fields.month.unwrap_or(1), fields.day.unwrap_or(1));
        let moment =
            DateTime::new(year, month, day, hour, fields.minute, fields.second, fields.nanos).ok()?;
        match fields.offset {
            Some(offset) => instant(moment, &fixed(offset)),
            None => instant(moment, zone),
        }
    }
}

fn parts(chars: &[char], at: &mut usize, depth: usize) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    while let Some(&c) = chars.get(*at) {
        *at += 1;
        match c {
            ']' if depth > 0 => return Ok(parts),
            '[' if depth < 8 => parts.push(Part::Optional(self::parts(chars, at, depth + 1)?)),
            '\'' => {
                let mut literal = String::new();
                while let Some(&c) = chars.get(*at) {
                    *at += 1;
                    if c != '\'' {
                        literal.push(c);
                    } else if chars.get(*at) == Some(&'\'') {
                        literal.push('\'');
                        *at += 1;
                    } else {
                        break;
                    }
                }
                parts.push(Part::Literal(if literal.is_empty() { "'".to_owned() } else { literal }));
            }
            'y' | 'u' | 'Y' | 'M' | 'L' | 'd' | 'D' | 'H' | 'h' | 'k' | 'K' | 'm' | 's' | 'S' | 'a' | 'X'
            | 'x' | 'Z' | 'z' | 'V' | 'E' => {
                let mut width = 1;
                while chars.get(*at) == Some(&c) {
                    width += 1;
                    *at += 1;
                }
                parts.push(Part::Field(c, width));
            }
            c if c.is_ascii_alphabetic() => return Err(format!("a date pattern without the letter '{c}'")),
            c => parts.push(Part::Literal(c.to_string())),
        }
    }
    Ok(parts)
}

fn write_parts(parts: &[Part], here: DateTime, offset: i32, zone: &str, text: &mut String) {
    let hour12 = if here.hour() % 12 == 0 { 12 } else { here.hour() % 12 };
    for part in parts {
        // Writing to a String cannot fail.
        let _ = match part {
            Part::Literal(literal) => text.write_str(literal),
            Part::Optional(inner) => {
                write_parts(inner, here, offset, zone, text);
                Ok(())
            }
            Part::Field(letter, width) => match (letter, *width) {
                ('y' | 'u' | 'Y', 2) => write!(text, "{:02}", here.year().rem_euclid(100)),
                ('y' | 'u' | 'Y', width) => write!(text, "{:0width$}", here.year()),
                ('M' | 'L', 3) => text.write_str(&month_name(here.month())[..3]),
                ('M' | 'L', 4..) => text.write_str(month_name(here.month())),
                ('M' | 'L', width) => write!(text, "{:0width$}", here.month()),
                ('d', width) => write!(text, "{:0width$}", here.day()),
                ('D', width) => write!(text, "{:0width$}", here.day_of_year()),
                ('H' | 'k', width) => write!(text, "{:0width$}", here.hour()),
                ('h' | 'K', width) => write!(text, "{hour12:0width$}"),
                ('m', width) => write!(text, "{:0width$}", here.minute()),
                ('s', width) => write!(text, "{:0width$}", here.second()),
                ('S', width) => {
                    let digits = format!("{:09}", here.subsec_nanosecond());
                    text.write_str(&digits[..width.min(9)])
                }
                ('a', _) => text.write_str(if here.hour() < 12 { "AM" } else { "PM" }),
                ('E', 4..) => text.write_str(weekday_name(here.date())),
                ('E', _) => text.write_str(&weekday_name(here.date())[..3]),
                ('X', _) if offset == 0 => text.write_char('Z'),
                ('X' | 'x' | 'Z', width) => {
                    let colon = if *letter != 'Z' && width >= 3 { ":" } else { "" };
                    let sign = if offset < 0 { '-' } else { '+' };
                    let minutes = offset.abs() / 60;
                    write!(text, "{sign}{:02}{colon}{:02}", minutes / 60, minutes % 60)
                }
                _ => text.write_str(zone),
            },
        };
    }
}

fn read_parts<'t>(parts: &[Part], mut text: &'t str, fields: &mut Fields) -> Option<&'t str> {
    for (index, part) in parts.iter().enumerate() {
        text = match part {
            Part::Literal(literal) => text.strip_prefix(literal.as_str())?,
            Part::Optional(inner) => read_parts(inner, text, fields).unwrap_or(text),
            Part::Field(letter, width) => {
                // A field directly followed by another takes just its width.
                let tight = matches!(parts.get(index + 1), Some(Part::Field(..)));
                read_field(*letter, *width, tight, text, fields)?
            }
        };
    }
    Some(text)
}

fn read_field<'t>(
    letter: char,
    width: usize,
    tight: bool,
    text: &'t str,
    fields: &mut Fields,
) -> Option<&'t str> {
    let digits = |most: usize| text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let number = |most: usize| -> Option<(i64, &'t str)> {
        let length = digits(most);
        if length < width.min(2) {
            return None;
        }
        Some((text[..length].parse().ok()?, &text[length..]))
    };
    let most = if tight { width } else { width.max(2) };
    match (letter, width) {
        ('y' | 'u' | 'Y', _) => {
            let (year, rest) = number(if width == 2 { 2 } else { 4 })?;
            fields.year = i16::try_from(if width == 2 { 2_000 + year } else { year }).ok();
            Some(rest)
        }
        ('M' | 'L', 3..) => {
            let month = (1..=12_i8).find(|month| {
                let name = month_name(*month);
                let name = if width == 3 { &name[..3] } else { name };
                text.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name))
            })?;
            fields.month = Some(month);
            let length = if width == 3 { 3 } else { month_name(month).len() };
            Some(&text[length..])
        }
        ('S', _) => {
            let length = digits(9);
            let fraction: String = text[..length].chars().chain("000000000".chars()).take(9).collect();
            fields.nanos = fraction.parse().ok()?;
            (length > 0).then(|| &text[length..])
        }
        ('a', _) => {
            let word = text.get(..2)?;
            fields.afternoon = Some(word.eq_ignore_ascii_case("pm"));
            (word.eq_ignore_ascii_case("am") || word.eq_ignore_ascii_case("pm")).then(|| &text[2..])
        }
        ('X' | 'x' | 'Z' | 'z' | 'V', _) => {
            if let Some(rest) = text.strip_prefix(['Z', 'z']) {
                fields.offset = Some(0);
                return Some(rest);
            }
            let sign = if text.starts_with('-') { -1 } else { 1 };
            let rest = text.strip_prefix(['+', '-'])?;
            let hours: i32 = rest.get(..2)?.parse().ok()?;
            let rest = &rest[2..];
            let rest = rest.strip_prefix(':').unwrap_or(rest);
            let minutes: i32 = rest.get(..2)?.parse().ok()?;
            fields.offset = Some(sign * (hours * 60 + minutes) * 60);
            Some(&rest[2..])
        }
        ('E', _) => Some(&text[text.bytes().take_while(u8::is_ascii_alphabetic).count()..]),
        _ => {
            let (value, rest) = number(most)?;
            let value = i8::try_from(value).ok()?;
            match letter {
                'M' | 'L' => fields.month = Some(value),
                'd' => fields.day = Some(value),
                'H' | 'h' | 'k' | 'K' => fields.hour = value,
                'm' => fields.minute = value,
                's' => fields.second = value,
                _ => return None,
            }
            Some(rest)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let zone = crate::calendar::zone::find("Europe/Berlin").unwrap();
        let millis = 1_782_209_045_250; // 2026-06-23T10:04:05.250Z
        for (pattern, text) in [
            ("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2026-06-23T12:04:05.250+02:00"),
            ("yyyyMMddHHmmssSSS Z", "20260623120405250 +0200"),
            ("d MMM yyyy, h:mm:ss.SSS a", "23 Jun 2026, 12:04:05.250 PM"),
        ] {
            let pattern = JavaPattern::new(pattern).unwrap();
            assert_eq!(pattern.format(millis, &zone), text);
            assert_eq!(pattern.parse(text, &zone), Some(millis), "{text}");
        }
        assert_eq!(JavaPattern::standard_input().parse("2026-06-23T10:04:05Z", &zone), Some(millis - 250));
        assert_eq!(JavaPattern::standard_input().parse("yesterday", &zone), None);
    }
}
