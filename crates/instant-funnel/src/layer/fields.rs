//! An event's fields, checked as they are visited. Nothing unchecked is kept, but for the fact of an `eventFact` until
//! the step is known.

use super::visit::{FORMATTED_MAX, Fields, Take};
use crate::funnel::Inner;
use instant_funnel_core::contract::{Contract, MAX_ATTRIBUTES, Origin, RawValue, Violation};
use instant_funnel_core::{Checker, Draft, EventId, FieldValue, Value};
use std::fmt;
use tracing::Event;

/// The raw field from which an event's id is made.
const EVENT_FACT: &str = "eventFact";

/// A value that passed, in a form that outlives the visit.
#[derive(Debug, Clone)]
pub(super) enum Kept {
    Value(Value<'static>),
    Text(Box<str>),
}

impl Kept {
    fn as_value(&self) -> Value<'_> {
        match self {
            Self::Value(value) => *value,
            Self::Text(text) => Value::Text(text),
        }
    }
}

/// What one field came to: what is kept of it, or why not.
pub(super) type Judged = Result<Kept, Violation>;

/// The attribute that a field of this name is for.
pub(super) fn position(contract: &Contract, name: &str) -> Option<usize> {
    contract.position(name).or_else(|| contract.derived(name).map(|(position, _)| position))
}

/// Checks one field.
pub(super) fn judge(checker: &Checker, name: &str, value: RawValue<'_>) -> Result<(usize, Kept), Violation> {
    checker.check_field(name, value).map(|(position, value)| {
        let kept = match value {
            FieldValue::Text(text) => Kept::Text(text.into()),
            FieldValue::Small(value) => Kept::Value(value),
        };
        (position, kept)
    })
}

/// What one event says, and then what its spans say.
pub(super) struct EventFields<'c> {
    checker: &'c Checker,
    step: Option<usize>,
    fact: Option<Box<str>>,
    slots: [Option<Kept>; MAX_ATTRIBUTES],
    refused: Vec<(Option<usize>, Violation)>,
}

impl<'c> EventFields<'c> {
    pub(super) fn read(checker: &'c Checker, event: &Event<'_>) -> Self {
        let mut fields = Fields(Self {
            checker,
            step: None,
            fact: None,
            slots: [const { None }; MAX_ATTRIBUTES],
            refused: Vec::new(),
        });
        event.record(&mut fields);
        let Fields(mut fields) = fields;
        fields.derive_event_id();
        fields
    }

    pub(super) fn step(&self) -> Option<usize> {
        self.step
    }

    /// Counts what was refused.
    pub(super) fn count_refused(&self, inner: &Inner) {
        for (position, violation) in &self.refused {
            inner.refused(*position, *violation);
        }
    }

    pub(super) fn fill<'a>(&'a self, draft: &mut Draft<'a>) {
        for (position, slot) in self.slots.iter().enumerate() {
            if let Some(kept) = slot {
                draft.set(position, kept.as_value());
            }
        }
    }

    /// Takes a span's value for an attribute that nothing nearer has given. What may not occur on the step is passed
    /// over, without a count: a span is not about one step.
    pub(super) fn inherit(&mut self, position: usize, judged: &Judged) {
        let allowed =
            self.step.is_some_and(|step| self.checker.contract().attributes[position].steps.contains(step));
        let slot = &mut self.slots[position];
        if slot.is_some() || !allowed {
            return;
        }
        match judged {
            Ok(kept) => *slot = Some(kept.clone()),
            Err(violation) => self.refused.push((Some(position), *violation)),
        }
    }

    fn set(&mut self, position: usize, kept: Kept) {
        if self.slots[position].replace(kept).is_some() {
            self.refused.push((Some(position), super::REPEATED));
        }
    }

    fn take_step(&mut self, position: usize, value: RawValue<'_>) {
        let step = match value {
            RawValue::Text(text) => self.checker.contract().step_position(text),
            RawValue::Bool(_) | RawValue::Other => None,
        };
        if self.step.is_some() {
            self.refused.push((Some(position), super::REPEATED));
        }
        self.step = step;
    }

    fn take_fact(&mut self, fact: &str) {
        let position = self.event_id_position();
        if fact.is_empty() || fact.len() > FORMATTED_MAX {
            return self.refused.push((position, Violation::Derivation));
        }
        if self.fact.replace(fact.into()).is_some() {
            self.refused.push((position, super::REPEATED));
        }
    }

    /// Made when all fields are there, since the step may come after the fact.
    fn derive_event_id(&mut self) {
        let (Some(fact), Some(position)) = (self.fact.take(), self.event_id_position()) else { return };
        let Some(step) = self.step else { return };
        let id = EventId::of(self.checker.contract().steps[step].name, fact.as_bytes());
        self.set(position, Kept::Text(id.to_string().into()));
    }

    fn event_id_position(&self) -> Option<usize> {
        let attributes = self.checker.contract().attributes;
        attributes.iter().position(|attribute| attribute.origin == Origin::CallerOrGenerated)
    }
}

impl Take for EventFields<'_> {
    fn wants(&self, name: &str) -> bool {
        name == EVENT_FACT || position(self.checker.contract(), name).is_some()
    }

    fn take(&mut self, name: &str, value: RawValue<'_>) {
        if name == EVENT_FACT {
            return match value {
                RawValue::Text(fact) => self.take_fact(fact),
                RawValue::Bool(_) | RawValue::Other => {
                    self.refused.push((self.event_id_position(), Violation::Type));
                }
            };
        }
        let position = position(self.checker.contract(), name);
        if let Some(at) = position
            && self.checker.contract().attributes[at].origin == Origin::Step
        {
            return self.take_step(at, value);
        }
        match judge(self.checker, name, value) {
            Ok((position, kept)) => self.set(position, kept),
            Err(violation) => self.refused.push((position, violation)),
        }
    }

    fn take_integer(&mut self, name: &str, value: &dyn fmt::Display) {
        if name == EVENT_FACT {
            return self.take_fact(&value.to_string());
        }
        self.take(name, RawValue::Other);
    }
}
