//! New Relic's own event types.

use nrql::{AttributeSchema, EventSchema, ValueType};

use super::facts::{EventFacts, KnownEvent};

/// The source stands in the file.
const EVENTS: &str = include_str!("../../data/new-relic-events.txt");

/// Ids of New Relic's own events.
const IDS: &[&str] = &[
    "guid",
    "traceId",
    "trace.id",
    "span.id",
    "id",
    "tripId",
    "session",
    "sessionId",
    "messageId",
    "transactionId",
];

pub(super) fn events() -> Vec<KnownEvent> {
    let mut events = Vec::new();
    for line in EVENTS.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        let Some(name) = words.next().filter(|name| !name.is_empty()) else { continue };
        let mut event = EventSchema::new(name).open();
        let mut facts = EventFacts::default();
        for word in words {
            let (attribute, value_type) = match word.rsplit_once(':') {
                Some((attribute, "n")) => (attribute, ValueType::Number),
                Some((attribute, "t")) => (attribute, ValueType::Text),
                Some((attribute, "b")) => (attribute, ValueType::Boolean),
                _ => (word, ValueType::Unknown),
            };
            if IDS.contains(&attribute) {
                facts.ids.insert(attribute.to_owned());
            }
            event = event.attribute(AttributeSchema::new(attribute, value_type));
        }
        events.push(KnownEvent { name: name.to_owned(), schema: event, facts });
    }
    events
}
