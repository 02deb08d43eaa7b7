//! What turns drafts into records.

use std::sync::atomic::{AtomicU64, Ordering};

use super::error::Rejected;
use crate::contract::{Attribute, Contract, Origin, Rule, Violation};
use crate::draft::Draft;
use crate::id::EventId;
use crate::plan::{Plan, StepPlan, positions};
use crate::pseudonym::Pseudonymizer;
use crate::record::{Moment, Record};
use crate::seal::SigningKey;
use crate::stamp::Stamp;
use crate::time::unix_nanos;
use crate::value::{Content, HexBytes, Source};
use crate::vocabulary::Vocabularies;

/// Checks drafts against a contract, with the process's own values, vocabularies and pseudonyms.
#[derive(Clone)]
pub struct Checker {
    /// Tells what this checker, or a clone of it, has passed from what another has.
    id: u64,
    plan: Plan,
    vocabularies: Vocabularies,
    /// The attributes that a vocabulary closes, one bit each.
    closed: u32,
    /// The attributes that the journey supplies, one bit each.
    of_journey: u32,
    pseudonymizer: Pseudonymizer,
    signing_key: Option<SigningKey>,
}

/// Never 0, which stands for no checker.
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// Shows the process's values, which have passed their rules, and which slugs are closed.
impl std::fmt::Debug for Checker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let attributes = || self.contract().attributes.iter().enumerate();
        let defaults: Vec<_> = attributes()
            .filter_map(|(at, attribute)| Some((attribute.key, self.plan.process_value(at)?)))
            .collect();
        let closed: Vec<_> = attributes()
            .filter(|(at, _)| self.vocabularies.words(*at).is_some())
            .map(|(_, attribute)| attribute.key)
            .collect();
        f.debug_struct("Checker")
            .field("contract", &self.contract().event_name)
            .field("defaults", &defaults)
            .field("closed", &closed)
            .field("pseudonymizer", &self.pseudonymizer)
            .finish()
    }
}

impl Checker {
    pub(super) fn of(
        plan: Plan,
        vocabularies: Vocabularies,
        pseudonymizer: Pseudonymizer,
        signing_key: Option<SigningKey>,
    ) -> Self {
        let count = plan.contract().attributes.len();
        let closed = (0..count)
            .filter(|position| vocabularies.words(*position).is_some())
            .fold(0, |set, position| set | 1 << position);
        let attributes = plan.contract().attributes.iter().enumerate();
        let of_journey = attributes
            .filter(|(_, attribute)| matches!(attribute.origin, Origin::Journey))
            .fold(0, |set, (position, _)| set | 1 << position);
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        Self { id, plan, vocabularies, closed, of_journey, pseudonymizer, signing_key }
    }

    pub(super) const fn signing_key(&self) -> Option<&SigningKey> {
        self.signing_key.as_ref()
    }

    pub(super) const fn id(&self) -> u64 {
        self.id
    }

