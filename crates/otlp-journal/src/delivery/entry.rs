//! The metadata of a record: priority, times and identity.

use std::fmt;

use crate::settings::choice::{Durability, Priority};

/// A record's place in the journal, for [`Delivery::append_entry`](crate::Delivery::append_entry).
#[derive(Clone, Copy)]
#[must_use = "it describes a record; `append_entry` records it"]
pub struct Entry<'a> {
    pub(super) priority: Priority,
    pub(super) time: u64,
    pub(super) scope: Option<&'a [u8]>,
    pub(super) durability: Option<Durability>,
}

impl<'a> Entry<'a> {
    /// `time_unix_nanos`: when the event happened; it is sent until it is [`Builder::max_age`](crate::Builder::max_age) old.
    pub const fn new(priority: Priority, time_unix_nanos: u64) -> Self {
        Self { priority, time: time_unix_nanos, scope: None, durability: None }
    }

    /// Under its own encoded `InstrumentationScope` instead of [`Builder::scope`](crate::Builder::scope).
    pub const fn scope(mut self, encoded: &'a [u8]) -> Self {
        self.scope = Some(encoded);
        self
    }

    /// Instead of what [`Builder::durability`](crate::Builder::durability) says for the priority.
    pub const fn durability(mut self, durability: Durability) -> Self {
        self.durability = Some(durability);
        self
    }
}

impl fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("priority", &self.priority)
            .field("time", &self.time)
            .field("scope_bytes", &self.scope.map(<[u8]>::len))
            .field("durability", &self.durability)
            .finish()
    }
}
