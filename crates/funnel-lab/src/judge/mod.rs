//! Judges each record against the contract and says what New Relic would do with it.
//!
//! A record is *of the funnel* when it asks to be: by `newrelic.event.type`, by its event name or by carrying a step.
//! Of such a record only attributes that pass their rule are kept; what breaks a rule leaves a masked sample. Records
//! of anything else are kept as they came, pruned as New Relic prunes them.

mod batch;
mod fate;
mod mask;

pub use batch::Verdict;
pub(crate) use batch::{Batch, Problem, Row, Slot};
use fate::LOG;

use crate::otlp::{Any, Attributes, LogRecord, Visitor, write_json_text};
use crate::room::{NoRoom, Share};
use fate::rule;
use instant_funnel_core::contract::{Contract, MAX_ATTRIBUTES, Origin, Presence, RawValue};
use std::fmt::Write;

/// The most bytes of one record; a longer one is rejected and the sender told.
const RECORD_MAX: usize = 256 * 1024;

/// The most bytes that one request may take while it is judged.
pub(crate) const JUDGED_MAX: usize = 64 * 1024 * 1024;
/// The most problems that are noted of one record.
const PROBLEMS_MAX: usize = 64;

/// Why a request was not judged to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unjudged {
    #[error("the request takes more than {JUDGED_MAX} bytes of memory; send fewer records at a time")]
    TooMuch,
    #[error(transparent)]
    Full(#[from] NoRoom),
}

/// What a judge knows besides the record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Court {
    pub(crate) contract: &'static Contract,
    /// Milliseconds since 1970.
    pub(crate) now: i64,
    /// Older or newer events are dropped by New Relic, in milliseconds.
    pub(crate) window: i64,
    pub(crate) positions: Positions,
}

/// Where the attributes stand that the lab itself has to find.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Positions {
    pub(crate) event_type: usize,
    pub(crate) step: usize,
    pub(crate) event_id: usize,
}

impl Positions {
    /// By what supplies them, so that no key of a funnel is spelt here but New Relic's own.
    pub(crate) fn of(contract: &Contract) -> Self {
        let at =
            |origin| contract.attributes.iter().position(|attribute| attribute.origin == origin).unwrap_or(0);
        Self {
            event_type: contract.position(fate::EVENT_TYPE).unwrap_or(0),
            step: at(Origin::Step),
            event_id: at(Origin::CallerOrGenerated),
        }
    }
}

/// Judges what a reader tells it.
#[derive(Debug)]
pub(crate) struct Judge<'a> {
    court: Court,
    batch: Batch,
    scope: (&'a str, &'a str),
    /// The resource's attributes as JSON, until a record is of it.
    resource: Option<String>,
    share: Share,
    /// Bytes of the share that are not the batch's.
    beside: usize,
    covered: usize,
    failed: Option<Unjudged>,
    /// Where the problems of the record in hand begin.
    first_problem: usize,
}

