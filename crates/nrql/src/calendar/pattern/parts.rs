//! A pattern taken apart.

/// A piece of a pattern.
#[derive(Clone, Debug)]
pub(super) enum Part {
    Literal(String),
    /// A number of some digits; `reserved` of those that follow belong to the fields behind it.
    Number {
        field: Field,
        least: usize,
        most: usize,
        reserved: usize,
    },
    /// A year in two digits, from 2000 on.
    ShortYear(Field),
    /// A name.
    Name(Field, Style),
    /// So many digits of the second's fraction.
    Fraction(usize),
    Offset(OffsetForm),
    /// `Europe/Berlin`
    ZoneId,
    /// `CEST`, or its name in full.
    ZoneName {
        full: bool,
    },
    /// Filled up with blanks from the left.
    Padded(usize, Box<Self>),
    Optional(Vec<Self>),
}

/// What a letter stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Field {
    Era,
    Year,
    WeekYear,
    Quarter,
    Month,
    Week,
    WeekOfMonth,
    DayOfYear,
    Day,
    WeekdayInMonth,
    /// By its name.
    Weekday,
    /// By its number from Sunday, 1.
    WeekdayNumber,
    HalfDay,
    /// 1 to 12.
    ClockHalfHour,
    /// 0 to 11.
    HalfHour,
    /// 1 to 24.
    ClockHour,
    Hour,
    Minute,
    Second,
    Nano,
    MilliOfDay,
    NanoOfDay,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Short,
    Full,
    Narrow,
}

/// How an offset is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct OffsetForm {
    /// `GMT` before it, nothing more for zero.
    pub(super) gmt: bool,
    pub(super) colon: bool,
    pub(super) minutes: Minutes,
    /// What stands for zero.
    pub(super) zero: &'static str,
}

/// Whether minutes follow the hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Minutes {
    Always,
    /// Unless they are zero.
    Some,
    /// And seconds, unless they are zero.
    AndSeconds,
}

/// Takes a pattern apart; the error says what would have been right.
pub(super) fn parts(pattern: &str) -> Result<Vec<Part>, String> {
    let chars: Vec<char> = pattern.chars().collect();
    let mut at = 0;
    let mut parts = sequence(&chars, &mut at, 0)?;
    reserve(&mut parts);
    Ok(parts)
}

fn sequence(chars: &[char], at: &mut usize, depth: usize) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    while let Some(&c) = chars.get(*at) {
        *at += 1;
        match c {
            ']' if depth > 0 => return Ok(parts),
            ']' => return Err("a date pattern with a `[` before each `]`".to_owned()),
            '[' if depth < 8 => parts.push(Part::Optional(sequence(chars, at, depth + 1)?)),
            '[' => return Err("a date pattern with fewer brackets".to_owned()),
            '\'' => parts.push(Part::Literal(quoted(chars, at)?)),
            '{' | '}' | '#' => return Err(format!("a date pattern with '{c}' in quotes")),
            'p' => {
                let width = 1 + run(chars, at, 'p');
                let letter = chars.get(*at).copied().filter(char::is_ascii_alphabetic);
                let letter = letter.ok_or("a letter after p in the date pattern")?;
                *at += 1;
                let count = 1 + run(chars, at, letter);
                parts.push(Part::Padded(width, Box::new(part(letter, count)?)));
            }
            c if c.is_ascii_alphabetic() => {
                let count = 1 + run(chars, at, c);
                parts.push(part(c, count)?);
            }
            c => parts.push(Part::Literal(c.to_string())),
        }
    }
    if depth > 0 { Err("a date pattern with a `]` for each `[`".to_owned()) } else { Ok(parts) }
}

fn run(chars: &[char], at: &mut usize, letter: char) -> usize {
    let length = chars[*at..].iter().take_while(|c| **c == letter).count();
    *at += length;
    length
}

fn quoted(chars: &[char], at: &mut usize) -> Result<String, String> {
    let mut literal = String::new();
    while let Some(&c) = chars.get(*at) {
        *at += 1;
        if c != '\'' {
            literal.push(c);
        } else if chars.get(*at) == Some(&'\'') {
            literal.push('\'');
            *at += 1;
        } else {
            return Ok(if literal.is_empty() { "'".to_owned() } else { literal });
        }
    }
    Err("a date pattern with a quote at the end of the literal text".to_owned())
}

