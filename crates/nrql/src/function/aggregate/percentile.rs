//! Percentiles out of what was kept.

use std::sync::Arc;

use crate::value::Value;

/// The value at a percentile, interpolated between the two nearest of the sorted numbers.
pub(super) fn percentile(sorted: &[f64], point: f64) -> Value {
    let Some(last) = sorted.len().checked_sub(1) else { return Value::Null };
    let place = (point / 100.0).clamp(0.0, 1.0) * last as f64;
    let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    Value::float(low + (high - low) * place.fract())
}

/// The value at a percentile of cumulative buckets, taking values as evenly spread within one.
pub(super) fn bucket_percentile(edges: &[(f64, f64)], point: f64) -> Value {
    let Some((_, all)) = edges.last() else { return Value::Null };
    let wanted = all * point / 100.0;
    let (mut below, mut from) = (0.0, 0.0);
    for (edge, count) in edges {
        if *count >= wanted {
            let share = if *count > below { (wanted - below) / (count - below) } else { 0.0 };
            return Value::float(if edge.is_finite() { from + (edge - from) * share } else { from });
        }
        (below, from) = (*count, *edge);
    }
    Value::float(from)
}

pub(super) fn by_point(results: impl Iterator<Item = (f64, Value)>) -> Value {
    Value::Map(results.map(|(point, value)| (Arc::from(Value::float(point).to_string()), value)).collect())
}
