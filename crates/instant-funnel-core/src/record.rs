//! A checked record. There is no way to make one but the [`Checker`](crate::Checker), and none to edit one.

use crate::check::{Checker, TraceContext};
use crate::contract::{Contract, Origin};
use crate::draft::Draft;
use crate::value::{Content, HexBytes, Source, Value};
use std::num::NonZeroU32;

/// One step as it may leave the process: every value in it has passed its rule.
///
/// Privacy: this is all that a backend ever sees.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    pub(crate) checker: &'a Checker,
    pub(crate) draft: &'a Draft<'a>,
    pub(crate) step: usize,
    /// The attributes whose value is the draft's, one bit each: those that passed.
    pub(crate) given: u32,
    /// The attributes whose value is supplied for the caller. None is in `given`.
    pub(crate) filled: u32,
    /// The fresh event id, where one was needed.
    pub(crate) event_id: Content<'static>,
    pub(crate) time_unix_nano: u64,
    pub(crate) observed_time_unix_nano: u64,
    pub(crate) trace: Option<TraceContext>,
    pub(crate) encoded_len: usize,
}

impl std::fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Record")
            .field("step", &self.step_name())
            .field("time_unix_nano", &self.time_unix_nano)
            .field("observed_time_unix_nano", &self.observed_time_unix_nano)
            .field("trace", &self.trace)
            .field("attributes", &self.attributes().collect::<Vec<_>>())
            .finish()
    }
}

/// The positions of the bits in `set`, from the lowest.
#[inline]
pub(crate) fn positions(mut set: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let position = NonZeroU32::new(set)?.trailing_zeros();
        set &= set - 1;
        Some(position as usize)
    })
}

impl<'a> Record<'a> {
    /// The contract it was checked against.
    #[must_use]
    #[inline]
    pub fn contract(&self) -> &'static Contract {
        self.checker.contract()
    }

    /// The OTLP event name, which is also the body.
    #[must_use]
    pub fn event_name(&self) -> &'static str {
        self.contract().event_name
    }

    /// The step's position in [`Contract::steps`].
    #[must_use]
    pub fn step_position(&self) -> usize {
        self.step
    }

    /// The step's name on the wire.
    #[must_use]
    pub fn step_name(&self) -> &'static str {
        self.contract().steps[self.step].name
    }

    /// Whether it still finds room where others are refused when delivery is short of it.
    #[must_use]
    pub fn is_critical(&self) -> bool {
        self.contract().steps[self.step].critical
    }

    /// When the step happened, in nanoseconds since 1970.
    #[must_use]
    pub fn time_unix_nano(&self) -> u64 {
        self.time_unix_nano
    }

    /// When it was recorded, in nanoseconds since 1970.
    #[must_use]
    pub fn observed_time_unix_nano(&self) -> u64 {
        self.observed_time_unix_nano
    }

    /// The span that was active.
    #[must_use]
    pub fn trace(&self) -> Option<TraceContext> {
        self.trace
    }

    /// The attributes in wire order.
    pub fn attributes(&self) -> impl Iterator<Item = (&'static str, Value<'a>)> + '_ {
        positions(self.carried()).filter_map(|position| {
            let content = self.content(position)?;
            Some((self.contract().attributes[position].key, Value::checked(content)))
        })
    }

    /// One attribute's value.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Value<'a>> {
        self.contract().position(key).and_then(|position| self.content(position)).map(Value::checked)
    }

    /// The attributes it has, one bit each.
    #[inline]
    pub(crate) const fn carried(&self) -> u32 {
        self.given | self.filled
    }

    #[inline]
    pub(crate) const fn is_given(&self, position: usize) -> bool {
        self.given & 1 << position != 0
    }

    #[inline]
    pub(crate) fn content(&self, position: usize) -> Option<Content<'a>> {
        if self.is_given(position) {
            return Some(self.draft.slots[position]);
        }
        if self.filled & 1 << position == 0 {
            return None;
        }
        match self.contract().attributes[position].origin {
            Origin::CallerOrGenerated => Some(self.event_id),
            Origin::TraceId => {
                self.trace.map(|trace| Content::Hex(HexBytes::new(Source::Span, trace.trace_id)))
            }
            Origin::SpanId => {
                self.trace.map(|trace| Content::Hex(HexBytes::new(Source::Span, trace.span_id)))
            }
            _ => self.checker.fixed_value(Some(self.step), position),
        }
    }
}
