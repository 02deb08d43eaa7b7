//! A value of a vector.

use instant_funnel_core::contract::RawValue;

use crate::json::Json;

/// A value that a caller gives.
#[derive(Debug, Clone, PartialEq)]
pub enum VectorValue {
    /// Text.
    Text(String),
    /// A boolean.
    Boolean(bool),
    /// An integer that JavaScript can hold.
    Integer(i64),
    /// A finite number that is not an integer.
    Number(f64),
    /// A list, which no rule passes.
    List,
}

impl VectorValue {
    /// The value as the engine takes it.
    #[must_use]
    pub fn as_raw(&self) -> RawValue<'_> {
        match self {
            Self::Text(text) => RawValue::Text(text),
            Self::Boolean(value) => RawValue::Bool(*value),
            Self::Integer(value) => RawValue::Integer(*value),
            Self::Number(value) => RawValue::Number(*value),
            Self::List => RawValue::Other,
        }
    }

    pub(super) fn json(&self) -> Json {
        match self {
            Self::Text(text) => Json::text(text),
            Self::Boolean(value) => Json::plain(value),
            Self::Integer(value) => Json::plain(value),
            Self::Number(value) => Json::plain(value),
            Self::List => Json::texts(["a", "b"]),
        }
    }
}
