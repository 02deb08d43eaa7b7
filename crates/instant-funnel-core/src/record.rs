//! A checked record. There is no way to make one but the [`Checker`](crate::Checker), and none to edit one.

use crate::contract::{Contract, Origin};
use crate::draft::Draft;
use crate::plan::{Plan, StepPlan, positions};
use crate::stamp::TraceContext;
use crate::value::{Content, HexBytes, Source, Value};

/// One step as it may leave the process: every value in it has passed its rule.
///
/// Privacy: this is all that a backend ever sees.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) step: &'a StepPlan,
    pub(crate) draft: &'a Draft<'a>,
    /// The attributes whose value is the draft's, one bit each: those that passed.
    given: u32,
    /// The attributes whose value is supplied for the caller. None is in `given`.
    filled: u32,
    pub(crate) moment: Moment,
}

/// What only this record has.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) time_unix_nano: u64,
    pub(crate) observed_time_unix_nano: u64,
    pub(crate) trace: Option<TraceContext>,
    /// The fresh event id, where one was needed.
    pub(crate) event_id: Option<Content<'static>>,
}

impl std::fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Record")
            .field("step", &self.step_name())
            .field("time_unix_nano", &self.moment.time_unix_nano)
            .field("observed_time_unix_nano", &self.moment.observed_time_unix_nano)
            .field("trace", &self.moment.trace)
            .field("attributes", &self.attributes().collect::<Vec<_>>())
            .finish()
    }
}

impl<'a> Record<'a> {
    #[inline]
    pub(crate) const fn new(
        plan: &'a Plan,
        step: &'a StepPlan,
        draft: &'a Draft<'a>,
        given: u32,
        filled: u32,
        moment: Moment,
    ) -> Self {
        Self { plan, step, draft, given, filled, moment }
    }

    /// The contract it was checked against.
    #[must_use]
    #[inline]
    pub fn contract(&self) -> &'static Contract {
        self.plan.contract()
    }

    /// The OTLP event name, which is also the body.
    #[must_use]
    pub fn event_name(&self) -> &'static str {
        self.contract().event_name
    }

    /// The step's position in [`Contract::steps`].
    #[must_use]
    pub fn step_position(&self) -> usize {
        self.draft.step
    }

    /// The step's name on the wire; empty for a plain event, which has none.
    #[must_use]
    pub fn step_name(&self) -> &'static str {
        self.contract().steps.get(self.draft.step).map_or("", |step| step.name)
    }

    /// Whether it still finds room where others are refused when delivery is short of it.
    #[must_use]
    pub fn is_critical(&self) -> bool {
        self.contract().steps.get(self.draft.step).is_some_and(|step| step.critical)
    }

    /// When the step happened, in nanoseconds since 1970.
    #[must_use]
    pub fn time_unix_nano(&self) -> u64 {
        self.moment.time_unix_nano
    }

    /// When it was recorded, in nanoseconds since 1970.
    #[must_use]
    pub fn observed_time_unix_nano(&self) -> u64 {
        self.moment.observed_time_unix_nano
    }

    /// The span that was active.
    #[must_use]
    pub fn trace(&self) -> Option<TraceContext> {
        self.moment.trace
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
    pub(crate) const fn given(&self) -> u32 {
        self.given
    }

    #[inline]
    pub(crate) const fn filled(&self) -> u32 {
        self.filled
    }

    #[inline]
    pub(crate) const fn is_given(&self, position: usize) -> bool {
        self.given & 1 << position != 0
    }

    #[inline]
    pub(crate) fn content(&self, position: usize) -> Option<Content<'a>> {
        if self.is_given(position) {
            return self.draft.slots.get(position).copied();
        }
        if self.filled & 1 << position == 0 { None } else { self.supplied(position) }
    }

    /// The value of an attribute in `filled`. Not inlined: what is written of most records is somewhere already.
    #[inline(never)]
    pub(crate) fn supplied(&self, position: usize) -> Option<Content<'a>> {
        let id_of_span = |bytes| Some(Content::Hex(bytes));
        match (self.contract().attributes.get(position)?.origin, self.moment.trace) {
            (Origin::CallerOrGenerated, _) => self.moment.event_id,
            (Origin::TraceId, trace) => id_of_span(HexBytes::new(Source::Span, trace?.trace_id)),
            (Origin::SpanId, trace) => id_of_span(HexBytes::new(Source::Span, trace?.span_id)),
            _ => self.plan.fixed_value(self.draft.step, position),
        }
    }
}
