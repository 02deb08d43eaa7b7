//! An event's fields, checked as they are visited. Nothing unchecked is kept.

use instant_funnel_core::contract::{MAX_ATTRIBUTES, Origin, RawValue, Violation};
use instant_funnel_core::{Checker, Draft, FieldValue, Value};
use std::fmt::{self, Write};
use tracing::field::{Field, Visit};

/// Longer than any value that passes a rule, so a text cut here is refused all the same.
const FORMATTED_MAX: usize = 512;

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

/// What one field came to: its place in the contract with its value, or why not.
pub(super) type Judged = Result<Kept, Violation>;

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

/// A visitor over the fields of one funnel event.
pub(super) struct EventFields<'c> {
    checker: &'c Checker,
    step: Option<usize>,
    slots: [Option<Kept>; MAX_ATTRIBUTES],
    violations: Vec<Violation>,
}

impl<'c> EventFields<'c> {
    pub(super) fn new(checker: &'c Checker) -> Self {
        Self { checker, step: None, slots: [const { None }; MAX_ATTRIBUTES], violations: Vec::new() }
    }

    pub(super) fn step(&self) -> Option<usize> {
        self.step
    }

    pub(super) fn violations(&self) -> impl Iterator<Item = Violation> + '_ {
        self.violations.iter().copied()
    }

    pub(super) fn fill<'a>(&'a self, draft: &mut Draft<'a>) {
        for (position, slot) in self.slots.iter().enumerate() {
            if let Some(kept) = slot {
                draft.set(position, kept.as_value());
            }
        }
    }

    /// Takes a span's value for an attribute that nothing nearer has given.
    pub(super) fn inherit(&mut self, position: usize, judged: &Judged) {
        let slot = &mut self.slots[position];
        if slot.is_some() {
            return;
        }
        match judged {
            Ok(kept) => *slot = Some(kept.clone()),
            Err(violation) => self.violations.push(*violation),
        }
    }

    fn take(&mut self, name: &str, value: RawValue<'_>) {
        let contract = self.checker.contract();
        let position = contract.position(name);
        if position.is_some_and(|at| contract.attributes[at].origin == Origin::Step) {
            self.step = match value {
                RawValue::Text(text) => contract.step_position(text),
                RawValue::Bool(_) | RawValue::Other => None,
            };
            return;
        }
        match judge(self.checker, name, value) {
            Ok((position, kept)) => self.slots[position] = Some(kept),
            Err(violation) => self.violations.push(violation),
        }
    }
}

impl Visit for EventFields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.take(field.name(), RawValue::Text(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.take(field.name(), RawValue::Bool(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // An unknown field is refused by its name alone; its value is not even formatted.
        if self.checker.contract().position(field.name()).is_none()
            && self.checker.contract().derived(field.name()).is_none()
        {
            return self.take(field.name(), RawValue::Other);
        }
        let text = format_bounded(value);
        self.take(field.name(), RawValue::Text(&text));
    }

    fn record_error(&mut self, field: &Field, _: &(dyn std::error::Error + 'static)) {
        self.take(field.name(), RawValue::Other);
    }

    fn record_i64(&mut self, field: &Field, _: i64) {
        self.take(field.name(), RawValue::Other);
    }

    fn record_u64(&mut self, field: &Field, _: u64) {
        self.take(field.name(), RawValue::Other);
    }

    fn record_i128(&mut self, field: &Field, _: i128) {
        self.take(field.name(), RawValue::Other);
    }

    fn record_u128(&mut self, field: &Field, _: u128) {
        self.take(field.name(), RawValue::Other);
    }

    fn record_f64(&mut self, field: &Field, _: f64) {
        self.take(field.name(), RawValue::Other);
    }

    fn record_bytes(&mut self, field: &Field, _: &[u8]) {
        self.take(field.name(), RawValue::Other);
    }
}

/// `Debug` output up to a bound that no legal value reaches; formatting stops there.
pub(super) fn format_bounded(value: &dyn fmt::Debug) -> String {
    struct Bounded(String);

    impl Write for Bounded {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            if self.0.len() + text.len() <= FORMATTED_MAX {
                self.0.push_str(text);
                return Ok(());
            }
            self.0.extend(text.chars().take(FORMATTED_MAX));
            Err(fmt::Error)
        }
    }

    let mut out = Bounded(String::new());
    // The error is our own stop.
    let _ = write!(out, "{value:?}");
    out.0
}
