//! Where rows come from.

use std::borrow::Cow;

use super::table_type::Table;
use crate::time::TimeRange;

/// Where rows come from.
///
/// A store that keeps columns lends its [`Table`]; one that keeps rows builds a table of the range that is asked
/// for and gives it away.
pub trait Source: Sync {
    /// Event types that have rows, in any order.
    fn event_types(&self) -> Vec<String>;

    /// The rows of an event type: at least those within `range`, more do no harm. `None` for an unknown type.
    fn table(&self, event_type: &str, range: TimeRange) -> Option<Cow<'_, Table>>;

    /// A lookup table, as `FROM lookup(name)` asks for it.
    fn lookup(&self, name: &str) -> Option<Cow<'_, Table>> {
        let _ = name;
        None
    }
}
