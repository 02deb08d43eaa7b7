//! Checks encoded records from outside this process, such as those in a journal of an earlier process.

use crate::contract::{Contract, MAX_ATTRIBUTES, Origin, RawValue, Rule, check_resource};
use crate::wire::reader::{Field, Fields, Malformed, Payload};

/// What a contract lets out of an encoded record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// All of it.
    Whole,
    /// The record without what the contract refuses, as this many fields fewer.
    Without {
        /// The encoded `LogRecord` that is left.
        record: Vec<u8>,
        /// Attributes and other fields that were left out.
        dropped: usize,
    },
    /// Nothing: it is malformed, or it is not an event of the contract.
    Refused,
}

impl Contract {
    /// What of an encoded OTLP `LogRecord` this contract lets out: the same as the engine writes and the collector's
    /// block passes. A key that is not on the list or not on its step, and a value that breaks its rule, are left out;
    /// so is any field of the record that no event has. A record of another event, without a step or malformed is
    /// refused.
    ///
    /// ```
    /// use instant_funnel_core::{Admission, Checker, Landing, Stamp, contract::CONTRACT};
    ///
    /// let checker = Checker::builder(&CONTRACT).default_value("serviceName", "api").build()?;
    /// let draft = Landing::new().into();
    /// let clean = checker.check(&draft, Stamp::now(), |_, _| {})?.encode_to_vec();
    /// assert_eq!(CONTRACT.admit(&clean), Admission::Whole);
    ///
    /// let severity_text = [0x1a, 4, b'J', b'a', b'n', b'e'];
    /// let dirty = [clean.as_slice(), &severity_text].concat();
    /// assert_eq!(CONTRACT.admit(&dirty), Admission::Without { record: clean, dropped: 1 });
    /// assert_eq!(CONTRACT.admit(b"Jane"), Admission::Refused);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn admit(&self, record: &[u8]) -> Admission {
        self.try_admit(record).ok().flatten().unwrap_or(Admission::Refused)
    }

    fn try_admit(&self, record: &[u8]) -> Result<Option<Admission>, Malformed> {
        let Some(step) = self.step_of(record)? else { return Ok(None) };
        let millis = happened_at(record)?;
        let mut seen = [false; MAX_ATTRIBUTES];
        let (mut kept, mut dropped) = (Vec::with_capacity(record.len()), 0);
        for field in Fields(record) {
            let field = field?;
            if self.takes(field, (step, millis), &mut seen) {
                kept.extend_from_slice(field.bytes);
            } else {
                dropped += 1;
            }
        }
        Ok(Some(if dropped == 0 { Admission::Whole } else { Admission::Without { record: kept, dropped } }))
    }

    /// The position of the record's step, if it is a record of this event.
    fn step_of(&self, record: &[u8]) -> Result<Option<usize>, Malformed> {
        let (mut step, mut constants) = (None, 0);
        for field in Fields(record) {
            let field = field?;
            match (field.number, field.payload) {
                (6, Payload::Bytes(attribute)) => {
                    let Some((key, value)) = key_value(attribute) else { continue };
                    let Ok(position) = self.judge(key, value, i64::MAX) else { continue };
                    let attribute = self.attributes.get(position);
                    constants |=
                        attribute.map_or(0, |a| u64::from(matches!(a.rule, Rule::Const(_))) << position);
                    if let (Some(Origin::Step), RawValue::Text(name)) = (attribute.map(|a| a.origin), value) {
                        step = step.or(self.step_position(name));
                    }
                }
                (12, Payload::Bytes(name)) if name != self.event_name.as_bytes() => return Ok(None),
                _ => {}
            }
        }
        let all = self.attributes.iter().enumerate();
        let missing = all.filter(|(at, one)| matches!(one.rule, Rule::Const(_)) && constants & 1 << at == 0);
        let step = if self.is_funnel() { step } else { Some(0) };
        Ok(step.filter(|_| missing.count() == 0))
    }

    /// Numbers of `opentelemetry/proto/logs/v1/logs.proto`.
    fn takes(
        &self,
        field: Field<'_>,
        (step, millis): (usize, i64),
        seen: &mut [bool; MAX_ATTRIBUTES],
    ) -> bool {
        match (field.number, field.payload) {
            // Times, the severity's number, flags, and the name, which was looked at before.
            (1 | 11, Payload::Fixed64(_))
            | (2, Payload::Varint(_))
            | (8, Payload::Fixed32)
            | (12, Payload::Bytes(_)) => true,
            (3, Payload::Bytes(text)) => text == b"INFO",
            (5, Payload::Bytes(body)) => {
                matches!(any_value(body), Some(RawValue::Text(text)) if text == self.event_name)
            }
            (6, Payload::Bytes(attribute)) => key_value(attribute)
                .and_then(|(key, value)| self.judge(key, value, millis).ok())
                .filter(|position| self.may_occur(*position, step))
                .and_then(|position| seen.get_mut(position))
                .is_some_and(|seen| !std::mem::replace(seen, true)),
            (9, Payload::Bytes(id)) => matches!(id.len(), 0 | 16),
            (10, Payload::Bytes(id)) => matches!(id.len(), 0 | 8),
            _ => false,
        }
    }
}

