//! The one chokepoint: a [`Draft`] goes in, a [`Record`] of checked values comes out.

use crate::contract::{
    Attribute, Contract, DerivationMethod, MAX_ATTRIBUTES, Origin, RawValue, Rule, Violation,
};
use crate::draft::Draft;
use crate::encode::{TRACE_LEN, Templates};
use crate::id::EventId;
use crate::kept::{Kept, KeptValue};
use crate::pseudonym::Pseudonymizer;
use crate::record::{Record, positions};
use crate::time::unix_nanos;
use crate::value::{Content, HexBytes, Source};
use crate::vocabulary::Vocabularies;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;
use uuid::Uuid;

/// The active span, as OpenTelemetry knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    /// The trace id.
    pub trace_id: [u8; 16],
    /// The span id.
    pub span_id: [u8; 8],
    /// The W3C trace flags.
    pub flags: u8,
}

/// What the moment of recording adds to a draft.
#[derive(Debug, Clone, Copy)]
pub struct Stamp {
    /// When the record is made.
    pub observed: SystemTime,
    /// The active span, if any.
    pub trace: Option<TraceContext>,
}

impl Stamp {
    /// Now, outside any span.
    #[must_use]
    pub fn now() -> Self {
        Self { observed: SystemTime::now(), trace: None }
    }
}

/// A draft that became no record at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejected {
    /// The contract has no such step.
    #[error("the contract has no such step")]
    UnknownStep,
    /// The draft was made for another contract than the checker's.
    #[error("the draft was made for another contract")]
    OtherContract,
}

/// A checker that cannot be built. Holds no value, and no key that the contract does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckerError {
    /// The contract has no such key, or the process may not set it.
    #[error("{} is not an attribute that the process can set", key.unwrap_or("a key that is not in the contract"))]
    NotAProcessValue {
        /// The key, if the contract has it.
        key: Option<&'static str>,
    },
    /// A default that its own rule refuses.
    #[error("the default of `{key}` breaks its rule ({})", violation.as_str())]
    BadDefault {
        /// The attribute's key.
        key: &'static str,
        /// The rule it breaks.
        violation: Violation,
    },
}

/// Checks drafts against a contract, with the process's own values, vocabularies and pseudonyms.
#[derive(Clone)]
pub struct Checker {
    /// Tells what this checker, or a clone of it, has passed from what another has.
    id: u64,
    contract: &'static Contract,
    defaults: [Option<Box<str>>; MAX_ATTRIBUTES],
    vocabularies: Vocabularies,
    pseudonymizer: Pseudonymizer,
    traits: Traits,
    templates: Templates,
}

/// What is known of the attributes before a record is, one bit each.
#[derive(Debug, Clone, Default)]
struct Traits {
    /// By step, those that may occur and have a value of the contract, the step or the process.
    fixed: Box<[u32]>,
    /// By step, those that may occur and that the caller may give.
    caller: Box<[u32]>,
    /// Those that the caller may give on some step.
    any_caller: u32,
    /// With a fresh id.
    fresh_id: u32,
    /// From the active span, when there is one.
    span: u32,
    /// Those that a vocabulary closes.
    closed: u32,
}

/// Never 0, which stands for no checker.
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// Shows the process's values, which have passed their rules, and which slugs are closed.
impl std::fmt::Debug for Checker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let attributes = || self.contract.attributes.iter().enumerate();
        let defaults: Vec<_> = attributes()
            .filter_map(|(at, attribute)| Some((attribute.key, self.defaults[at].as_deref()?)))
            .collect();
        let closed: Vec<_> = attributes()
            .filter(|(at, _)| self.vocabularies.words(*at).is_some())
            .map(|(_, attribute)| attribute.key)
            .collect();
        f.debug_struct("Checker")
            .field("contract", &self.contract.event_name)
            .field("defaults", &defaults)
            .field("closed", &closed)
            .field("pseudonymizer", &self.pseudonymizer)
            .finish()
    }
}

