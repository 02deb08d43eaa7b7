//! Texts as times.

use super::fields::Fields;
use super::parts::{Field, Part};
use super::{write, zones};

/// The fields that a string holds; `None` where it does not fit.
pub(super) fn read(parts: &[Part], text: &str) -> Option<Fields> {
    let mut fields = Fields::default();
    let rest = sequence(parts, text, &mut fields)?;
    rest.is_empty().then_some(fields)
}

fn sequence<'t>(parts: &[Part], mut text: &'t str, fields: &mut Fields) -> Option<&'t str> {
    for part in parts {
        text = piece(part, text, fields)?;
    }
    Some(text)
}

fn piece<'t>(part: &Part, text: &'t str, fields: &mut Fields) -> Option<&'t str> {
    match part {
        Part::Literal(literal) => text.strip_prefix(literal.as_str()),
        Part::Optional(inner) => {
            let before = fields.clone();
            let rest = sequence(inner, text, fields);
            if rest.is_none() {
                *fields = before;
            }
            Some(rest.unwrap_or(text))
        }
        Part::Number { field, least, most, reserved } => {
            let (value, rest) = number(*field, *least, *most, *reserved, text)?;
            fields.set(*field, value)?;
            Some(rest)
        }
        Part::ShortYear(field) => {
            let (value, rest) = digits(text, 2, 2)?;
            fields.set(*field, 2_000 + value)?;
            Some(rest)
        }
        Part::Name(field, style) => {
            let names = write::names(*field, *style);
            let longest = names.iter().filter(|(name, _)| text.starts_with(name.as_str()));
            let (name, value) = longest.max_by_key(|(name, _)| name.len())?;
            fields.set(*field, *value)?;
            Some(&text[name.len()..])
        }
        Part::Fraction(width) => {
            let (value, rest) = digits(text, *width, *width)?;
            fields.set(Field::Nano, value * 10_i64.pow(9 - u32::try_from(*width).ok()?))?;
            Some(rest)
        }
        Part::Offset(form) => {
            let (seconds, rest) = form.read(text)?;
            fields.zone = Some(crate::calendar::zone::fixed(seconds));
            Some(rest)
        }
        Part::ZoneId => {
            let (zone, rest) = zones::read_id(text)?;
            fields.zone = Some(zone);
            Some(rest)
        }
        Part::ZoneName { .. } => {
            let (zone, rest) = zones::read_name(text)?;
            fields.zone = Some(zone);
            Some(rest)
        }
        Part::Padded(width, inner) => {
            let end = text.char_indices().nth(*width).map_or(text.len(), |(at, _)| at);
            let (padded, rest) = text.split_at(end);
            let rest_inside = piece(inner, padded.trim_start_matches(' '), fields)?;
            rest_inside.is_empty().then_some(rest)
        }
    }
}

/// A number in a field; years may have a sign.
fn number(field: Field, least: usize, most: usize, reserved: usize, text: &str) -> Option<(i64, &str)> {
    if matches!(field, Field::Year | Field::WeekYear) {
        if let Some(rest) = text.strip_prefix('-') {
            return digits(rest, least, most).map(|(value, rest)| (-value, rest));
        }
        if let Some(rest) = text.strip_prefix('+').filter(|_| least >= 4) {
            return digits(rest, least + 1, most);
        }
    }
    // Without a sign a year of four digits or more has just those.
    let most = if matches!(field, Field::Year | Field::WeekYear) && least >= 4 { least } else { most };
    let there = text.bytes().take_while(u8::is_ascii_digit).count();
    digits(text, least, most.min(there.saturating_sub(reserved)))
}

fn digits(text: &str, least: usize, most: usize) -> Option<(i64, &str)> {
    let length = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if length < least || length == 0 {
        return None;
    }
    Some((text[..length].parse().ok()?, &text[length..]))
}
