//! Judges a funnel record by the contract's rules.

use instant_funnel_core::contract::{MAX_ATTRIBUTES, Presence, RawValue, Violation};

use super::attributes::shown;
use super::batch::{Content, Piece, Slot};
use super::fate::{self, rule};
use super::visit::Judge;
use crate::contracts::Layout;
use crate::otlp::{Any, LogRecord};

impl Judge<'_> {
    /// A record of the funnel, as New Relic reads it.
    pub(super) fn funnel(&mut self, record: &LogRecord<'_>, contract: usize) -> (Piece, Content) {
        let content = self.contract(record, contract);
        (self.batch.keep(self.context.contracts.at(contract).contract.event_name), content)
    }

    /// A record of the funnel whose mark is missing or wrong, so that New Relic stores it as something else.
    pub(super) fn meant(
        &mut self,
        record: &LogRecord<'_>,
        contract: usize,
        mark: Option<Any<'_>>,
    ) -> (Piece, Content) {
        let kind = match mark {
            None => {
                self.problem(fate::EVENT_TYPE, rule::NO_EVENT_TYPE, "", fate::AS_LOG);
                fate::LOG
            }
            Some(Any::Text(kind)) if fate::is_event_type(kind) => {
                self.problem(fate::EVENT_TYPE, rule::NEAR_MISS, kind, fate::ELSEWHERE);
                kind
            }
            Some(value) => {
                self.problem(fate::EVENT_TYPE, rule::BAD_EVENT_TYPE, &shown(&value), fate::AS_LOG);
                fate::LOG
            }
        };
        let content = self.contract(record, contract);
        (self.batch.keep(kind), content)
    }

    fn contract(&mut self, record: &LogRecord<'_>, at: usize) -> Content {
        let context = self.context;
        let layout = context.contracts.at(at);
        let contract = layout.contract;
        let millis = self.time(record) / 1_000_000;
        let mut slots = [Slot::Absent; MAX_ATTRIBUTES];
        let mut seen = [false; MAX_ATTRIBUTES];
        for (key, value) in &record.attributes {
            let position = contract.position(key);
            if let Some(at) = position
                && std::mem::replace(&mut seen[at], true)
            {
                self.problem(key, Violation::Duplicate.as_str(), &shown(value), fate::KEPT);
            }
            // What is wrong with the mark is reported once, by whoever has seen it.
            if matches!(value, Any::Null) || position == Some(layout.event_type) {
                continue;
            }
            match contract.judge(key, raw(value), millis) {
                Ok(at) => {
                    slots[at] = match value {
                        Any::Bool(value) => Slot::Bool(*value),
                        Any::Text(text) => Slot::Text(self.batch.keep(text)),
                        Any::Int(value) => Slot::Integer(*value),
                        Any::Double(value) => Slot::Number(*value),
                        _ => Slot::Absent,
                    };
                }
                Err(violation) => {
                    let fate = fate::attribute(key, value).map_or(fate::KEPT, |(_, fate)| fate);
                    self.problem(key, violation.as_str(), &shown(value), fate);
                }
            }
        }
        for (at, attribute) in contract.attributes.iter().enumerate() {
            if attribute.presence == Presence::Always && !seen[at] && at != layout.event_type {
                self.problem(attribute.key, rule::MISSING, "", fate::MISSING);
            }
        }
        self.beside(record, contract.event_name);
        let step = layout.step.and_then(|at| self.slot_text(slots[at]));
        let step = step.and_then(|name| contract.step_position(name));
        if let Some(step) = step {
            self.keep_to_step(layout, &mut slots, step);
        }
        let event_id = self.slot_text(slots[layout.event_id]).and_then(hex16);
        Content::Funnel { contract: at, slots, step, event_id }
    }

    fn slot_text(&self, slot: Slot) -> Option<&str> {
        match slot {
            Slot::Text(piece) => Some(self.batch.text(piece)),
            Slot::Absent | Slot::Bool(_) | Slot::Integer(_) | Slot::Number(_) => None,
        }
    }

    /// Drops what may not occur on the record's step.
    fn keep_to_step(&mut self, layout: &Layout, slots: &mut [Slot; MAX_ATTRIBUTES], step: usize) {
        for (at, attribute) in layout.contract.attributes.iter().enumerate() {
            if slots[at] != Slot::Absent && !layout.contract.may_occur(at, step) {
                let sample = match slots[at] {
                    Slot::Bool(value) => value.to_string(),
                    Slot::Integer(value) => value.to_string(),
                    Slot::Number(value) => value.to_string(),
                    slot => self.slot_text(slot).unwrap_or_default().to_owned(),
                };
                self.problem(attribute.key, Violation::Step.as_str(), &sample, fate::KEPT);
                slots[at] = Slot::Absent;
            }
        }
    }

    /// What a record says beside its attributes: its body and name are the event's name, its severity is one.
    fn beside(&mut self, record: &LogRecord<'_>, event: &str) {
        match &record.body {
            None | Some(Any::Null) => {}
            Some(Any::Text(text)) if *text == event => {}
            Some(other) => self.problem("body", rule::BODY, &shown(other), fate::BODY),
        }
        if !record.event_name.is_empty() && record.event_name != event {
            self.problem("event_name", rule::EVENT_NAME, record.event_name, fate::BESIDE);
        }
        if !is_severity(record.severity_text) {
            self.problem("severity_text", rule::SEVERITY, record.severity_text, fate::BESIDE);
        }
    }
}

/// Whether a string is the name of a severity, as OpenTelemetry or a logging library names it, or nothing.
fn is_severity(text: &str) -> bool {
    const NAMES: [&str; 17] = [
        "trace",
        "verbose",
        "debug",
        "config",
        "info",
        "information",
        "informational",
        "notice",
        "warn",
        "warning",
        "error",
        "err",
        "critical",
        "alert",
        "fatal",
        "emergency",
        "panic",
    ];
    let name = text.strip_suffix(['2', '3', '4']).unwrap_or(text);
    text.is_empty() || NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn raw<'v>(value: &Any<'v>) -> RawValue<'v> {
    match value {
        Any::Text(text) => RawValue::Text(text),
        Any::Bool(value) => RawValue::Bool(*value),
        Any::Int(value) => RawValue::Integer(*value),
        Any::Double(value) => RawValue::Number(*value),
        Any::Bytes(_) | Any::List(_) | Any::Map | Any::Null => RawValue::Other,
    }
}

/// The bytes of 32 hexadecimal digits.
pub(crate) fn hex16(text: &str) -> Option<[u8; 16]> {
    u128::from_str_radix(text, 16).ok().filter(|_| text.len() == 32).map(u128::to_be_bytes)
}
