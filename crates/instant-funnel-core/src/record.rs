//! A checked record. There is no way to make one but the [`Checker`](crate::Checker), and none to edit one.

use crate::check::TraceContext;
use crate::contract::{Contract, MAX_ATTRIBUTES, Priority};
use crate::value::Value;

/// One step as it may leave the process: every value in it has passed its rule.
///
/// Privacy: this is all that a backend ever sees.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    pub(crate) contract: &'static Contract,
    pub(crate) step: usize,
    pub(crate) time_unix_nano: u64,
    pub(crate) observed_time_unix_nano: u64,
    pub(crate) trace: Option<TraceContext>,
    pub(crate) slots: [Option<Value<'a>>; MAX_ATTRIBUTES],
}

impl<'a> Record<'a> {
    /// The contract it was checked against.
    #[must_use]
    pub fn contract(&self) -> &'static Contract {
        self.contract
    }

    /// The OTLP event name, which is also the body.
    #[must_use]
    pub fn event_name(&self) -> &'static str {
        self.contract.event_name
    }

    /// The step's position in [`Contract::steps`].
    #[must_use]
    pub fn step_position(&self) -> usize {
        self.step
    }

    /// The step's name on the wire.
    #[must_use]
    pub fn step_name(&self) -> &'static str {
        self.contract.steps[self.step].name
    }

    /// Whether it gives way when delivery is short of room.
    #[must_use]
    pub fn priority(&self) -> Priority {
        self.contract.steps[self.step].priority
    }

    /// When the step happened, in nanoseconds since 1970.
    #[must_use]
    pub fn time_unix_nano(&self) -> u64 {
        self.time_unix_nano
    }

    /// When it was recorded, in nanoseconds since 1970.
    #[must_use]
    pub fn observed_time_unix_nano(&self) -> u64 {
        self.observed_time_unix_nano
    }

    /// The span that was active.
    #[must_use]
    pub fn trace(&self) -> Option<TraceContext> {
        self.trace
    }

    /// The attributes in wire order.
    pub fn attributes(&self) -> impl Iterator<Item = (&'static str, Value<'a>)> + '_ {
        self.contract
            .attributes
            .iter()
            .zip(self.slots)
            .filter_map(|(attribute, value)| value.map(|value| (attribute.key, value)))
    }

    /// One attribute's value.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Value<'a>> {
        self.contract.position(key).and_then(|at| self.slots[at])
    }
}
