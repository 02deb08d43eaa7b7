//! Conversion between `serde_json` and apollo-compiler values.

use apollo_compiler::response::{JsonValue, serde_json_bytes};
use serde_json::Value;

/// A value as the library holds it.
pub(super) fn leaf(value: &Value) -> JsonValue {
    serde_json_bytes::to_value(value).unwrap_or_default()
}

/// What serialises always: texts for keys, and finite numbers.
pub(super) fn to_json(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}
