//! Judges a key and value from outside, such as a `tracing` field or a received record.

use super::{Attribute, Contract, Rule, Violation};

/// A value as a stranger gives it.
#[derive(Clone, Copy, PartialEq)]
pub enum RawValue<'a> {
    /// Text.
    Text(&'a str),
    /// A boolean.
    Bool(bool),
    /// An integer.
    Integer(i64),
    /// A number that is not an integer.
    Number(f64),
    /// Anything else: bytes, a list, a map, an error.
    Other,
}

/// Shows the kind and never the value.
impl std::fmt::Debug for RawValue<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(_)",
            Self::Bool(_) => "Bool(_)",
            Self::Integer(_) => "Integer(_)",
            Self::Number(_) => "Number(_)",
            Self::Other => "Other",
        })
    }
}

impl Contract {
    /// Whether a record may carry `key` with `value`, whoever supplied it; the position of the attribute if so.
    ///
    /// Who made a value, and on which step it stands, it does not see: see [`may_occur`](Self::may_occur). The event
    /// happened at `event_millis`, in milliseconds since 1970.
    ///
    /// # Errors
    /// The rule that is broken.
    pub fn judge(&self, key: &str, value: RawValue<'_>, event_millis: i64) -> Result<usize, Violation> {
        let position = self.position(key).ok_or(Violation::UnknownKey)?;
        self.attributes[position].judge(value, event_millis)?;
        Ok(position)
    }
}

impl Attribute {
    /// Whether the attribute may have this value on an event of that time.
    pub(crate) fn judge(&self, value: RawValue<'_>, event_millis: i64) -> Result<(), Violation> {
        match value {
            RawValue::Text(text) => self.rule.check_text(text),
            RawValue::Integer(value) => self.rule.check_integer(value, event_millis),
            RawValue::Number(value) => self.rule.check_number(value),
            RawValue::Bool(_) if self.rule == Rule::Bool => Ok(()),
            RawValue::Bool(_) | RawValue::Other => Err(Violation::Type),
        }
    }
}