/// Builds a [`Checker`].
#[derive(Debug)]
#[must_use]
pub struct CheckerBuilder {
    checker: Checker,
    error: Option<CheckerError>,
}

impl CheckerBuilder {
    /// The process-wide value of an attribute whose origin is the process.
    pub fn default_value(mut self, key: &str, value: &str) -> Self {
        match self.checker.check_default(key, value) {
            Ok(position) => self.checker.defaults[position] = Some(value.into()),
            Err(error) => self.error = self.error.or(Some(error)),
        }
        self
    }

    /// Closes slugs to lists.
    pub fn vocabularies(mut self, vocabularies: Vocabularies) -> Self {
        self.checker.vocabularies = vocabularies;
        self
    }

    /// Makes the pseudonyms of raw fields.
    pub fn pseudonymizer(mut self, pseudonymizer: Pseudonymizer) -> Self {
        self.checker.pseudonymizer = pseudonymizer;
        self
    }

    /// The checker.
    ///
    /// # Errors
    /// The first default that was refused, by its key.
    pub fn build(self) -> Result<Checker, CheckerError> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.checker.prepared()),
        }
    }
}

impl Checker {
    /// A checker for `contract` without values of the process, vocabularies or pseudonyms.
    #[must_use]
    pub fn new(contract: &'static Contract) -> Self {
        Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            contract,
            defaults: [const { None }; MAX_ATTRIBUTES],
            vocabularies: Vocabularies::default(),
            pseudonymizer: Pseudonymizer::default(),
            traits: Traits::default(),
            templates: Templates::new(contract, |_, _| None),
        }
        .prepared()
    }

    /// Works out, once, what every record has in common.
    fn prepared(mut self) -> Self {
        let steps = self.contract.steps.len();
        let none = vec![0; steps];
        let mut traits = Traits { fixed: none.clone().into(), caller: none.into(), ..Traits::default() };
        for (position, attribute) in self.contract.attributes.iter().enumerate() {
            let bit = 1 << position;
            if attribute.origin.from_caller() {
                traits.any_caller |= bit;
            }
            if self.vocabularies.words(position).is_some() {
                traits.closed |= bit;
            }
            match attribute.origin {
                Origin::CallerOrGenerated => traits.fresh_id |= bit,
                Origin::TraceId | Origin::SpanId => traits.span |= bit,
                _ => {}
            }
            for step in (0..steps).filter(|step| attribute.steps.contains(*step)) {
                if attribute.origin.from_caller() {
                    traits.caller[step] |= bit;
                }
                if self.fixed_value(Some(step), position).is_some() {
                    traits.fixed[step] |= bit;
                }
            }
        }
        self.traits = traits;
        self.templates = Templates::new(self.contract, |step, position| self.fixed_value(step, position));
        self.id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        self
    }

    pub(crate) fn templates(&self) -> &Templates {
        &self.templates
    }

    /// The value that the contract, the step or the process gives an attribute; none on a step where it may not occur.
    pub(crate) fn fixed_value(&self, step: Option<usize>, position: usize) -> Option<Content<'_>> {
        let attribute = &self.contract.attributes[position];
        if step.is_some_and(|step| !attribute.steps.contains(step)) {
            return None;
        }
        let text = match (attribute.origin, attribute.rule) {
            (Origin::Contract, Rule::Const(text)) => Some(text),
            (Origin::Step, _) => step.and_then(|step| self.contract.steps.get(step)).map(|step| step.name),
            (Origin::Process | Origin::CallerOrProcess, _) => self.defaults[position].as_deref(),
            _ => None,
        };
        text.map(Content::Text)
    }

    /// Starts a checker for `contract`.
    pub fn builder(contract: &'static Contract) -> CheckerBuilder {
        CheckerBuilder { checker: Self::new(contract), error: None }
    }

    /// The contract it checks against.
    #[must_use]
    pub fn contract(&self) -> &'static Contract {
        self.contract
    }

    /// What makes its pseudonyms.
    #[must_use]
    pub fn pseudonymizer(&self) -> &Pseudonymizer {
        &self.pseudonymizer
    }

    /// What its slugs are closed to.
    #[must_use]
    pub fn vocabularies(&self) -> &Vocabularies {
        &self.vocabularies
    }

    fn check_default(&self, key: &str, value: &str) -> Result<usize, CheckerError> {
        let position = self.contract.position(key).ok_or(CheckerError::NotAProcessValue { key: None })?;
        let attribute = &self.contract.attributes[position];
        if !matches!(attribute.origin, Origin::Process | Origin::CallerOrProcess) {
            return Err(CheckerError::NotAProcessValue { key: Some(attribute.key) });
        }
        attribute
            .rule
            .check_text(value)
            .map_err(|violation| CheckerError::BadDefault { key: attribute.key, violation })?;
        Ok(position)
    }

    /// Builds the record that `draft` may become. Each value that is dropped is told to `blocked`, by the position of
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
        if !draft.contract.is(self.contract) {
            return Err(Rejected::OtherContract);
        }
        if draft.step >= self.contract.steps.len() {
            return Err(Rejected::UnknownStep);
        }
        let allowed = self.traits.caller[draft.step];
        let mut given = draft.set & allowed;
        let mut encoded_len = self.templates.base_len(draft.step);
        if draft.set & !allowed != 0 {
            self.refused(draft.set & !allowed, &mut blocked);
        }
        if draft.missing & allowed != 0 && !self.pseudonymizer.is_enabled() {
            let missing = positions(draft.missing & allowed);
            missing.for_each(|position| blocked(position, Violation::NoPseudonymKey));
        }
        // What a checker has passed before, it passes again.
        let passed = if draft.passed_by == self.id { draft.passed } else { 0 };
        for position in positions(given) {
            let (Some(attribute), Some(value)) =
                (self.contract.attributes.get(position), draft.slots.get(position))
            else {
                break;
            };
            let verdict = if passed & 1 << position != 0 {
                Ok(())
            } else {
                self.check_value(position, attribute, value)
            };
            match verdict {
                Ok(()) => encoded_len += self.templates.added_len(position, attribute, value),
                Err(violation) => {
                    given &= !(1 << position);
                    blocked(position, violation);
                }
            }
        }
        let observed = unix_nanos(stamp.observed);
        let fresh = self.traits.fresh_id & !given;
        let event_id = if fresh == 0 {
            Content::Bool(false)
        } else {
            Content::Hex(EventId::generate_at(observed).to_hex_bytes())
        };
        let fixed = self.traits.fixed[draft.step];
        let span = if stamp.trace.is_some() { self.traits.span & !given } else { 0 };
        for position in positions(fixed & given) {
            encoded_len -= self.templates.fixed_len(position);
        }
        let mut record = Record {
            checker: self,
            draft,
            step: draft.step,
            given,
            filled: fixed & !given | span | fresh,
            event_id,
            time_unix_nano: draft.at.map(unix_nanos).filter(|at| *at > 0).unwrap_or(observed),
            observed_time_unix_nano: observed,
            trace: stamp.trace,
            encoded_len,
        };
        for position in positions(span | fresh) {
            if let Some(value) = record.content(position) {
                let attribute = &self.contract.attributes[position];
                record.encoded_len += self.templates.added_len(position, attribute, &value);
            }
        }
        if stamp.trace.is_some() {
            record.encoded_len += TRACE_LEN;
        }
        Ok(record)
    }

    /// Counts what the caller may not give at all, or not on this step.
    #[cold]
    fn refused(&self, refused: u32, blocked: &mut impl FnMut(usize, Violation)) {
        for position in positions(refused) {
            let reserved = self.traits.any_caller & 1 << position == 0;
            blocked(position, if reserved { Violation::Reserved } else { Violation::Step });
        }
    }

    #[inline(always)]
    fn check_value(
        &self,
        position: usize,
        attribute: &Attribute,
        value: &Content<'_>,
    ) -> Result<(), Violation> {
        match value {
            Content::Text(text) => {
                if attribute.made_by.is_some() {
                    return Err(Violation::Reserved);
                }
                attribute.rule.check_text(text)?;
                if self.traits.closed & 1 << position != 0 {
                    self.vocabularies.check(position, text)?;
                }
                Ok(())
            }
            Content::Bool(_) if matches!(attribute.rule, Rule::Bool) => Ok(()),
            Content::Bool(_) => Err(Violation::Type),
            Content::Uuid(uuid) => attribute.rule.check_uuid(uuid),
            Content::Hex(bytes) => check_hex(attribute, *bytes),
        }
    }

    /// Where a stranger's field belongs and what may be kept of it, for the `tracing` layer. What is kept has passed
    /// its rule and its vocabulary; whether it may occur on the event's step is for the draft to find out.
    ///
    /// # Errors
    /// The rule that it breaks. [`Violation::Reserved`] for a value that only one of our types, the process or the span
    /// can supply: text does not prove who made it.
    pub fn check_field(&self, key: &str, value: RawValue<'_>) -> Result<Kept, Violation> {
        let Some(position) = self.contract.position(key) else {
            return self.derive(key, value);
        };
        let attribute = &self.contract.attributes[position];
        if !attribute.takes_raw() {
            return Err(Violation::Reserved);
        }
        self.contract.judge(key, value)?;
        let kept = match value {
            RawValue::Text(text) => {
                self.vocabularies.check(position, text)?;
                keep_text(&attribute.rule, text)
            }
            RawValue::Bool(value) => KeptValue::Content(Content::Bool(value)),
            RawValue::Other => return Err(Violation::Type),
        };
        Ok(Kept::new(position, self.id, kept))
    }

    fn derive(&self, field: &str, value: RawValue<'_>) -> Result<Kept, Violation> {
        let (position, method) = self.contract.derived(field).ok_or(Violation::UnknownKey)?;
        let RawValue::Text(text) = value else {
            return Err(Violation::Type);
        };
        let kept = match method {
            DerivationMethod::EmailHash => {
                if !self.pseudonymizer.is_enabled() {
                    return Err(Violation::NoPseudonymKey);
                }
                let hash = self.pseudonymizer.email(text).ok_or(Violation::Derivation)?.to_hex_bytes();
                check_hex(&self.contract.attributes[position], hash)?;
                KeptValue::Content(Content::Hex(hash))
            }
            DerivationMethod::EventId if text.trim().is_empty() || text.len() > FACT_BYTES_MAX => {
                return Err(Violation::Derivation);
            }
            DerivationMethod::EventId => KeptValue::Fact(text.into()),
        };
        Ok(Kept::new(position, self.id, kept))
    }
}

/// The longest business fact that an event id is made of, in bytes. Longer ones may have been cut on their way.
const FACT_BYTES_MAX: usize = 512;

/// Hexadecimal digits are taken from the attribute's own type alone.
#[inline]
fn check_hex(attribute: &Attribute, bytes: HexBytes) -> Result<(), Violation> {
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

/// Text that passed `rule`, without an allocation where there is a form of our own for it.
fn keep_text(rule: &Rule, text: &str) -> KeptValue {
    let content = match rule {
        Rule::OneOf(texts) => texts.iter().find(|listed| **listed == text).map(|text| Content::Text(text)),
        Rule::Uuid { .. } => Uuid::try_parse(text).ok().map(Content::Uuid),
        _ => None,
    };
    content.map_or_else(|| KeptValue::Text(text.into()), KeptValue::Content)
}