impl Judge<'_> {
    /// A judge for a body of so many bytes; `share` holds `beside` bytes for other things, and grows with the batch.
    pub(crate) fn new(court: Court, bytes: usize, share: Share, beside: usize) -> Self {
        let batch = Batch::with_capacity(bytes);
        let mut judge = Self {
            court,
            batch,
            scope: ("", ""),
            resource: None,
            share,
            beside,
            covered: 0,
            failed: None,
            first_problem: 0,
        };
        judge.cover();
        judge
    }

    /// The batch, which from now on holds the share alone.
    ///
    /// # Errors
    /// Something could not be judged, and nothing of the request may be stored.
    pub(crate) fn finish(mut self) -> Result<Batch, Unjudged> {
        if let Some(failed) = self.failed {
            return Err(failed);
        }
        self.share.shrink(self.covered);
        self.batch.share = Some(self.share);
        Ok(self.batch)
    }

    /// Has the share grow with the batch.
    #[inline]
    fn cover(&mut self) {
        let bytes = self.batch.bytes();
        if bytes <= self.covered {
            return;
        }
        self.covered = bytes;
        if self.beside + bytes > JUDGED_MAX {
            self.failed = Some(Unjudged::TooMuch);
        } else if let Err(full) = self.share.cover(self.beside + bytes) {
            self.failed = Some(full.into());
        }
    }

    fn problem(&mut self, key: &str, rule: &'static str, sample: &str, fate: &'static str) {
        if self.batch.problems.len() - self.first_problem >= PROBLEMS_MAX {
            return;
        }
        self.batch.add_problem(Problem { key: mask::key(key), rule, sample: mask::sample(sample), fate });
    }

    fn funnel(&mut self, record: &LogRecord<'_>, declared: bool) -> Row {
        let contract = self.court.contract;
        let mut slots = [Slot::Absent; MAX_ATTRIBUTES];
        let mut seen = 0_u32;
        for (key, value) in &record.attributes {
            if let Some(at) = contract.position(key) {
                seen |= 1 << at;
            }
            if matches!(value, Any::Null) {
                continue;
            }
            match contract.judge(key, raw(value)) {
                Ok(at) => {
                    slots[at] = match value {
                        Any::Bool(value) => Slot::Bool(*value),
                        Any::Text(text) => Slot::Text(self.batch.keep(text)),
                        _ => Slot::Absent,
                    };
                }
                Err(violation) => {
                    let fate = fate::attribute(key, value).map_or(fate::KEPT, |(_, fate)| fate);
                    let fate = if *key == fate::EVENT_TYPE { fate::AS_LOG } else { fate };
                    let mut shown = String::new();
                    show(value, &mut shown);
                    self.problem(key, violation.as_str(), &shown, fate);
                }
            }
        }
        for (at, attribute) in contract.attributes.iter().enumerate() {
            let due = attribute.presence == Presence::Always && seen & (1 << at) == 0;
            if due && at == self.court.positions.event_type {
                self.problem(attribute.key, rule::NO_EVENT_TYPE, "", fate::AS_LOG);
            } else if due {
                self.problem(attribute.key, rule::MISSING, "", fate::MISSING);
            }
        }
        let kind = self.batch.keep(if declared { contract.event_name } else { LOG });
        let positions = self.court.positions;
        let slot_text = |slot: Slot| match slot {
            Slot::Text(piece) => Some(self.batch.text(piece)),
            Slot::Absent | Slot::Bool(_) => None,
        };
        let step = slot_text(slots[positions.step]).and_then(|name| contract.step_position(name));
        let event_id = slot_text(slots[positions.event_id]).and_then(hex16);
        Row {
            timestamp: 0,
            kind,
            verdict: Verdict::Good,
            stored: true,
            resource: 0,
            step: step.and_then(|step| u8::try_from(step).ok()),
            event_id,
            slots,
            extra: None,
            problems: 0..0,
        }
    }

    fn other(&mut self, record: &LogRecord<'_>, kind: Option<&str>) -> Row {
        let kind = kind.filter(|kind| {
            let named = fate::is_event_type(kind);
            if !named {
                self.problem(fate::EVENT_TYPE, rule::BAD_EVENT_TYPE, kind, fate::DROPPED);
            }
            named
        });
        if record.attributes.len() > fate::ATTRIBUTES_MAX {
            self.problem("", rule::TOO_MANY, "", fate::PRUNED);
        }
        for (key, value) in record.attributes.iter().take(fate::ATTRIBUTES_MAX) {
            if let Some((rule, fate)) = fate::attribute(key, value) {
                let mut shown = String::new();
                show(value, &mut shown);
                self.problem(key, rule, &shown, fate);
            }
        }
        let scope = self.scope;
        let is_log = kind.is_none();
        let extra = self.batch.keep_with(|out| extra(out, record, scope, is_log));
        let kind = self.batch.keep(kind.unwrap_or(LOG));
        Row {
            timestamp: 0,
            kind,
            verdict: Verdict::Other,
            stored: true,
            resource: 0,
            step: None,
            event_id: None,
            slots: [Slot::Absent; MAX_ATTRIBUTES],
            extra: Some(extra),
            problems: 0..0,
        }
    }

    /// The time that New Relic keeps: the record's own, else when it was received.
    fn timestamp(&self, record: &LogRecord<'_>) -> i64 {
        match record.time_unix_nano {
            0 => self.court.now,
            nanos => i64::try_from(nanos / 1_000_000).unwrap_or(i64::MAX),
        }
    }
}