    /// The contract it checks against.
    #[must_use]
    #[inline]
    pub fn contract(&self) -> &'static Contract {
        self.plan.contract()
    }

    /// What makes its pseudonyms.
    #[must_use]
    pub fn pseudonymizer(&self) -> &Pseudonymizer {
        &self.pseudonymizer
    }

    /// What its slugs are restricted to.
    #[must_use]
    pub fn vocabularies(&self) -> &Vocabularies {
        &self.vocabularies
    }

    /// Builds the record that `draft` may become. Each value that is dropped is reported to `blocked`, by the position of
    /// its attribute and the rule; the record goes without it.
    ///
    /// # Errors
    /// [`Rejected`] when there is no record to build: fail closed.
    #[inline]
    pub fn check<'a>(
        &'a self,
        draft: &'a Draft<'_>,
        stamp: Stamp,
        mut blocked: impl FnMut(usize, Violation),
    ) -> Result<Record<'a>, Rejected> {
        if !draft.contract.is(self.contract()) {
            return Err(Rejected::OtherContract);
        }
        let step = self.plan.step(draft.step).ok_or(Rejected::UnknownStep)?;
        let observed = unix_nanos(stamp.observed);
        let time_unix_nano = draft.at.map(unix_nanos).filter(|at| *at > 0).unwrap_or(observed);
        // A number in milliseconds is bounded by the earlier of the two: a caller's time can be anything.
        let given = self.passed(draft, step, time_unix_nano.min(observed), &mut blocked);
        let fresh = step.fresh & !given;
        let span = if stamp.trace.is_some() { step.span & !given } else { 0 };
        let event_id = (fresh != 0).then(|| Content::Hex(EventId::generate_at(observed).to_hex_bytes()));
        let moment =
            Moment { time_unix_nano, observed_time_unix_nano: observed, trace: stamp.trace, event_id };
        Ok(Record::new(&self.plan, step, draft, given, step.fixed & !given | span | fresh, moment))
    }

    /// The attributes of the draft that may leave, one bit each.
    #[inline(always)]
    fn passed(
        &self,
        draft: &Draft<'_>,
        step: &StepPlan,
        time_unix_nano: u64,
        blocked: &mut impl FnMut(usize, Violation),
    ) -> u32 {
        let mut given = draft.set & step.caller;
        if draft.set & !step.caller != 0 {
            self.refused(draft.set & !step.caller, blocked);
        }
        let brought = given & self.of_journey & !draft.of_journey;
        if brought != 0 {
            given &= !brought;
            positions(brought).for_each(|position| blocked(position, Violation::Reserved));
        }
        if draft.missing & step.caller != 0 && !self.pseudonymizer.is_enabled() {
            let missing = positions(draft.missing & step.caller);
            missing.for_each(|position| blocked(position, Violation::NoPseudonymKey));
        }
        // What a checker has passed before, it passes again.
        let unproven = if draft.passed_by == self.id { given & !draft.passed } else { given };
        for position in positions(unproven) {
            let (Some(attribute), Some(value)) =
                (self.contract().attributes.get(position), draft.slots.get(position))
            else {
                break;
            };
            if let Err(violation) = self.check_value(position, attribute, value, time_unix_nano) {
                given &= !(1 << position);
                blocked(position, violation);
            }
        }
        given
    }

    /// Counts what the caller may not give at all, or not on this step.
    #[cold]
    fn refused(&self, refused: u32, blocked: &mut impl FnMut(usize, Violation)) {
        for position in positions(refused) {
            let reserved = self.plan.callers() & 1 << position == 0;
            blocked(position, if reserved { Violation::Reserved } else { Violation::Step });
        }
    }

    #[inline(always)]
    fn check_value(
        &self,
        position: usize,
        attribute: &Attribute,
        value: &Content<'_>,
        time_unix_nano: u64,
    ) -> Result<(), Violation> {
        match value {
            Content::Text(text) => {
                if attribute.made_by.is_some() {
                    return Err(Violation::Reserved);
                }
                attribute.rule.check_text(text)?;
                if self.closed & 1 << position != 0 {
                    self.vocabularies.check(position, text)?;
                }
                Ok(())
            }
            Content::Bool(_) if matches!(attribute.rule, Rule::Bool) => Ok(()),
            Content::Bool(_) => Err(Violation::Type),
            Content::Uuid(uuid) => attribute.rule.check_uuid(uuid),
            Content::Integer(value) => {
                let millis = i64::try_from(time_unix_nano / 1_000_000).unwrap_or(i64::MAX);
                attribute.rule.check_integer(*value, millis)
            }
            Content::Number(value) => attribute.rule.check_number(*value),
            Content::Hex(bytes) => check_hex(attribute, *bytes),
        }
    }
}

/// Hexadecimal digits are taken from the attribute's own type alone.
#[inline]
pub(super) fn check_hex(attribute: &Attribute, bytes: HexBytes) -> Result<(), Violation> {
    let (Rule::Hex { min, max, letter }, Source::Maker(maker, has_letter)) = (attribute.rule, bytes.source())
    else {
        return Err(Violation::Type);
    };
    if attribute.made_by != Some(maker) {
        return Err(Violation::Reserved);
    }
    if letter && !has_letter {
        return Err(Violation::LegacyDigits);
    }
    if (min..=max).contains(&(2 * bytes.as_bytes().len())) { Ok(()) } else { Err(Violation::Hex) }
}
