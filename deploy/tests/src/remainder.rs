//! What the contract leaves of a record.

use std::collections::BTreeMap;

use instant_funnel_core::contract::{CONTRACT, Origin};
use instant_funnel_core::{Checker, Draft, Stamp};
use opentelemetry_proto::tonic::common::v1::AnyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::LogRecord;

use crate::otlp::{raw, string};

/// The attributes of `record` that may arrive, or nothing when it is to be dropped whole.
#[must_use]
pub fn remainder(record: &LogRecord) -> Option<BTreeMap<String, AnyValue>> {
    // The first of several equal keys counts; a nested value keeps no rule.
    let mut flat = BTreeMap::new();
    for one in &record.attributes {
        flat.entry(one.key.clone()).or_insert_with(|| one.value.clone().unwrap_or_default());
    }
    let step = match flat.get("funnelStep").map(|value| &value.value) {
        Some(Some(Value::StringValue(step))) => CONTRACT.step_position(step),
        _ => None,
    };
    // The collector gives a record without a time the one of its receipt, or its own.
    let nanos = [record.time_unix_nano, record.observed_time_unix_nano].into_iter().find(|nanos| *nanos > 0);
    let millis = nanos.map_or(i64::MAX, |nanos| i64::try_from(nanos / 1_000_000).unwrap_or(i64::MAX));
    flat.retain(|key, value| {
        let judged = CONTRACT.judge(key, raw(Some(value)), millis);
        judged.is_ok_and(|at| {
            let attribute = &CONTRACT.attributes[at];
            let own = match attribute.origin {
                Origin::TraceId => Some(&record.trace_id),
                Origin::SpanId => Some(&record.span_id),
                _ => None,
            };
            own.is_none_or(|id| value.value == Some(string(hex(id))))
                && step.is_none_or(|step| attribute.steps.contains(step))
        })
    });
    carried_by_every_record().iter().all(|key| flat.contains_key(*key)).then_some(flat)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The keys that the crate itself cannot leave out, found by letting it make a record of nothing.
fn carried_by_every_record() -> Vec<&'static str> {
    let checker = Checker::new(&CONTRACT);
    let mut common: Option<Vec<&'static str>> = None;
    for step in 0..CONTRACT.steps.len() {
        let draft = Draft::new(&CONTRACT, step);
        let record = checker.check(&draft, Stamp::now(), |_, _| ()).expect("a known step");
        let keys: Vec<_> = record.attributes().map(|(key, _)| key).collect();
        common =
            Some(common.map_or_else(
                || keys.clone(),
                |old| old.into_iter().filter(|key| keys.contains(key)).collect(),
            ));
    }
    common.unwrap_or_default()
}
