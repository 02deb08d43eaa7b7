//! An unchecked event.

use std::time::SystemTime;

use crate::contract::{Cohort, Contract, JourneyPart, MAX_ATTRIBUTES, Supplier};
use crate::journey::Journey;
use crate::kept::Kept;
use crate::stamp::TraceContext;
use crate::value::{Content, Given};

/// An unchecked record: a step, an optional time, and values by their position in the contract.
///
/// The typed events make it; a second contract's events, or a bridge, make it with [`Draft::new`] and
/// [`Draft::set`]. Nothing reads it but the [`Checker`](crate::Checker). Its `Debug` form names keys and shows no value.
#[derive(Clone, Copy)]
pub struct Draft<'a> {
    pub(crate) contract: &'static Contract,
    pub(crate) step: usize,
    pub(crate) at: Option<SystemTime>,
    /// One bit for each slot that was set.
    pub(crate) set: u32,
    /// One bit for each slot whose value a checker has passed already.
    pub(crate) passed: u32,
    /// Which checker that was; 0 when none.
    pub(crate) passed_by: u64,
    /// One bit for each slot that a journey filled: its start and who began it are not the caller's to give.
    pub(crate) of_journey: u32,
    /// One bit for each pseudonym that the caller asked for and nobody could make.
    pub(crate) missing: u32,
    /// The span that it belongs to where none is active.
    pub(crate) trace: Option<TraceContext>,
    pub(crate) slots: [Content<'a>; MAX_ATTRIBUTES],
}

impl<'a> Draft<'a> {
    /// A record of the step at position `step` of `contract`, with no attribute yet.
    #[must_use]
    #[inline]
    pub const fn new(contract: &'static Contract, step: usize) -> Self {
        let slots = [Content::Bool(false); MAX_ATTRIBUTES];
        Self {
            contract,
            step,
            at: None,
            set: 0,
            passed: 0,
            passed_by: 0,
            of_journey: 0,
            missing: 0,
            trace: None,
            slots,
        }
    }

    /// The contract that it is of.
    #[must_use]
    #[inline]
    pub const fn contract(&self) -> &'static Contract {
        self.contract
    }

    /// The step's position in the contract; 0 for a plain event.
    #[must_use]
    #[inline]
    pub const fn step_position(&self) -> usize {
        self.step
    }

    /// Sets the attribute at `position`, over any earlier value. A position outside the table is ignored.
    #[inline]
    pub fn set(&mut self, position: usize, value: impl Into<Given<'a>>) {
        if let Some(slot) = self.slots.get_mut(position) {
            *slot = value.into().0;
            let bit = 1 << position;
            self.set |= bit;
            self.passed &= !bit;
            self.of_journey &= !bit;
            self.missing &= !bit;
        }
    }

    /// [`set`](Self::set) by the journey of the event.
    #[inline]
    pub(crate) fn set_of_journey(&mut self, position: usize, value: impl Into<Given<'a>>) {
        self.set(position, value);
        if position < MAX_ATTRIBUTES {
            self.of_journey |= 1 << position;
        }
    }

    /// Sets the attribute that `kept` is for. What has been checked is not checked again by the same checker.
    #[inline]
    pub fn set_kept(&mut self, kept: &'a Kept) {
        if let Some(journey) = kept.journey() {
            return self.set_journey(journey);
        }
        let position = kept.position();
        let Some(content) = kept.content(self.contract, self.step) else { return };
        self.set(position, Given(content));
        if self.passed_by == 0 {
            self.passed_by = kept.checker();
        }
        if position < MAX_ATTRIBUTES && self.passed_by == kept.checker() {
            self.passed |= 1 << position;
        }
    }

    /// Sets what a journey knows: its id, its beginning where that is known, and the cohort where it is synthetic, over any
    /// earlier one.
    pub fn set_journey(&mut self, journey: &Journey) {
        for (position, attribute) in self.contract.attributes.iter().enumerate() {
            let Supplier::Journey(part) = attribute.supplier else { continue };
            let value: Option<Given<'a>> = match part {
                JourneyPart::Id => Some(journey.id().into()),
                JourneyPart::Start => {
                    journey.start_unix_millis().and_then(|millis| i64::try_from(millis).ok()).map(Given::from)
                }
                JourneyPart::EntryActor => journey.entry_actor().map(Given::from),
                JourneyPart::Cohort => {
                    Some(journey.cohort()).filter(|cohort| *cohort == Cohort::Synthetic).map(Given::from)
                }
            };
            if let Some(value) = value {
                self.set_of_journey(position, value);
            }
        }
    }

    /// Notes that the caller asked for the pseudonym at `position` and there is none. If the process has no key, it is
    /// counted when the record is checked.
    #[inline]
    pub fn set_missing(&mut self, position: usize) {
        if position < MAX_ATTRIBUTES && !self.is_set(position) {
            self.missing |= 1 << position;
        }
    }

    /// Whether the attribute at `position` has a value.
    #[must_use]
    #[inline]
    pub fn is_set(&self, position: usize) -> bool {
        position < MAX_ATTRIBUTES && self.set & 1 << position != 0
    }

    /// Removes what tells whose record it is: the journey, the fingerprint, the e-mail hash. For a person who denies
    /// consent. `teamId` stays: it is an organisation's, and the caller gives it knowingly.
    pub fn unlink(&mut self) {
        for (position, attribute) in self.contract.attributes.iter().enumerate() {
            if attribute.links {
                let bit = 1 << position;
                self.set &= !bit;
                self.missing &= !bit;
            }
        }
    }

    /// The span that it belongs to where none is active when it is recorded: that of a request's `traceparent`, say.
    #[inline]
    pub const fn set_trace(&mut self, trace: TraceContext) {
        self.trace = Some(trace);
    }

    /// The span that [`set_trace`](Self::set_trace) gave it.
    #[must_use]
    #[inline]
    pub const fn trace(&self) -> Option<TraceContext> {
        self.trace
    }

    /// When the step happened; the time of recording if never said.
    #[inline]
    pub const fn set_time(&mut self, at: SystemTime) {
        self.at = Some(at);
    }
}

impl std::fmt::Debug for Draft<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let step = self.contract.steps.get(self.step).map(|step| step.name);
        let attributes = self.contract.attributes.iter().enumerate();
        let keys: Vec<_> =
            attributes.filter(|(at, _)| self.is_set(*at)).map(|(_, attribute)| attribute.key).collect();
        f.debug_struct("Draft").field("step", &step).field("at", &self.at).field("set", &keys).finish()
    }
}
