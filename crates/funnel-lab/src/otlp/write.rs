//! Values as JSON, as far as New Relic stores them.

use std::fmt::Write;
use std::mem::discriminant;

use super::record::{Any, List};
use super::{json, proto};

/// The most items of a list that New Relic stores.
const LIST_MAX: usize = 64;

/// Appends the value as JSON; `false` when New Relic stores no such value.
pub(crate) fn write_json(value: &Any<'_>, out: &mut String) -> bool {
    match value {
        Any::Text(text) => write_json_text(out, text),
        Any::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Any::Int(value) => {
            let _ = write!(out, "{value}");
        }
        Any::Double(value) if value.is_finite() => {
            let _ = write!(out, "{value:?}");
        }
        Any::List(list) => match simple(*list) {
            None => return false,
            Some(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    // A number that JSON has no word for leaves a gap that keeps the others' places.
                    if !write_json(item, out) {
                        out.push_str("null");
                    }
                }
                out.push(']');
            }
        },
        Any::Double(_) | Any::Bytes(_) | Any::Map | Any::Null => return false,
    }
    true
}

/// The items of a list, when New Relic stores them: texts, numbers or booleans, all of one type, not too many.
pub(crate) fn simple(list: List<'_>) -> Option<Vec<Any<'_>>> {
    let items = match list {
        List::Wire(message) => proto::items(message, LIST_MAX + 1),
        List::Json(items) if items.len() <= LIST_MAX => json::items(items),
        List::Json(_) => None,
    }?;
    let is_of_one_type = items.windows(2).all(|pair| discriminant(&pair[0]) == discriminant(&pair[1]));
    let is_simple =
        items.iter().all(|item| matches!(item, Any::Text(_) | Any::Bool(_) | Any::Int(_) | Any::Double(_)));
    (is_simple && is_of_one_type && (1..=LIST_MAX).contains(&items.len())).then_some(items)
}

/// Appends `text` as a JSON string.
pub(crate) fn write_json_text(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}
