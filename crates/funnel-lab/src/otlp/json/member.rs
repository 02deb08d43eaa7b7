//! Members of an object as OTLP's JSON has them: camel-case names, of which the collector also takes the `.proto` file's
//! spelling; 64-bit numbers as text or number.

use serde_json::Value;

use super::tree::Object;

/// A member's name in JSON and in the `.proto` file.
pub(super) type Name = (&'static str, &'static str);

/// What is wrong, by the place within the record. Holds no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault(String);

impl Fault {
    pub(super) fn new(place: &str, due: &str) -> Self {
        Self(format!("`{place}` is not {due}"))
    }

    /// The fault as seen from one level above.
    pub(super) fn within(self, parent: &str) -> Self {
        Self(format!("`{parent}.{}", self.0.trim_start_matches('`')))
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The member, by either of its names; null is none.
pub(super) fn get(parent: &Object, name: Name) -> Option<&Value> {
    parent.get(name.0).or_else(|| parent.get(name.1)).filter(|value| !value.is_null())
}

pub(super) fn object<'a>(value: &'a Value, place: &str) -> Result<&'a Object, Fault> {
    value.as_object().ok_or_else(|| Fault::new(place, "an object"))
}

pub(super) fn optional(parent: &Object, name: Name) -> Result<Option<&Object>, Fault> {
    get(parent, name).map(|value| object(value, name.0)).transpose()
}

pub(super) fn list(parent: &Object, name: Name) -> Result<&[Value], Fault> {
    match get(parent, name) {
        None => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(Fault::new(name.0, "a list")),
    }
}

pub(super) fn text(parent: &Object, name: Name) -> Result<&str, Fault> {
    match get(parent, name) {
        None => Ok(""),
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(Fault::new(name.0, "text")),
    }
}

pub(super) fn unsigned(parent: &Object, name: Name) -> Result<u64, Fault> {
    let fault = || Fault::new(name.0, "an unsigned 64-bit number");
    match get(parent, name) {
        None => Ok(0),
        Some(Value::Number(number)) => number.as_u64().ok_or_else(fault),
        Some(Value::String(digits)) => digits.parse().map_err(|_| fault()),
        Some(_) => Err(fault()),
    }
}
