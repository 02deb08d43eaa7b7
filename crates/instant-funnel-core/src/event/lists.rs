//! The closed lists as values.

use crate::contract::{Actor, Cohort};
use crate::value::{Content, Given};

impl From<Actor> for Given<'_> {
    #[inline]
    fn from(actor: Actor) -> Self {
        Self(Content::Text(actor.as_str()))
    }
}

impl From<Cohort> for Given<'_> {
    #[inline]
    fn from(cohort: Cohort) -> Self {
        Self(Content::Text(cohort.as_str()))
    }
}