/// Of an encoded OTLP `Resource`, what [`check_resource`] allows; nothing of a malformed one.
#[must_use]
pub fn admit_resource(resource: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(resource.len());
    for field in Fields(resource) {
        let Ok(field) = field else { return Vec::new() };
        if let (1, Payload::Bytes(attribute)) = (field.number, field.payload)
            && let Some((key, RawValue::Text(value))) = key_value(attribute)
            && check_resource(key, value).is_ok()
        {
            kept.extend_from_slice(field.bytes);
        }
    }
    kept
}

/// Whether these bytes are an OTLP `InstrumentationScope` of a name and a version alone.
#[must_use]
pub fn admits_scope(scope: &[u8]) -> bool {
    let is =
        |text: &[u8], rule: Rule| std::str::from_utf8(text).is_ok_and(|text| rule.check_text(text).is_ok());
    Fields(scope).all(|field| match field.map(|field| (field.number, field.payload)) {
        Ok((1, Payload::Bytes(name))) => is(name, Rule::Name { max: 64 }),
        Ok((2, Payload::Bytes(version))) => is(version, Rule::Version { max: 64 }),
        _ => false,
    })
}

/// When a record happened, in milliseconds since 1970; 0 when it does not say.
fn happened_at(record: &[u8]) -> Result<i64, Malformed> {
    let mut millis = 0;
    for field in Fields(record) {
        let field = field?;
        if let (1, Payload::Fixed64(nanos)) = (field.number, field.payload) {
            millis = i64::try_from(nanos / 1_000_000).unwrap_or(i64::MAX);
        }
    }
    Ok(millis)
}

/// A `KeyValue` of one key and one value.
fn key_value(bytes: &[u8]) -> Option<(&str, RawValue<'_>)> {
    let mut fields = Fields(bytes);
    let (key, value) = (fields.next()?.ok()?, fields.next()?.ok()?);
    match ((key.number, key.payload), (value.number, value.payload), fields.next()) {
        ((1, Payload::Bytes(key)), (2, Payload::Bytes(value)), None) => {
            Some((std::str::from_utf8(key).ok()?, any_value(value)?))
        }
        _ => None,
    }
}

/// An `AnyValue` with one value.
fn any_value(bytes: &[u8]) -> Option<RawValue<'_>> {
    let mut fields = Fields(bytes);
    let value = fields.next()?.ok()?;
    if fields.next().is_some() {
        return None;
    }
    match (value.number, value.payload) {
        (1, Payload::Bytes(text)) => std::str::from_utf8(text).ok().map(RawValue::Text),
        (2, Payload::Varint(truth @ (0 | 1))) => Some(RawValue::Bool(truth == 1)),
        (3, Payload::Varint(value)) => Some(RawValue::Integer(value as i64)),
        (4, Payload::Fixed64(bits)) => Some(RawValue::Number(f64::from_bits(bits))),
        _ => Some(RawValue::Other),
    }
}