impl<'a> Visitor<'a> for Judge<'a> {
    fn resource(&mut self, attributes: &Attributes<'a>) {
        let mut json = String::from("{");
        for (key, value) in attributes.iter().take(64) {
            member(&mut json, key, value);
        }
        json.push('}');
        self.resource = Some(json);
    }

    fn scope(&mut self, name: &'a str, version: &'a str, _attributes: &Attributes<'a>) {
        self.scope = (fate::cut(name, fate::TEXT_MAX), fate::cut(version, fate::TEXT_MAX));
    }

    fn too_large(&mut self) {
        self.batch.rejected += 1;
    }

    fn record(&mut self, record: &LogRecord<'a>) {
        if self.failed.is_some() {
            return;
        }
        if size(record) > RECORD_MAX {
            self.batch.rejected += 1;
            return;
        }
        if let Some(resource) = self.resource.take() {
            self.batch.add_resource(resource);
        }
        let first = self.batch.problems.len();
        self.first_problem = first;
        let contract = self.court.contract;
        let step_key = contract.attributes[self.court.positions.step].key;
        let mut declared = None;
        let mut has_step = false;
        for (key, value) in &record.attributes {
            if *key == fate::EVENT_TYPE {
                declared = if let Any::Text(kind) = value { Some(*kind) } else { Some("") };
            }
            has_step |= *key == step_key;
        }
        let is_declared = declared == Some(contract.event_name);
        let meant = declared.is_none() && (has_step || record.event_name == contract.event_name);
        let mut row = if is_declared || meant {
            self.funnel(record, is_declared)
        } else {
            self.other(record, declared)
        };
        row.timestamp = self.timestamp(record);
        if row.timestamp < self.court.now.saturating_sub(self.court.window) {
            self.problem("timestamp", rule::TOO_OLD, "", fate::DROPPED);
            row.stored = false;
        } else if row.timestamp > self.court.now.saturating_add(self.court.window) {
            self.problem("timestamp", rule::TOO_NEW, "", fate::DROPPED);
            row.stored = false;
        }
        row.problems = first..self.batch.problems.len();
        if row.verdict == Verdict::Good && !row.problems.is_empty() {
            row.verdict = Verdict::Bad;
        }
        row.resource = u32::try_from(self.batch.resources.len().saturating_sub(1)).unwrap_or(0);
        self.batch.rows.push(row);
        self.cover();
    }
}

fn raw<'v>(value: &Any<'v>) -> RawValue<'v> {
    match value {
        Any::Text(text) => RawValue::Text(text),
        Any::Bool(value) => RawValue::Bool(*value),
        Any::Int(_) | Any::Double(_) | Any::Bytes(_) | Any::List | Any::Map | Any::Null => RawValue::Other,
    }
}

fn show(value: &Any<'_>, out: &mut String) {
    match value {
        Any::Text(text) => out.push_str(text),
        Any::List => out.push_str("[]"),
        Any::Map => out.push_str("{}"),
        Any::Bytes(bytes) => {
            let _ = write!(out, "({})", bytes.len());
        }
        other => {
            other.write_json(out);
        }
    }
}

/// Appends `"key":value`, cut as New Relic cuts it; nothing for a value that it does not store.
fn member(out: &mut String, key: &str, value: &Any<'_>) {
    let before = out.len();
    if !out.ends_with('{') {
        out.push(',');
    }
    write_json_text(out, fate::cut(key, fate::KEY_MAX));
    out.push(':');
    let value = match value {
        Any::Text(text) => Any::Text(fate::cut(text, fate::TEXT_MAX)),
        other => *other,
    };
    if !value.write_json(out) {
        out.truncate(before);
    }
}

/// The attributes of a record that is not of the funnel, with what New Relic adds to a log. In a JSON object read
/// from the front the last of two equal names wins, so the record's own go first and the top-level fields last.
fn extra(out: &mut String, record: &LogRecord<'_>, scope: (&str, &str), is_log: bool) {
    out.push('{');
    for (key, value) in record.attributes.iter().take(fate::ATTRIBUTES_MAX) {
        member(out, key, value);
    }
    if is_log {
        for (key, text) in [
            ("otel.library.name", scope.0),
            ("otel.library.version", scope.1),
            ("severity.text", record.severity_text),
        ] {
            if !text.is_empty() {
                member(out, key, &Any::Text(text));
            }
        }
        if record.severity_number != 0 {
            member(out, "severity.number", &Any::Int(record.severity_number));
        }
        if let Some(body @ Any::Text(_)) = &record.body {
            member(out, "message", body);
        }
        for (key, id) in [("trace.id", record.trace_id), ("span.id", record.span_id)] {
            if !id.is_none() {
                let mut text = String::new();
                id.write(&mut text);
                member(out, key, &Any::Text(&text));
            }
        }
    }
    out.push('}');
}

fn size(record: &LogRecord<'_>) -> usize {
    let text = |value: &Any<'_>| match value {
        Any::Text(text) => text.len(),
        Any::Bytes(bytes) => bytes.len(),
        _ => 8,
    };
    record.attributes.iter().map(|(key, value)| key.len() + text(value)).sum::<usize>()
        + record.body.as_ref().map_or(0, text)
}

/// The bytes of 32 hexadecimal digits.
pub(crate) fn hex16(text: &str) -> Option<[u8; 16]> {
    u128::from_str_radix(text, 16).ok().filter(|_| text.len() == 32).map(u128::to_be_bytes)
}
