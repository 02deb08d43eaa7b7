//! Functions of a text.

use super::{Prepared, Rest, texts};
use crate::eval::node::{Env, Node, single};
use crate::function::Id;
use crate::value::Datum;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use std::net::IpAddr;

/// The longest text that `concat` gives.
const MAX_CONCAT: usize = 4_096;

pub(super) fn concat<'a>(args: &'a [Node], prepared: &Prepared, env: &Env<'a>) -> Datum<'a> {
    let mut joined = String::new();
    for arg in args {
        joined.push_str(&as_text(&single(arg.eval(env)), prepared.precision));
    }
    if let Some((end, _)) = joined.char_indices().nth(MAX_CONCAT) {
        joined.truncate(end);
    }
    Datum::from(joined)
}

fn as_text(datum: &Datum<'_>, precision: Option<usize>) -> String {
    match (datum, precision) {
        (Datum::Float(number), Some(decimals)) => format!("{number:.decimals$}"),
        (Datum::Float(number), None) => crate::value::Value::float(*number).to_string(),
        _ => datum.to_string(),
    }
}

pub(super) fn call<'a>(id: Id, first: Datum<'a>, rest: &Rest<'a, '_>, prepared: &'a Prepared) -> Datum<'a> {
    match id {
        Id::String => {
            return match single(first) {
                Datum::Text(text) => Datum::Text(text),
                other => Datum::from(as_text(&other, prepared.precision)),
            };
        }
        Id::Numeric if first.number().is_some() => return first,
        Id::Boolean if matches!(first, Datum::Bool(_)) => return first,
        Id::Length => {
            return match &first {
                Datum::Text(text) => Datum::Int(text.chars().count() as i64),
                Datum::List(items) => Datum::Int(items.len() as i64),
                _ => Datum::Null,
            };
        }
        _ => {}
    }
    let Datum::Text(text) = &first else { return Datum::Null };
    match id {
        Id::Lower => Datum::from(text.to_lowercase()),
        Id::Upper => Datum::from(text.to_uppercase()),
        Id::Substring => rest.whole(0).map_or(Datum::Null, |start| substring(text, start, rest.whole(1))),
        Id::Position => match rest.text(0) {
            Some(part) => position(text, &part, rest.whole(1).unwrap_or(0)),
            None => Datum::Null,
        },
        Id::Capture | Id::Aparse => captured(text, prepared),
        Id::Numeric => numeric(text),
        Id::Boolean if text.eq_ignore_ascii_case("true") => Datum::Bool(true),
        Id::Boolean if text.eq_ignore_ascii_case("false") => Datum::Bool(false),
        Id::Encode => coded(text, rest, true),
        Id::Decode => coded(text, rest, false),
        Id::CidrAddress => rest.whole(0).map_or(Datum::Null, |bits| network(text, bits)),
        _ => Datum::Null,
    }
}

/// A number written as text, in decimal, with a sign or an exponent.
fn numeric<'a>(text: &str) -> Datum<'a> {
    let text = text.trim();
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return Datum::Null;
    }
    match text.parse::<i64>() {
        Ok(number) => Datum::Int(number),
        Err(_) => text.parse().map_or(Datum::Null, Datum::finite),
    }
}

fn substring<'a>(text: &str, start: i64, length: Option<i64>) -> Datum<'a> {
    let count = text.chars().count() as i64;
    let start = if start < 0 { (count + start).max(0) } else { start };
    let skip = usize::try_from(start).unwrap_or(usize::MAX);
    let take = length.map_or(usize::MAX, |length| usize::try_from(length).unwrap_or(0));
    Datum::from(text.chars().skip(skip).take(take).collect::<String>())
}

fn position<'a>(text: &str, part: &str, nth: i64) -> Datum<'a> {
    if part.is_empty() {
        return Datum::Null;
    }
    let at = if nth < 0 {
        text.rmatch_indices(part).nth(usize::try_from(-(nth + 1)).unwrap_or(usize::MAX))
    } else {
        text.match_indices(part).nth(usize::try_from(nth).unwrap_or(usize::MAX))
    };
    at.map_or(Datum::Null, |(byte, _)| Datum::Int(text[..byte].chars().count() as i64))
}

/// One group gives its text, several give an array.
fn captured<'a>(text: &str, prepared: &Prepared) -> Datum<'a> {
    let Some(found) = prepared.regex.as_ref().and_then(|regex| regex.captures(text)) else {
        return Datum::Null;
    };
    let mut groups = found.iter().skip(1).map(|group| group.map(|group| group.as_str().to_owned()));
    if found.len() == 2 {
        return groups.next().flatten().map_or(Datum::Null, Datum::from);
    }
    texts(groups.map(Option::unwrap_or_default))
}

fn coded<'a>(text: &str, rest: &Rest<'_, '_>, encode: bool) -> Datum<'a> {
    let kind = rest.text(0).unwrap_or_default().to_ascii_lowercase();
    if encode {
        return match kind.as_str() {
            "base64" => Datum::from(STANDARD.encode(text)),
            "base64url" => Datum::from(URL_SAFE.encode(text)),
            "base64mime" => {
                let plain = STANDARD.encode(text);
                let lines: Vec<&str> =
                    (0..plain.len()).step_by(76).map(|at| &plain[at..plain.len().min(at + 76)]).collect();
                Datum::from(lines.join("\r\n"))
            }
            _ => Datum::Null,
        };
    }
    let bytes = match kind.as_str() {
        "base64" => STANDARD.decode(text),
        "base64url" => URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')),
        "base64mime" => STANDARD.decode(text.split_ascii_whitespace().collect::<String>()),
        _ => return Datum::Null,
    };
    bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok()).map_or(Datum::Null, Datum::from)
}

fn network<'a>(address: &str, bits: i64) -> Datum<'a> {
    let kept = u32::try_from(bits).ok();
    let masked = match (address.parse(), kept) {
        (Ok(IpAddr::V4(address)), Some(kept @ 0..=32)) => {
            let mask = u32::MAX.checked_shl(32 - kept).unwrap_or(0);
            IpAddr::V4((address.to_bits() & mask).into())
        }
        (Ok(IpAddr::V6(address)), Some(kept @ 0..=128)) => {
            let mask = u128::MAX.checked_shl(128 - kept).unwrap_or(0);
            IpAddr::V6((address.to_bits() & mask).into())
        }
        _ => return Datum::Null,
    };
    Datum::from(format!("{masked}/{bits}"))
}
