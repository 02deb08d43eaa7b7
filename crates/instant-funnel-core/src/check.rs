//! The one chokepoint: a [`Draft`] goes in, a [`Record`] of checked values comes out.

use crate::contract::{Contract, MAX_ATTRIBUTES, Origin, PseudonymKind, RawValue, Rule, Violation};
use crate::draft::Draft;
use crate::encode::{TRACE_LEN, Templates};
use crate::id::EventId;
use crate::pseudonym::Pseudonymizer;
use crate::record::{Record, positions};
use crate::value::{HexBytes, Value};
use crate::vocabulary::Vocabularies;
use std::time::{SystemTime, UNIX_EPOCH};
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

/// A checker that cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckerError {
    /// The contract has no such key, or the process may not set it.
    #[error("`{0}` is no attribute that the process can set")]
    NotAProcessValue(String),
    /// A default that its own rule refuses.
    #[error("the default of `{key}` breaks its rule ({})", violation.as_str())]
    BadDefault {
        /// The attribute's key.
        key: String,
        /// The rule it breaks.
        violation: Violation,
    },
}

/// Checks drafts against a contract, with the process's own values, vocabularies and pseudonyms.
#[derive(Debug, Clone)]
pub struct Checker {
    contract: &'static Contract,
    defaults: [Option<Box<str>>; MAX_ATTRIBUTES],
    vocabularies: Vocabularies,
    pseudonymizer: Pseudonymizer,
    traits: Traits,
    templates: Templates,
}

