//! An owned copy of a foreign field that passed the check.

use crate::contract::Contract;
use crate::id::EventId;
use crate::journey::Journey;
use crate::value::Content;

/// One checked field: what [`Checker::check_field`](crate::Checker::check_field) makes and
/// [`Draft::set_kept`](crate::Draft::set_kept) takes. It carries the proof that it was checked, and by whom. Its `Debug`
/// form shows no value.
#[derive(Clone)]
pub struct Kept {
    position: usize,
    checker: u64,
    value: KeptValue,
}

#[derive(Clone)]
pub(crate) enum KeptValue {
    Content(Content<'static>),
    Text(Box<str>),
    /// A business fact, until the step is known that its event id is made with.
    Fact(Box<str>),
    /// A journey, which gives more than one attribute.
    Journey(Journey),
}

impl Kept {
    pub(crate) const fn new(position: usize, checker: u64, value: KeptValue) -> Self {
        Self { position, checker, value }
    }

    /// The attribute's position in the contract.
    #[must_use]
    #[inline]
    pub const fn position(&self) -> usize {
        self.position
    }

    #[inline]
    pub(crate) const fn checker(&self) -> u64 {
        self.checker
    }

    pub(crate) const fn journey(&self) -> Option<&Journey> {
        match &self.value {
            KeptValue::Journey(journey) => Some(journey),
            _ => None,
        }
    }

    pub(crate) fn content(&self, contract: &Contract, step: usize) -> Option<Content<'_>> {
        match &self.value {
            KeptValue::Content(content) => Some(*content),
            KeptValue::Text(text) => Some(Content::Text(text)),
            KeptValue::Journey(journey) => Some(Content::Uuid(*journey.id().as_uuid())),
            KeptValue::Fact(fact) => {
                let kind = contract.steps.get(step).map_or(contract.event_name, |step| step.name);
                Some(Content::Hex(EventId::of(kind, fact.as_bytes()).to_hex_bytes()))
            }
        }
    }
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").field("position", &self.position).finish_non_exhaustive()
    }
}
