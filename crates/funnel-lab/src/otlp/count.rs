//! Counts the spans and metric points of a request; nothing else of them is read.

use serde_json::Value;

use super::error::DecodeError;
use super::wire::Wire;

/// The fields of the messages on the way to what is counted, from the request down. `Sum` of several fields: any of them.
type Path = &'static [&'static [u64]];

/// `resource_spans`, `scope_spans`, `spans`
const SPANS: Path = &[&[1], &[2], &[2]];
/// `resource_metrics`, `scope_metrics`, `metrics`, then gauge, sum, histogram, exponential histogram or summary, and
/// their `data_points`
const POINTS: Path = &[&[1], &[2], &[2], &[5, 7, 9, 10, 11], &[1]];

/// The members on the way to what is counted, in JSON and in the `.proto` file.
type JsonPath = &'static [&'static [&'static str]];

const JSON_SPANS: JsonPath =
    &[&["resourceSpans", "resource_spans"], &["scopeSpans", "scope_spans"], &["spans"]];
const JSON_POINTS: JsonPath = &[
    &["resourceMetrics", "resource_metrics"],
    &["scopeMetrics", "scope_metrics"],
    &["metrics"],
    &["gauge", "sum", "histogram", "exponentialHistogram", "exponential_histogram", "summary"],
    &["dataPoints", "data_points"],
];

/// Spans of an `ExportTraceServiceRequest`.
///
/// # Errors
/// The body is none.
pub(crate) fn spans(body: &[u8]) -> Result<u64, DecodeError> {
    count(Wire::new(body), SPANS)
}

/// Points of an `ExportMetricsServiceRequest`.
///
/// # Errors
/// The body is none.
pub(crate) fn points(body: &[u8]) -> Result<u64, DecodeError> {
    count(Wire::new(body), POINTS)
}

/// [`spans`] of JSON.
///
/// # Errors
/// The body is none.
pub(crate) fn json_spans(body: &Value) -> Result<u64, DecodeError> {
    json_count(body, JSON_SPANS)
}

/// [`points`] of JSON.
///
/// # Errors
/// The body is none.
pub(crate) fn json_points(body: &Value) -> Result<u64, DecodeError> {
    json_count(body, JSON_POINTS)
}

fn count(mut message: Wire<'_>, path: Path) -> Result<u64, DecodeError> {
    let Some((fields, rest)) = path.split_first() else { return Ok(1) };
    let mut total = 0;
    while let Some((number, payload)) = message.field()? {
        if fields.contains(&number) {
            total += count(payload.message()?, rest)?;
        }
    }
    Ok(total)
}

fn json_count(value: &Value, path: JsonPath) -> Result<u64, DecodeError> {
    if let Value::Array(items) = value {
        return items.iter().map(|item| json_count(item, path)).sum();
    }
    let Some(object) = value.as_object() else {
        return Err(DecodeError::Json("expected an object, found another value".to_owned()));
    };
    let Some((names, rest)) = path.split_first() else { return Ok(1) };
    let found = names.iter().filter_map(|name| object.get(*name)).filter(|value| !value.is_null());
    found.map(|value| json_count(value, rest)).sum()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn points_of_every_kind_are_counted() {
        let metric =
            |kind: &str, points: usize| json!({"name": "m", kind: {"dataPoints": vec![json!({}); points]}});
        let metrics = [
            metric("gauge", 1),
            metric("sum", 2),
            metric("histogram", 4),
            metric("exponentialHistogram", 8),
            metric("summary", 16),
        ];
        let body = json!({"resourceMetrics": [{"scopeMetrics": [{"metrics": metrics}]}]});
        assert_eq!(json_points(&body), Ok(31));
        assert_eq!(json_points(&json!({})), Ok(0));
        assert!(json_points(&json!({"resourceMetrics": 7})).is_err());
    }

    #[test]
    fn spans_are_counted_in_both_encodings() {
        let body = json!({"resourceSpans": [{"scopeSpans": [{"spans": [{}, {}]}, {"spans": [{}]}]}, {}]});
        assert_eq!(json_spans(&body), Ok(3));
        // resource_spans { scope_spans { spans {} spans {} } }
        assert_eq!(spans(&[0x0a, 6, 0x12, 4, 0x12, 0, 0x12, 0]), Ok(2));
        assert!(spans(&[0x0a, 9, 0]).is_err());
    }
}