/// What is known of the attributes before a record is, one bit each: those that are supplied for the caller, and more.
#[derive(Debug, Clone, Copy, Default)]
struct Traits {
    /// With a value that does not depend on the moment.
    fixed: u32,
    /// With a fresh id.
    fresh_id: u32,
    /// From the active span, when there is one.
    span: u32,
    /// Those that the caller may give.
    caller: u32,
    /// Those that the caller may not.
    not_caller: u32,
    /// Those that a vocabulary closes.
    closed: u32,
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
        let mut traits = Traits::default();
        for (position, attribute) in self.contract.attributes.iter().enumerate() {
            let bit = 1 << position;
            if attribute.origin.from_caller() {
                traits.caller |= bit;
            } else {
                traits.not_caller |= bit;
            }
            if self.vocabularies.words(position).is_some() {
                traits.closed |= bit;
            }
            match attribute.origin {
                Origin::CallerOrGenerated => traits.fresh_id |= bit,
                Origin::TraceId | Origin::SpanId => traits.span |= bit,
                Origin::Step => traits.fixed |= bit,
                _ if self.fixed_value(None, position).is_some() => traits.fixed |= bit,
                _ => {}
            }
        }
        self.traits = traits;
        self.templates = Templates::new(self.contract, |step, position| self.fixed_value(step, position));
        self
    }

    pub(crate) fn templates(&self) -> &Templates {
        &self.templates
    }

    /// The value that the contract, the step or the process gives an attribute.
    pub(crate) fn fixed_value(&self, step: Option<usize>, position: usize) -> Option<Value<'_>> {
        let attribute = &self.contract.attributes[position];
        let text = match (attribute.origin, attribute.rule) {
            (Origin::Contract, Rule::Const(text)) => Some(text),
            (Origin::Step, _) => step.and_then(|step| self.contract.steps.get(step)).map(|step| step.name),
            (Origin::Process | Origin::CallerOrProcess, _) => self.defaults[position].as_deref(),
            _ => None,
        };
        text.map(Value::Text)
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
        let position = self
            .contract
            .position(key)
            .filter(|at| {
                matches!(self.contract.attributes[*at].origin, Origin::Process | Origin::CallerOrProcess)
            })
            .ok_or_else(|| CheckerError::NotAProcessValue(key.to_owned()))?;
        self.contract.attributes[position]
            .rule
            .check_text(value)
            .map_err(|violation| CheckerError::BadDefault { key: key.to_owned(), violation })?;
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
        let mut given = draft.set & self.traits.caller;
        let mut encoded_len = self.templates.base_len(draft.step);
        for position in positions(draft.set & self.traits.not_caller) {
            blocked(position, Violation::Reserved);
        }
        for position in positions(given) {
            let (Some(attribute), Some(value)) =
                (self.contract.attributes.get(position), draft.slots.get(position))
            else {
                break;
            };
            match self.check_value(position, &attribute.rule, value) {
                Ok(()) => encoded_len += self.templates.added_len(position, attribute, value),
                Err(violation) => {
                    given &= !(1 << position);
                    blocked(position, violation);
                }
            }
        }
        let observed = unix_nanos(stamp.observed);
        let fresh = self.traits.fresh_id & !given;
        let event_id =
            if fresh == 0 { HexBytes::EMPTY } else { EventId::generate_at(observed).to_hex_bytes() };
        let span = if stamp.trace.is_some() { self.traits.span & !given } else { 0 };
        for position in positions(self.traits.fixed & given) {
            encoded_len -= self.templates.fixed_len(position);
        }
        let mut record = Record {
            checker: self,
            draft,
            step: draft.step,
            given,
            filled: self.traits.fixed & !given | span | fresh,
            event_id: Value::Hex(event_id),
            time_unix_nano: draft.at.map(unix_nanos).filter(|at| *at > 0).unwrap_or(observed),
            observed_time_unix_nano: observed,
            trace: stamp.trace,
            encoded_len,
        };
        for position in positions(span | fresh) {
            if let Some(value) = record.value(position) {
                let attribute = &self.contract.attributes[position];
                record.encoded_len += self.templates.added_len(position, attribute, &value);
            }
        }
        if stamp.trace.is_some() {
            record.encoded_len += TRACE_LEN;
        }
        Ok(record)
    }

    #[inline(always)]
    fn check_value(&self, position: usize, rule: &Rule, value: &Value<'_>) -> Result<(), Violation> {
        if let Value::Text(text) = value {
            rule.check_text(text)?;
            if self.traits.closed & 1 << position != 0 {
                self.vocabularies.check(position, text)?;
            }
            return Ok(());
        }
        // Made by our own types, so in form already.
        match (value, rule) {
            (Value::Bool(_), Rule::Bool) | (Value::Uuid(_), Rule::Uuid) => Ok(()),
            (Value::Hex(_), Rule::Hex { min, max, .. }) if (*min..=*max).contains(&value.text_len()) => {
                Ok(())
            }
            _ => Err(Violation::Type),
        }
    }

    /// Where a stranger's field belongs and what may be kept of it, for the `tracing` layer. The text of a
    /// [`FieldValue::Text`] has passed its rule and its vocabulary.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn check_field<'v>(
        &self,
        key: &str,
        value: RawValue<'v>,
    ) -> Result<(usize, FieldValue<'v>), Violation> {
        let Some(position) = self.contract.position(key) else {
            return self.derive(key, value);
        };
        if !self.contract.attributes[position].origin.from_caller() {
            return Err(Violation::Reserved);
        }
        self.contract.judge(key, value)?;
        match value {
            RawValue::Text(text) => {
                self.vocabularies.check(position, text)?;
                Ok((position, FieldValue::of(&self.contract.attributes[position].rule, text)))
            }
            RawValue::Bool(value) => Ok((position, FieldValue::Small(Value::Bool(value)))),
            RawValue::Other => Err(Violation::Type),
        }
    }

    fn derive<'v>(&self, field: &str, value: RawValue<'v>) -> Result<(usize, FieldValue<'v>), Violation> {
        let (position, kind) = self.contract.derived(field).ok_or(Violation::UnknownKey)?;
        let RawValue::Text(text) = value else {
            return Err(Violation::Type);
        };
        if !self.pseudonymizer.is_enabled() {
            return Err(Violation::NoPseudonymKey);
        }
        let pseudonym = match kind {
            PseudonymKind::Email => {
                self.pseudonymizer.email(text).ok_or(Violation::Derivation)?.to_hex_bytes()
            }
        };
        Ok((position, FieldValue::Small(Value::Hex(pseudonym))))
    }
}

/// What may be kept of a field: text that the caller must keep alive, or a value that carries itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldValue<'v> {
    /// The field's own text.
    Text(&'v str),
    /// A value without a borrow.
    Small(Value<'static>),
}

impl<'v> FieldValue<'v> {
    /// Text that passed `rule`, without its borrow where there is a form of our own for it.
    fn of(rule: &Rule, text: &'v str) -> Self {
        let listed = match rule {
            Rule::OneOf(texts) => texts.iter().find(|listed| **listed == text),
            _ => None,
        };
        match (listed, rule) {
            (Some(listed), _) => Self::Small(Value::Text(listed)),
            (None, Rule::Uuid) => {
                Uuid::try_parse(text).map_or(Self::Text(text), |id| Self::Small(Value::Uuid(id)))
            }
            _ => Self::Text(text),
        }
    }
}

/// Nanoseconds since 1970; 0 for times before it, the last representable for times after 2554.
#[inline]
pub(crate) fn unix_nanos(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}
