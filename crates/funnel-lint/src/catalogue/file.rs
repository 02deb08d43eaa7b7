//! Event types that a file describes.

use std::path::Path;

use nrql::ast::TimePoint;
use nrql::{AttributeSchema, EventSchema, ValueType};
use serde_json::Value;

use super::facts::{EventFacts, KnownEvent, KnownKpi};

/// A file that describes no event type.
#[derive(Debug, thiserror::Error)]
#[error("{name} describes no event type: {why}")]
pub struct SchemaFileError {
    name: String,
    why: String,
}

pub(super) fn events(name: &str, text: &str) -> Result<Vec<KnownEvent>, SchemaFileError> {
    let mut known = Vec::new();
    let wrong = |why: String| SchemaFileError { name: name.to_owned(), why };
    let json: Value =
        serde_json::from_str(text).map_err(|error| wrong(format!("it is not JSON: {error}")))?;
    if let Some(events) = json["events"].as_object() {
        for (event, described) in events {
            let (schema, facts) = described_event(event, described).map_err(wrong)?;
            known.push(KnownEvent { name: event.clone(), schema, facts });
        }
        return Ok(known);
    }
    let mut rows = Vec::new();
    collect_keysets(&json, &mut rows);
    if rows.is_empty() {
        return Err(wrong("it has neither `events` nor the `stringKeys` of a saved keyset()".to_owned()));
    }
    for row in rows {
        let stem = Path::new(name).file_stem().and_then(|stem| stem.to_str()).unwrap_or(name);
        let event = row["type"].as_str().or_else(|| row["eventType"].as_str()).unwrap_or(stem);
        let mut schema = EventSchema::new(event);
        for (list, value_type) in [
            ("stringKeys", ValueType::Text),
            ("numericKeys", ValueType::Number),
            ("booleanKeys", ValueType::Boolean),
        ] {
            for key in row[list].as_array().into_iter().flatten().filter_map(Value::as_str) {
                schema = schema.attribute(AttributeSchema::new(key, value_type));
            }
        }
        let facts = EventFacts { closed: true, ..EventFacts::default() };
        known.push(KnownEvent { name: event.to_owned(), schema, facts });
    }
    Ok(known)
}

/// The objects with `stringKeys`, wherever a client has wrapped them.
fn collect_keysets<'j>(json: &'j Value, rows: &mut Vec<&'j Value>) {
    match json {
        Value::Object(object) if object.contains_key("stringKeys") => rows.push(json),
        Value::Object(object) => object.values().for_each(|value| collect_keysets(value, rows)),
        Value::Array(array) => array.iter().for_each(|value| collect_keysets(value, rows)),
        _ => {}
    }
}

fn described_event(name: &str, described: &Value) -> Result<(EventSchema, EventFacts), String> {
    let open = described["open"].as_bool().unwrap_or(false);
    let mut schema = EventSchema::new(name);
    let mut facts = EventFacts {
        closed: !open,
        distinct_by: described["distinctBy"].as_str().map(str::to_owned),
        ..EventFacts::default()
    };
    if open {
        schema = schema.open();
    }
    if let Some(text) = described["window"].as_str() {
        facts.window =
            Some(period(text).ok_or_else(|| format!("`{name}.window` is not a duration: {text}"))?);
    }
    for kpi in described["kpis"].as_array().into_iter().flatten() {
        facts.kpis.push(described_kpi(kpi).map_err(|key| {
            format!("a KPI in `{name}.kpis` needs the string `{key}` (name, key, from, to; within, such as 7 days)")
        })?);
    }
    let attributes =
        described["attributes"].as_object().ok_or_else(|| format!("`{name}` has no `attributes`"))?;
    for (key, described) in attributes {
        let value_type = match described["type"].as_str() {
            Some("text" | "string") => ValueType::Text,
            Some("number") => ValueType::Number,
            Some("boolean") => ValueType::Boolean,
            None => ValueType::Unknown,
            Some(other) => {
                return Err(format!("`{name}.{key}.type` is {other}, not text, number or boolean"));
            }
        };
        let mut attribute = AttributeSchema::new(key, value_type);
        if let Some(values) = described["values"].as_array() {
            let values: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
            facts.values.insert(key.clone(), values.len());
            attribute = attribute.values(values);
        }
        if let Some(pattern) = described["pattern"].as_str() {
            attribute = attribute.pattern(pattern, format!("of the form {pattern}"));
        }
        for (other, values) in described["onlyWhen"].as_object().into_iter().flatten() {
            attribute =
                attribute.only_when(other, values.as_array().into_iter().flatten().filter_map(Value::as_str));
        }
        if described["optional"].as_bool() == Some(true) {
            attribute = attribute.optional();
        }
        if described["id"].as_bool() == Some(true) {
            facts.ids.insert(key.clone());
        }
        schema = schema.attribute(attribute);
    }
    Ok((schema, facts))
}

/// A KPI, or the key that is missing or wrong.
fn described_kpi(described: &Value) -> Result<KnownKpi, &'static str> {
    let text = |key| described[key].as_str().map(str::to_owned).ok_or(key);
    Ok(KnownKpi {
        name: text("name")?,
        key: text("key")?,
        from: text("from")?,
        to: text("to")?,
        within: described["within"].as_str().and_then(period).ok_or("within")?,
    })
}

/// The milliseconds of a string such as `7 days`.
fn period(text: &str) -> Option<i64> {
    match nrql::parse(&format!("SELECT count(*) FROM T SINCE {text} ago")).ok()?.since? {
        TimePoint::Ago(period) => Some(period.millis()),
        _ => None,
    }
}
