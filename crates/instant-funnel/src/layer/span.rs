//! Fields of enclosing spans that may fill an event's absent attributes.

use super::fields::{EventFields, Judged, format_bounded, judge};
use instant_funnel_core::Checker;
use instant_funnel_core::contract::{Contract, RawValue};
use std::fmt;
use tracing::field::{Field, Visit};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

/// What a span offers: checked values, or why there is none. Never a raw value.
#[derive(Default)]
struct Offered(Vec<(usize, Judged)>);

/// The position that a span's field of this name may fill.
fn inherited_position(contract: &Contract, name: &str) -> Option<usize> {
    contract
        .position(name)
        .filter(|at| contract.attributes[*at].origin.inherited())
        .or_else(|| contract.derived(name).map(|(position, _)| position))
}

pub(super) fn is_inherited(contract: &Contract, name: &str) -> bool {
    inherited_position(contract, name).is_some()
}

/// Keeps what a span offers, over what it offered before.
pub(super) fn remember<S>(checker: &Checker, span: &SpanRef<'_, S>, record: impl FnOnce(&mut dyn Visit))
where
    S: for<'a> LookupSpan<'a>,
{
    let mut fields = SpanFields { checker, offered: Vec::new() };
    record(&mut fields);
    if fields.offered.is_empty() {
        return;
    }
    let mut extensions = span.extensions_mut();
    if extensions.get_mut::<Offered>().is_none() {
        extensions.insert(Offered::default());
    }
    if let Some(Offered(kept)) = extensions.get_mut::<Offered>() {
        for (position, judged) in fields.offered {
            kept.retain(|(at, _)| *at != position);
            kept.push((position, judged));
        }
    }
}

/// Offers a span's values to an event.
pub(super) fn inherit<S>(span: &SpanRef<'_, S>, fields: &mut EventFields<'_>)
where
    S: for<'a> LookupSpan<'a>,
{
    if let Some(Offered(kept)) = span.extensions().get::<Offered>() {
        for (position, judged) in kept {
            fields.inherit(*position, judged);
        }
    }
}

struct SpanFields<'c> {
    checker: &'c Checker,
    offered: Vec<(usize, Judged)>,
}

impl SpanFields<'_> {
    fn take(&mut self, name: &str, value: impl FnOnce() -> Raw) {
        let Some(position) = inherited_position(self.checker.contract(), name) else { return };
        let raw = value();
        let judged = judge(self.checker, name, raw.as_raw());
        self.offered.push((position, judged.map(|(_, kept)| kept)));
    }
}

enum Raw {
    Text(String),
    Bool(bool),
    Other,
}

impl Raw {
    fn as_raw(&self) -> RawValue<'_> {
        match self {
            Self::Text(text) => RawValue::Text(text),
            Self::Bool(value) => RawValue::Bool(*value),
            Self::Other => RawValue::Other,
        }
    }
}

impl Visit for SpanFields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.take(field.name(), || Raw::Text(format_bounded(&format_args!("{value}"))));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.take(field.name(), || Raw::Bool(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.take(field.name(), || Raw::Text(format_bounded(value)));
    }

    fn record_error(&mut self, field: &Field, _: &(dyn std::error::Error + 'static)) {
        self.take(field.name(), || Raw::Other);
    }

    fn record_i64(&mut self, field: &Field, _: i64) {
        self.take(field.name(), || Raw::Other);
    }

    fn record_u64(&mut self, field: &Field, _: u64) {
        self.take(field.name(), || Raw::Other);
    }

    fn record_f64(&mut self, field: &Field, _: f64) {
        self.take(field.name(), || Raw::Other);
    }
}
