//! Estimates the memory of a JSON document before it is parsed.

use serde_json::{Map, Value};

use crate::otlp::error::DecodeError;

/// A JSON object.
pub(crate) type Object = Map<String, Value>;

/// The deepest nesting that the parser takes.
const DEPTH_MAX: u32 = 127;

/// The most bytes that the tree of a JSON text takes. Every value and every key but the first stands behind one of four
/// characters outside of a string, and an object with one member takes as much as one with eleven.
///
/// # Errors
/// The text is nested too deep to be read at all.
pub(crate) fn tree_bytes(text: &[u8]) -> Result<usize, DecodeError> {
    const NODE: usize = 12 + 11 * (size_of::<Value>() + size_of::<String>()) + 8;
    let (mut values, mut objects, mut depth) = (1, 0, 0_u32);
    let (mut in_string, mut escaped) = (false, false);
    for byte in text {
        if in_string {
            in_string = escaped || *byte != b'"';
            escaped = !escaped && *byte == b'\\';
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b',' | b':' => values += 1,
            b'[' | b'{' => {
                values += 1;
                objects += usize::from(*byte == b'{');
                depth += 1;
                if depth > DEPTH_MAX {
                    return Err(DecodeError::TooDeep(DEPTH_MAX));
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    // A string takes 16 bytes of the heap at least, and a growing list up to twice its items.
    Ok(text.len() + values * (2 * size_of::<Value>() + 16) + objects * NODE)
}

/// The body as a tree.
///
/// # Errors
/// What is wrong, with line and column.
pub(crate) fn parse(body: &[u8]) -> Result<Value, DecodeError> {
    serde_json::from_slice(body).map_err(|error| DecodeError::Json(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_string_costs_its_length() {
        let braces = format!("{{\"query\":\"{}\\\"{{\"}}", "{".repeat(50_000));
        assert!(tree_bytes(braces.as_bytes()).unwrap() < braces.len() + 3_000);
        assert!(tree_bytes(b"[1,2,3]").unwrap() > 4 * size_of::<Value>());
    }

    #[test]
    fn nesting_that_the_parser_refuses_is_refused_before_it() {
        for depth in [DEPTH_MAX as usize, DEPTH_MAX as usize + 1] {
            let text = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
            assert_eq!(tree_bytes(text.as_bytes()).is_ok(), parse(text.as_bytes()).is_ok(), "{depth}");
        }
        assert!(tree_bytes(&b"{".repeat(200_000)).is_err());
    }
}
