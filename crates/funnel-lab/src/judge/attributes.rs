//! Attributes as JSON and as text for a sample.

use std::fmt::Write;

use super::fate;
use crate::otlp::{Any, LogRecord, write_json, write_json_text};

/// Appends `"key":value`, cut as New Relic cuts it; nothing for a value that it does not store.
pub(super) fn member(out: &mut String, key: &str, value: &Any<'_>) {
    let before = out.len();
    if !out.ends_with('{') {
        out.push(',');
    }
    write_json_text(out, fate::cut(key, fate::KEY_MAX));
    out.push(':');
    let value = match value {
        Any::Text(text) => Any::Text(fate::cut(text, fate::TEXT_MAX)),
        other => *other,
    };
    if !write_json(&value, out) {
        out.truncate(before);
    }
}

/// The attributes of a record that is not of the funnel, with what New Relic adds to a log. In a JSON object read
/// from the front the last of two equal names wins, so the record's own go first and the top-level fields last.
pub(super) fn other(out: &mut String, record: &LogRecord<'_>, scope: (&str, &str), is_log: bool) {
    out.push('{');
    for (key, value) in record.attributes.iter().take(fate::ATTRIBUTES_MAX) {
        member(out, key, value);
    }
    if is_log {
        for (key, text) in [
            ("otel.library.name", scope.0),
            ("otel.library.version", scope.1),
            ("severity.text", record.severity_text),
        ] {
            if !text.is_empty() {
                member(out, key, &Any::Text(text));
            }
        }
        if record.severity_number != 0 {
            member(out, "severity.number", &Any::Int(record.severity_number));
        }
        if let Some(body @ Any::Text(_)) = &record.body {
            member(out, "message", body);
        }
        for (key, id) in [("trace.id", record.trace_id), ("span.id", record.span_id)] {
            if !id.is_none() {
                let mut text = String::new();
                id.write(&mut text);
                member(out, key, &Any::Text(&text));
            }
        }
    }
    out.push('}');
}

/// The value as text, of which a sample is made.
pub(super) fn shown(value: &Any<'_>) -> String {
    let mut out = String::new();
    match value {
        Any::Text(text) => out.push_str(text),
        Any::List(_) => out.push_str("[]"),
        Any::Map => out.push_str("{}"),
        Any::Bytes(length) => {
            let _ = write!(out, "({length})");
        }
        other => {
            write_json(other, &mut out);
        }
    }
    out
}

/// Bytes of what a record says.
pub(super) fn size(record: &LogRecord<'_>) -> usize {
    let text = |value: &Any<'_>| match value {
        Any::Text(text) => text.len(),
        Any::Bytes(length) => *length,
        _ => 8,
    };
    record.attributes.iter().map(|(key, value)| key.len() + text(value)).sum::<usize>()
        + record.body.as_ref().map_or(0, text)
        + record.severity_text.len()
        + record.event_name.len()
}
