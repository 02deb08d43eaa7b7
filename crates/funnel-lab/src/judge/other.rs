//! A record that is not of the funnel: a log or another custom event, pruned as New Relic prunes it.

use super::attributes;
use super::batch::{Content, Piece};
use super::fate::{self, rule};
use super::visit::Judge;
use crate::otlp::{Any, LogRecord};

impl Judge<'_> {
    pub(super) fn other(&mut self, record: &LogRecord<'_>, mark: Option<Any<'_>>) -> (Piece, Content) {
        let kind = match mark {
            None => None,
            Some(Any::Text(kind)) if fate::is_event_type(kind) => Some(kind),
            Some(value) => {
                let shown = attributes::shown(&value);
                self.problem(fate::EVENT_TYPE, rule::BAD_EVENT_TYPE, &shown, fate::DROPPED);
                None
            }
        };
        if record.attributes.len() > fate::ATTRIBUTES_MAX {
            self.problem("", rule::TOO_MANY, "", fate::PRUNED);
        }
        for (key, value) in record.attributes.iter().take(fate::ATTRIBUTES_MAX) {
            if let Some((rule, fate)) = fate::attribute(key, value) {
                self.problem(key, rule, &attributes::shown(value), fate);
            }
        }
        let scope = self.scope;
        let extra = self.batch.keep_with(|out| attributes::other(out, record, scope, kind.is_none()));
        (self.batch.keep(kind.unwrap_or(fate::LOG)), Content::Other(extra))
    }
}
