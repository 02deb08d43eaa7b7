//! What a caller wants recorded, before any rule has looked at it.

use crate::contract::{Contract, MAX_ATTRIBUTES};
use crate::value::Value;
use std::time::SystemTime;

/// An unchecked record: a step, an optional time, and values by their position in the contract.
///
/// The typed events make it; a second contract's events, or a bridge, make it with [`Draft::new`] and
/// [`Draft::set`]. Nothing reads it but the [`Checker`](crate::Checker).
#[derive(Debug, Clone, Copy)]
pub struct Draft<'a> {
    pub(crate) contract: &'static Contract,
    pub(crate) step: usize,
    pub(crate) at: Option<SystemTime>,
    /// One bit for each slot that was set.
    pub(crate) set: u32,
    pub(crate) slots: [Value<'a>; MAX_ATTRIBUTES],
}

impl<'a> Draft<'a> {
    /// A record of the step at position `step` of `contract`, with no attribute yet.
    #[must_use]
    #[inline]
    pub const fn new(contract: &'static Contract, step: usize) -> Self {
        Self { contract, step, at: None, set: 0, slots: [Value::Bool(false); MAX_ATTRIBUTES] }
    }

    /// The step's position in the contract.
    #[must_use]
    #[inline]
    pub const fn step_position(&self) -> usize {
        self.step
    }

    /// Sets the attribute at `position`, over any earlier value. A position outside the table is ignored.
    #[inline]
    pub fn set(&mut self, position: usize, value: Value<'a>) {
        if let Some(slot) = self.slots.get_mut(position) {
            *slot = value;
            self.set |= 1 << position;
        }
    }

    /// Whether the attribute at `position` has a value.
    #[must_use]
    #[inline]
    pub fn is_set(&self, position: usize) -> bool {
        position < MAX_ATTRIBUTES && self.set & 1 << position != 0
    }

    /// When the step happened; the time of recording if never said.
    #[inline]
    pub const fn set_time(&mut self, at: SystemTime) {
        self.at = Some(at);
    }
}
