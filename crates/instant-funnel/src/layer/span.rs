//! Fields of enclosing spans that may fill an event's absent attributes.

use std::fmt;
use std::sync::{Arc, Weak};

use instant_funnel_core::contract::{RawValue, Violation};
use tracing::field::Visit;
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use super::fields::{EventFields, Judged};
use super::visit::{Fields, Take, format_bounded};
use crate::emitter::Inner;
use crate::net::caught;
use crate::notice::Fault;

/// What a span offers, by funnel: two on one registry may have other vocabularies and keys.
#[derive(Default)]
struct Offers(Vec<Offer>);

struct Offer {
    /// Keeps the address from being another funnel's, and nothing else of it.
    funnel: Weak<Inner>,
    /// Checked values, or why there is none. Never a raw value.
    values: Vec<(usize, Judged)>,
}

impl Offers {
    fn of(&mut self, funnel: &Arc<Inner>) -> &mut Vec<(usize, Judged)> {
        let at = self.0.iter().position(|offer| offer.is_of(funnel)).unwrap_or_else(|| {
            self.0.push(Offer { funnel: Arc::downgrade(funnel), values: Vec::new() });
            self.0.len() - 1
        });
        &mut self.0[at].values
    }
}

impl Offer {
    fn is_of(&self, funnel: &Arc<Inner>) -> bool {
        std::ptr::eq(self.funnel.as_ptr(), Arc::as_ptr(funnel))
    }
}

/// Keeps what a span offers, over what it offered before.
pub(super) fn remember<S>(funnel: &Arc<Inner>, span: &SpanRef<'_, S>, record: impl FnOnce(&mut dyn Visit))
where
    S: for<'a> LookupSpan<'a>,
{
    let mut fields = Fields(SpanFields { funnel, offered: Vec::new() });
    record(&mut fields);
    let Fields(fields) = fields;
    if fields.offered.is_empty() {
        return;
    }
    let mut extensions = span.extensions_mut();
    if extensions.get_mut::<Offers>().is_none() {
        extensions.insert(Offers::default());
    }
    if let Some(offers) = extensions.get_mut::<Offers>() {
        let kept = offers.of(funnel);
        for (position, judged) in fields.offered {
            kept.retain(|(at, _)| *at != position);
            kept.push((position, judged));
        }
    }
}

/// Offers a span's values to an event.
pub(super) fn inherit<S>(funnel: &Arc<Inner>, span: &SpanRef<'_, S>, fields: &mut EventFields<'_>)
where
    S: for<'a> LookupSpan<'a>,
{
    if let Some(Offers(offers)) = span.extensions().get::<Offers>()
        && let Some(offer) = offers.iter().find(|offer| offer.is_of(funnel))
    {
        for (position, judged) in &offer.values {
            fields.inherit(*position, judged);
        }
    }
}

struct SpanFields<'f> {
    funnel: &'f Arc<Inner>,
    offered: Vec<(usize, Judged)>,
}

impl SpanFields<'_> {
    /// Of two fields for one attribute the last counts, and the first is counted as refused.
    fn offer(&mut self, position: usize, judged: Judged) {
        if let Some((_, first)) = self.offered.iter_mut().find(|(at, _)| *at == position) {
            self.funnel.refused(0, Some(position), Violation::Duplicate);
            *first = judged;
        } else {
            self.offered.push((position, judged));
        }
    }
}

impl Take for SpanFields<'_> {
    fn wants(&self, name: &str) -> bool {
        self.funnel.checker.contract().inherited(name).is_some()
    }

    fn take(&mut self, name: &str, value: RawValue<'_>) {
        let checker = &self.funnel.checker;
        if let Some(position) = checker.contract().inherited(name) {
            self.offer(position, checker.check_field(name, value));
        }
    }

    /// A panic costs this field, not the others.
    fn take_formatted(&mut self, name: &str, value: &dyn fmt::Debug) {
        let Some(position) = self.funnel.checker.contract().inherited(name) else { return };
        if let Some(text) = caught(|| format_bounded(value)) {
            self.take(name, RawValue::Text(&text));
        } else {
            self.funnel.fault(Fault::Field);
            self.offer(position, Err(Violation::Format));
        }
    }
}
