//! The event of a funnel's contract.

use instant_funnel_core::contract::{Contract, Presence, Rule};
use nrql::{AttributeSchema, EventSchema, ValueType};

use super::facts::{EventFacts, KnownEvent};

/// What New Relic adds to an event that came over OTLP, and what the collector's resource may bring.
const ADDED: &[&str] = &[
    "entity.guid",
    "entity.name",
    "entity.type",
    "entityGuid",
    "newrelic.source",
    "instrumentation.provider",
    "service.name",
    "service.version",
    "service.instance.id",
    "deployment.environment.name",
    "telemetry.sdk.name",
    "telemetry.sdk.language",
    "telemetry.sdk.version",
    "otel.library.name",
    "otel.library.version",
    "appName",
    "appId",
    "tags",
];

pub(super) fn event(contract: &Contract) -> KnownEvent {
    let steps: Vec<&str> = contract.steps.iter().map(|step| step.name).collect();
    // The attribute whose values are the steps.
    let step_key = contract
        .attributes
        .iter()
        .find(|attribute| matches!(attribute.rule, Rule::OneOf(values) if values == steps.as_slice()))
        .map(|attribute| attribute.key);
    let mut event = EventSchema::new(contract.event_name);
    let mut facts = EventFacts { closed: true, ..EventFacts::default() };
    for attribute in contract.attributes {
        let value_type = match attribute.rule {
            Rule::Bool => ValueType::Boolean,
            Rule::Integer { .. } | Rule::Number { .. } | Rule::Instant { .. } => ValueType::Number,
            _ => ValueType::Text,
        };
        let mut schema = AttributeSchema::new(attribute.key, value_type);
        match attribute.rule {
            Rule::Const(value) => schema = schema.values([value]),
            Rule::OneOf(values) | Rule::SlugOf(values) => {
                schema = schema.values(values.iter().copied());
                facts.values.insert(attribute.key.to_owned(), values.len());
            }
            Rule::Hex { min, max, .. } => {
                let words = if min == max { format!("{min}") } else { format!("{min} to {max}") };
                let words = format!("{words} lower-case hexadecimal digits");
                schema = schema.pattern(&format!("[0-9a-f]{{{min},{max}}}"), words);
                facts.ids.insert(attribute.key.to_owned());
            }
            Rule::Uuid { .. } => {
                schema = schema.pattern("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "a UUID in lower case");
                facts.ids.insert(attribute.key.to_owned());
            }
            Rule::Country => schema = schema.pattern("[A-Z]{2}", "a country code in capitals, such as NL"),
            Rule::Currency => schema = schema.pattern("[A-Z]{3}", "a currency code in capitals, such as EUR"),
            Rule::Slug => schema = schema.pattern("[a-z][a-z0-9_-]{0,31}", "a word in lower case"),
            _ => {}
        }
        if attribute.presence != Presence::Always {
            schema = schema.optional();
        }
        let on: Vec<&str> =
            (0..steps.len()).filter(|step| attribute.steps.contains(*step)).map(|step| steps[step]).collect();
        if let Some(step_key) = step_key
            && on.len() < steps.len()
        {
            schema = schema.only_when(step_key, on);
        }
        if attribute.derived_from.is_some() && attribute.presence == Presence::Always {
            facts.distinct_by = Some(attribute.key.to_owned());
        }
        event = event.attribute(schema);
    }
    for name in ADDED {
        event = event.attribute(AttributeSchema::new(*name, ValueType::Unknown).optional());
    }
    KnownEvent { name: contract.event_name.to_owned(), schema: event, facts }
}
