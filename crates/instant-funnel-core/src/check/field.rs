//! Checks foreign fields one at a time, for the `tracing` layer.

use std::time::SystemTime;

use uuid::Uuid;

use super::checker::{Checker, check_hex};
use crate::contract::{DerivationMethod, RawValue, Rule, Violation};
use crate::journey::Journey;
use crate::kept::{Kept, KeptValue};
use crate::seal::looks_sealed;
use crate::value::Content;

/// The longest business fact that an event id is made of, in bytes. Longer ones may have been cut on their way.
const FACT_BYTES_MAX: usize = 512;

impl Checker {
    /// Where a stranger's field belongs and what may be kept of it, for the `tracing` layer. What is kept has passed
    /// its rule and its vocabulary; whether it may occur on the event's step is for the draft to find out.
    ///
    /// # Errors
    /// The rule that it breaks. [`Violation::Reserved`] for a value that only one of our types, the process or the span
    /// can supply: text does not prove who made it.
    pub fn check_field(&self, key: &str, value: RawValue<'_>) -> Result<Kept, Violation> {
        let Some(position) = self.contract().position(key) else {
            return self.derive(key, value);
        };
        let attribute = &self.contract().attributes[position];
        if !attribute.takes_raw() {
            return Err(Violation::Reserved);
        }
        // The time of the event is not known yet; what depends on it is of our own types, and not taken here.
        attribute.judge(value, i64::MAX)?;
        let kept = match value {
            RawValue::Text(text) => {
                self.vocabularies().check(position, text)?;
                keep_text(&attribute.rule, text)
            }
            RawValue::Bool(value) => KeptValue::Content(Content::Bool(value)),
            RawValue::Integer(value) => KeptValue::Content(Content::Integer(value)),
            RawValue::Number(value) => KeptValue::Content(Content::Number(value)),
            RawValue::Other => return Err(Violation::Type),
        };
        Ok(Kept::new(position, self.id(), kept))
    }

    fn derive(&self, field: &str, value: RawValue<'_>) -> Result<Kept, Violation> {
        let (position, method) = self.contract().derived(field).ok_or(Violation::UnknownKey)?;
        let RawValue::Text(text) = value else {
            return Err(Violation::Type);
        };
        let kept = match method {
            DerivationMethod::EmailHash => {
                if !self.pseudonymizer().is_enabled() {
                    return Err(Violation::NoPseudonymKey);
                }
                let hash = self.pseudonymizer().email(text).ok_or(Violation::Derivation)?.to_hex_bytes();
                check_hex(&self.contract().attributes[position], hash)?;
                KeptValue::Content(Content::Hex(hash))
            }
            DerivationMethod::EventId if text.trim().is_empty() || text.len() > FACT_BYTES_MAX => {
                return Err(Violation::Derivation);
            }
            DerivationMethod::EventId => KeptValue::Fact(text.into()),
            DerivationMethod::Journey => KeptValue::Journey(self.read_journey(text)?),
        };
        Ok(Kept::new(position, self.id(), kept))
    }
}

impl Checker {
    /// Plain text comes from this process; sealed text, from wherever it was sealed for.
    fn read_journey(&self, text: &str) -> Result<Journey, Violation> {
        if !looks_sealed(text) {
            return text.parse().map_err(|_| Violation::Derivation);
        }
        let key = self.signing_key().ok_or(Violation::Derivation)?;
        key.open_any(text, SystemTime::now()).map_err(|_| Violation::Derivation)
    }
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
