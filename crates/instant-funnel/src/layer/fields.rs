//! An event's fields, checked as they are visited. Nothing unchecked is kept.

use instant_funnel_core::contract::{
    Contract, DerivationMethod, MAX_ATTRIBUTES, Origin, RawValue, Violation,
};
use instant_funnel_core::{Checker, Draft, Kept};
use tracing::Event;

use super::visit::{Fields, Take, integer};
use crate::emitter::Inner;

/// What one field came to: what is kept of it, or why not.
pub(super) type Judged = Result<Kept, Violation>;

/// The attribute that a field of this name is for.
fn position(contract: &Contract, name: &str) -> Option<usize> {
    contract.position(name).or_else(|| contract.derived(name).map(|(position, _)| position))
}

/// What one event says, and then what its spans say.
pub(super) struct EventFields<'c> {
    checker: &'c Checker,
    step: Option<usize>,
    step_given: bool,
    slots: [Option<Kept>; MAX_ATTRIBUTES],
    refused: Vec<(Option<usize>, Violation)>,
}

impl<'c> EventFields<'c> {
    pub(super) fn read(checker: &'c Checker, event: &Event<'_>) -> Self {
        let mut fields = Fields(Self {
            checker,
            // A plain event has no step to name.
            step: (!checker.contract().is_funnel()).then_some(0),
            step_given: false,
            slots: [const { None }; MAX_ATTRIBUTES],
            refused: Vec::new(),
        });
        event.record(&mut fields);
        fields.0
    }

    pub(super) fn step(&self) -> Option<usize> {
        self.step
    }

    /// Counts what was refused of an event of this contract, by its number.
    pub(super) fn count_refused(&self, inner: &Inner, contract: usize) {
        for (position, violation) in &self.refused {
            inner.refused(contract, *position, *violation);
        }
    }

    pub(super) fn fill<'a>(&'a self, draft: &mut Draft<'a>) {
        self.slots.iter().flatten().for_each(|kept| draft.set_kept(kept));
    }

    /// Takes a span's value for an attribute that nothing nearer has given. What may not occur on the step is passed
    /// over, without a count: a span is not about one step.
    pub(super) fn inherit(&mut self, position: usize, judged: &Judged) {
        let allowed = self.step.is_some_and(|step| self.checker.contract().may_occur(position, step));
        let slot = &mut self.slots[position];
        if slot.is_some() || !allowed {
            return;
        }
        match judged {
            Ok(kept) => *slot = Some(kept.clone()),
            Err(violation) => self.refused.push((Some(position), *violation)),
        }
    }

    fn take_step(&mut self, position: usize, value: RawValue<'_>) {
        if std::mem::replace(&mut self.step_given, true) {
            self.refused.push((Some(position), Violation::Duplicate));
        }
        self.step = match value {
            RawValue::Text(text) => self.checker.contract().step_position(text),
            RawValue::Bool(_) | RawValue::Integer(_) | RawValue::Number(_) | RawValue::Other => None,
        };
    }
}

impl Take for EventFields<'_> {
    fn wants(&self, name: &str) -> bool {
        position(self.checker.contract(), name).is_some()
    }

    fn take(&mut self, name: &str, value: RawValue<'_>) {
        let contract = self.checker.contract();
        let position = position(contract, name);
        if let Some(at) = position
            && contract.attributes[at].origin == Origin::Step
        {
            return self.take_step(at, value);
        }
        match self.checker.check_field(name, value) {
            Ok(kept) => {
                let position = kept.position();
                if self.slots[position].replace(kept).is_some() {
                    self.refused.push((Some(position), Violation::Duplicate));
                }
            }
            Err(violation) => self.refused.push((position, violation)),
        }
    }

    /// A business fact may be an integer too.
    fn take_integer(&mut self, name: &str, value: i128) {
        if matches!(self.checker.contract().derived(name), Some((_, DerivationMethod::EventId))) {
            return self.take(name, RawValue::Text(&value.to_string()));
        }
        self.take(name, integer(value));
    }
}
