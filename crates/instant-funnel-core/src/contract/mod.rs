//! The contract of an InstantFunnel record: one const table, generated from `contracts/instant-funnel.toml`.
//!
//! The documentation table, the collector's allowlist, the exported JSON and the NRQL schema are made from
//! [`CONTRACT`] or checked against it. The engine ([`Checker`](crate::Checker), the encoder) walks a [`Contract`]
//! and never names a key, so another funnel is another table and not another engine.

mod attribute;
mod codes;
mod credential;
pub mod fixed;
mod judge;
mod lists;
mod resource;
mod rule;
mod scan;
mod step;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod violation;

pub use self::attribute::{
    Attribute, Derivation, DerivationMethod, JourneyPart, Maker, Origin, Presence, RequestPart, StepSet,
    Supplier,
};
#[cfg(feature = "export")]
pub(crate) use self::codes::{COUNTRIES, CURRENCIES};
#[cfg(feature = "export")]
pub(crate) use self::credential::credential_table;
pub use self::judge::RawValue;
pub use self::lists::{Actor, Cohort};
pub use self::resource::{RESOURCE, ResourceAttribute, check_resource};
#[cfg(feature = "export")]
pub(crate) use self::rule::OPAQUE_VERSIONS;
pub use self::rule::Rule;
pub(crate) use self::rule::is_of_version;
pub use self::step::{ParseStepError, Step};
pub(crate) use self::table::at;
pub use self::table::{CONTRACT, CONTRACT_VERSION};
#[cfg(feature = "export")]
pub(crate) use self::text::{
    Forbidden, NOT_IN_A_NAME, NOT_IN_A_SLUG, NOT_IN_A_VERSION, SLUG_MAX, plain_pattern,
};
pub use self::violation::Violation;

/// The most attributes a contract can have. Records keep one slot for each on the stack.
pub const MAX_ATTRIBUTES: usize = 32;

/// One contract: its event, its steps and the only attributes its records can carry.
#[derive(Debug)]
pub struct Contract {
    /// The OTLP event name, also the body and the name of the New Relic event type.
    pub event_name: &'static str,
    /// Raised when a record of the older table would no longer pass.
    pub version: u32,
    /// The Prometheus counter of its events, with the label `step`.
    pub counter: &'static str,
    /// The steps in funnel order; none for a plain event, which is not a funnel.
    pub steps: &'static [StepInfo],
    /// The allowlist, in wire order. At most [`MAX_ATTRIBUTES`].
    pub attributes: &'static [Attribute],
}

/// One step of a funnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepInfo {
    /// The step's value on the wire and its Prometheus label.
    pub name: &'static str,
    /// Whether its records are few and valuable, such as a payment: they still find room where the others are refused.
    pub critical: bool,
}

impl Contract {
    /// The position of `key` in [`attributes`](Self::attributes), for use in constants.
    ///
    /// # Panics
    /// When the key is not in the table; in a constant that is a compile error.
    #[must_use]
    #[expect(clippy::panic, reason = "only evaluated in constants, where it stops the build")]
    pub const fn index(&self, key: &str) -> usize {
        match self.position(key) {
            Some(at) => at,
            None => panic!("no such key in the contract"),
        }
    }

    /// The position of `key`, by exact spelling.
    #[must_use]
    pub const fn position(&self, key: &str) -> Option<usize> {
        let mut at = 0;
        while at < self.attributes.len() {
            if same(self.attributes[at].key.as_bytes(), key.as_bytes()) {
                return Some(at);
            }
            at += 1;
        }
        None
    }

    /// The attribute that is made of a raw field, with how; the field's letter case does not matter.
    #[must_use]
    pub fn derived(&self, field: &str) -> Option<(usize, DerivationMethod)> {
        self.attributes.iter().enumerate().find_map(|(at, attribute)| {
            attribute
                .derived_from
                .filter(|derivation| derivation.field.eq_ignore_ascii_case(field))
                .map(|derivation| (at, derivation.method))
        })
    }

    /// The attribute that a field of an enclosing span may fill on an event that is silent about it.
    #[must_use]
    pub fn inherited(&self, field: &str) -> Option<usize> {
        self.position(field)
            .or_else(|| self.derived(field).map(|(position, _)| position))
            .filter(|at| self.attributes[*at].origin.inherited())
    }

    /// Whether the attribute at position `attribute` may occur on the step at position `step`.
    #[must_use]
    pub fn may_occur(&self, attribute: usize, step: usize) -> bool {
        self.attributes.get(attribute).is_some_and(|attribute| attribute.steps.contains(step))
    }

    /// The position of a step by its wire name.
    #[must_use]
    pub fn step_position(&self, name: &str) -> Option<usize> {
        self.steps.iter().position(|step| step.name == name)
    }

    /// Whether it is a funnel: a plain event has no steps.
    #[must_use]
    pub const fn is_funnel(&self) -> bool {
        !self.steps.is_empty()
    }

    /// The position of what `supplier` supplies.
    #[must_use]
    pub fn supplied_by(&self, supplier: Supplier) -> Option<usize> {
        self.attributes.iter().position(|attribute| attribute.supplier == supplier)
    }

    /// Compares by identity: two contracts are the same only when they are the same table.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}
