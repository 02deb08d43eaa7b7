//! Which events `GET /api/events` lists.

use super::params::pairs;
use crate::judge::EventVerdict;
use crate::store::EventFilter;

/// The most events that one list holds.
const EVENTS_MAX: u32 = 1_000;
const USAGE: &str =
    "give verdict=good, bad, duplicate or other, rule=NAME, step=NAME, before=ID, and limit=1 to 1000";

/// Parses the query string.
pub(super) fn parse(asked: &str) -> Result<EventFilter, &'static str> {
    let mut filter = EventFilter { limit: 100, ..EventFilter::default() };
    for (name, value) in pairs(asked)? {
        match name.as_str() {
            "limit" => filter.limit = value.parse::<u32>().map_err(|_| USAGE)?.min(EVENTS_MAX),
            "before" => filter.before = Some(value.parse().map_err(|_| USAGE)?),
            "verdict" => filter.verdict = Some(EventVerdict::named(&value).ok_or(USAGE)?),
            "rule" => filter.rule = Some(value),
            "step" => filter.step = Some(value),
            _ => return Err(USAGE),
        }
    }
    Ok(filter)
}
