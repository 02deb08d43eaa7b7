//! What New Relic would do with a record.
//!
//! The limits are those that New Relic documents for OTLP and for custom events; where it documents none, the window
//! of custom events is taken: 24 hours.

use crate::otlp::{Any, simple};

/// The longest attribute key, in characters.
pub(crate) const KEY_MAX: usize = 255;
/// The longest text, in characters.
pub(crate) const TEXT_MAX: usize = 4_095;
/// The most attributes of one record.
pub(crate) const ATTRIBUTES_MAX: usize = 128;

/// The event type of records that ask for no other.
pub(crate) const LOG: &str = "Log";
/// The attribute that asks for a custom event type.
pub(crate) const EVENT_TYPE: &str = "newrelic.event.type";

/// Keys that New Relic drops or gives a meaning of its own.
const RESERVED: [&str; 7] =
    ["accountId", "appId", "eventType", "timestamp", "entity.guid", "entity.name", "entity.type"];

pub(crate) const KEPT: &str = "stored, and wrong in every query that uses it";
pub(crate) const AS_LOG: &str = "stored in Log, and not counted as an event of the contract";
pub(crate) const ELSEWHERE: &str = "stored under that name, and not counted as an event of the contract";
pub(crate) const BODY: &str = "stored as `message`, or read as attributes that replace the record's own";
pub(crate) const BESIDE: &str = "may be stored beside the event";
pub(crate) const DROPPED: &str = "dropped without an error";
pub(crate) const MISSING: &str = "stored, and missing from every query that uses it";
pub(crate) const TRUNCATED: &str = "truncated, and stored";
pub(crate) const PRUNED: &str = "the attribute is dropped, but the record is stored";
pub(crate) const RESERVED_NAME: &str = "the attribute is dropped or read as something else";

/// Rules of New Relic, beside the contract's, by the name under which a problem shows.
pub(crate) mod rule {
    pub(crate) const MISSING: &str = "missing";
    pub(crate) const NO_EVENT_TYPE: &str = "no_event_type";
    pub(crate) const BAD_EVENT_TYPE: &str = "bad_event_type";
    pub(crate) const NEAR_MISS: &str = "near_miss";
    pub(crate) const BODY: &str = "body";
    pub(crate) const EVENT_NAME: &str = "event_name";
    pub(crate) const SEVERITY: &str = "severity";
    pub(crate) const TOO_OLD: &str = "too_old";
    pub(crate) const TOO_NEW: &str = "too_new";
    pub(crate) const TOO_LONG: &str = "too_long";
    pub(crate) const TOO_MANY: &str = "too_many_attributes";
    pub(crate) const RESERVED: &str = "reserved_name";
    pub(crate) const UNSUPPORTED: &str = "unsupported_type";
}

/// What would happen to one attribute, as rule and fate; `None` when it is stored as it is.
pub(crate) fn attribute(key: &str, value: &Any<'_>) -> Option<(&'static str, &'static str)> {
    if RESERVED.contains(&key) {
        return Some((rule::RESERVED, RESERVED_NAME));
    }
    if key.chars().nth(KEY_MAX).is_some() {
        return Some((rule::TOO_LONG, TRUNCATED));
    }
    match value {
        Any::Text(text) if text.len() > TEXT_MAX && text.chars().nth(TEXT_MAX).is_some() => {
            Some((rule::TOO_LONG, TRUNCATED))
        }
        Any::List(list) if simple(*list).is_none() => Some((rule::UNSUPPORTED, PRUNED)),
        Any::Map | Any::Bytes(_) => Some((rule::UNSUPPORTED, PRUNED)),
        Any::List(_) | Any::Text(_) | Any::Bool(_) | Any::Int(_) | Any::Double(_) | Any::Null => None,
    }
}

/// Whether New Relic takes `kind` as the name of a custom event.
pub(crate) fn is_event_type(kind: &str) -> bool {
    let shaped = (1..=255).contains(&kind.len())
        && kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b' '));
    let metric = kind == "Metric"
        || kind == "MetricRaw"
        || kind
            .strip_prefix("Metric")
            .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()));
    shaped && !metric && !kind.starts_with("Public_")
}

/// The first `max` characters.
pub(crate) fn cut(text: &str, max: usize) -> &str {
    if text.len() <= max {
        return text;
    }
    text.char_indices().nth(max).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}
