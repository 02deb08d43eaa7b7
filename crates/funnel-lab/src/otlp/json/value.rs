//! `AnyValue` and `KeyValue` from JSON.

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use super::member::{Fault, Name, get, list, object, text};
use super::tree::Object;
use crate::otlp::record::{Any, Attributes, List};

const ATTRIBUTES: Name = ("attributes", "attributes");

/// The attributes of a resource, a scope or a record.
pub(super) fn attributes(parent: Option<&Object>) -> Result<Attributes<'_>, Fault> {
    let Some(parent) = parent else { return Ok(Attributes::new()) };
    key_values(list(parent, ATTRIBUTES)?, ATTRIBUTES.0)
}

fn key_values<'a>(entries: &'a [Value], name: &str) -> Result<Attributes<'a>, Fault> {
    let mut read = Attributes::with_capacity(entries.len());
    for (at, entry) in entries.iter().enumerate() {
        let place = || format!("{name}[{at}]");
        let entry = object(entry, &place())?;
        let pair = || {
            let key = text(entry, ("key", "key"))?;
            let value = get(entry, ("value", "value")).map_or(Ok(Any::Null), any_value)?;
            Ok((key, value))
        };
        read.push(pair().map_err(|fault: Fault| fault.within(&place()))?);
    }
    Ok(read)
}

type Read = for<'a> fn(&'a Value) -> Result<Any<'a>, &'static str>;

const KINDS: [(Name, Read); 7] = [
    (("stringValue", "string_value"), string),
    (("boolValue", "bool_value"), boolean),
    (("intValue", "int_value"), integer),
    (("doubleValue", "double_value"), double),
    (("bytesValue", "bytes_value"), bytes),
    (("arrayValue", "array_value"), array),
    (("kvlistValue", "kvlist_value"), map),
];

/// A value. Of a kind that is not known here it is empty, as a newer protocol asks of an older receiver.
pub(super) fn any_value(value: &Value) -> Result<Any<'_>, Fault> {
    let members = object(value, "value")?;
    for (name, read) in KINDS {
        if let Some(inner) = get(members, name) {
            return read(inner).map_err(|due| Fault::new(name.0, due).within("value"));
        }
    }
    Ok(Any::Null)
}

fn string(value: &Value) -> Result<Any<'_>, &'static str> {
    value.as_str().map(Any::Text).ok_or("text")
}

fn boolean(value: &Value) -> Result<Any<'_>, &'static str> {
    value.as_bool().map(Any::Bool).ok_or("true or false")
}

fn integer(value: &Value) -> Result<Any<'_>, &'static str> {
    const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;
    let number = match value {
        Value::Number(number) => number.as_i64().or_else(|| {
            let float = number.as_f64()?;
            (float.fract() == 0.0 && float.abs() <= WHOLE_MAX).then_some(float as i64)
        }),
        Value::String(digits) => digits.parse().ok(),
        _ => None,
    };
    number.map(Any::Int).ok_or("a 64-bit integer")
}

fn double(value: &Value) -> Result<Any<'_>, &'static str> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            // Rust would also read other words.
            digits => digits.parse().ok().filter(|number: &f64| number.is_finite()),
        },
        _ => None,
    };
    number.map(Any::Double).ok_or("a number")
}

fn bytes(value: &Value) -> Result<Any<'_>, &'static str> {
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let decoded = value.as_str().and_then(|text| {
        let alphabet = if text.contains(['-', '_']) { URL_SAFE } else { STANDARD };
        GeneralPurpose::new(&alphabet, lenient).decode(text).ok()
    });
    decoded.map(|bytes| Any::Bytes(bytes.len())).ok_or("base64")
}

fn array(value: &Value) -> Result<Any<'_>, &'static str> {
    const DUE: &str = "an object with a list of values";
    let items = list(value.as_object().ok_or(DUE)?, ("values", "values")).map_err(|_| DUE)?;
    let all = items.iter().all(|item| item.is_null() || any_value(item).is_ok());
    if all { Ok(Any::List(List::Json(items))) } else { Err("a list in which every item is a value") }
}

fn map(value: &Value) -> Result<Any<'_>, &'static str> {
    const DUE: &str = "an object with a list of keys and values";
    let entries = list(value.as_object().ok_or(DUE)?, ("values", "values")).map_err(|_| DUE)?;
    key_values(entries, "values").map(|_| Any::Map).map_err(|_| DUE)
}
