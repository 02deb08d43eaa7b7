//! What is known of an event type.

use std::collections::{BTreeMap, BTreeSet};

use nrql::EventSchema;

/// An event type.
pub(crate) struct KnownEvent {
    pub(crate) name: String,
    pub(crate) schema: EventSchema,
    pub(crate) facts: EventFacts,
}

/// What is known of an event type beside its attributes' types.
#[derive(Clone, Debug, Default)]
pub(crate) struct EventFacts {
    /// Whether it has no other attributes than those that are known.
    pub(crate) closed: bool,
    /// The attribute that distinguishes a repeated delivery from a second event.
    pub(crate) distinct_by: Option<String>,
    /// Attributes of which nearly every event, or every entity, has a value of its own.
    pub(crate) ids: BTreeSet<String>,
    /// How many values an attribute has, where they are known.
    pub(crate) values: BTreeMap<String, usize>,
    /// The longest time that a step may take, in milliseconds.
    pub(crate) window: Option<i64>,
    /// Its KPIs; where there are some, `window` is not looked at.
    pub(crate) kpis: Vec<KnownKpi>,
}

/// A KPI: of the journeys that took one step, the share that took another in time.
#[derive(Clone, Debug)]
pub(crate) struct KnownKpi {
    pub(crate) name: String,
    /// The attribute whose values are the steps.
    pub(crate) key: String,
    pub(crate) from: String,
    pub(crate) to: String,
    /// How long after the journey's beginning the second step counts, in milliseconds.
    pub(crate) within: i64,
}