fn part(letter: char, count: usize) -> Result<Part, String> {
    let wrong = |most: usize| Err(format!("up to {most} '{letter}' in a row in a date pattern, not {count}"));
    let number = |field, least, most| Ok(Part::Number { field, least, most, reserved: 0 });
    let digits = |field| match count {
        1 => number(field, 1, 19),
        2 => number(field, 2, 2),
        _ => wrong(2),
    };
    let year = |field| match count {
        2 => Ok(Part::ShortYear(field)),
        _ => number(field, count, 19),
    };
    let name = |field, shortest: usize| match count {
        _ if count < shortest => digits(field),
        1..=3 => Ok(Part::Name(field, Style::Short)),
        4 => Ok(Part::Name(field, Style::Full)),
        5 => Ok(Part::Name(field, Style::Narrow)),
        _ => wrong(5),
    };
    match letter {
        'G' => name(Field::Era, 1),
        'u' | 'y' => year(Field::Year),
        'Y' => year(Field::WeekYear),
        'Q' | 'q' => name(Field::Quarter, 3),
        'M' | 'L' => name(Field::Month, 3),
        'w' => digits(Field::Week),
        'W' if count == 1 => number(Field::WeekOfMonth, 1, 1),
        'D' if count == 1 => number(Field::DayOfYear, 1, 3),
        'D' if count <= 3 => number(Field::DayOfYear, count, 3),
        'd' => digits(Field::Day),
        'F' if count == 1 => number(Field::WeekdayInMonth, 1, 1),
        'c' if count == 2 => Err("one 'c' or three in a date pattern".to_owned()),
        'e' | 'c' if count <= 2 => digits(Field::WeekdayNumber),
        'E' | 'e' | 'c' => name(Field::Weekday, 1),
        'a' if count == 1 => Ok(Part::Name(Field::HalfDay, Style::Short)),
        'h' => digits(Field::ClockHalfHour),
        'K' => digits(Field::HalfHour),
        'k' => digits(Field::ClockHour),
        'H' => digits(Field::Hour),
        'm' => digits(Field::Minute),
        's' => digits(Field::Second),
        'S' if count <= 9 => Ok(Part::Fraction(count)),
        'A' => number(Field::MilliOfDay, count, 19),
        'n' => number(Field::Nano, count, 19),
        'N' => number(Field::NanoOfDay, count, 19),
        'V' if count == 2 => Ok(Part::ZoneId),
        'V' => Err("two 'V' in a date pattern".to_owned()),
        'z' if count <= 4 => Ok(Part::ZoneName { full: count == 4 }),
        'O' if count == 1 || count == 4 => Ok(Part::Offset(gmt(count == 4))),
        'O' => Err("one 'O' or four in a date pattern".to_owned()),
        'X' if count <= 5 => Ok(Part::Offset(iso(count, "Z"))),
        'x' if count <= 5 => {
            Ok(Part::Offset(iso(count, ["+00", "+0000", "+00:00", "+0000", "+00:00"][count - 1])))
        }
        'Z' if count <= 3 => Ok(Part::Offset(iso(2, "+0000"))),
        'Z' if count == 4 => Ok(Part::Offset(gmt(true))),
        'Z' if count == 5 => Ok(Part::Offset(iso(5, "Z"))),
        'W' | 'F' | 'a' => wrong(1),
        'D' => wrong(3),
        'S' => wrong(9),
        'z' => wrong(4),
        'X' | 'x' | 'Z' => wrong(5),
        _ => Err(format!("a date pattern without the letter '{letter}'")),
    }
}

fn iso(count: usize, zero: &'static str) -> OffsetForm {
    let minutes = match count {
        1 => Minutes::Some,
        2 | 3 => Minutes::Always,
        _ => Minutes::AndSeconds,
    };
    OffsetForm { gmt: false, colon: count == 3 || count == 5, minutes, zero }
}

fn gmt(full: bool) -> OffsetForm {
    OffsetForm {
        gmt: true,
        colon: true,
        minutes: if full { Minutes::Always } else { Minutes::Some },
        zero: "",
    }
}

/// Numbers of fixed width that directly follow one of any width keep their digits.
fn reserve(parts: &mut [Part]) {
    let mut behind = 0;
    for part in parts.iter_mut().rev() {
        match part {
            Part::Number { least, most, .. } if least == most => behind += *least,
            Part::ShortYear(_) => behind += 2,
            Part::Fraction(digits) => behind += *digits,
            Part::Number { reserved, .. } => {
                *reserved = behind;
                behind = 0;
            }
            Part::Optional(inner) => {
                reserve(inner);
                behind = 0;
            }
            Part::Literal(_)
            | Part::Name(..)
            | Part::Offset(_)
            | Part::ZoneId
            | Part::ZoneName { .. }
            | Part::Padded(..) => behind = 0,
        }
    }
}
