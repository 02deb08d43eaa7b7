//! What an InstantFunnel record may say: one const table.
//!
//! The documentation table, the collector's allowlist, the exported JSON and the NRQL schema are made from
//! [`CONTRACT`] or checked against it. The engine ([`Checker`](crate::Checker), the encoder) walks a [`Contract`]
//! and never names a key, so another funnel is another table and not another engine.

mod credential;
mod judge;
mod resource;
mod rule;
mod scan;
mod step;
mod table;
mod text;
mod violation;

#[cfg(feature = "export")]
pub(crate) use credential::credential_table;
pub use judge::RawValue;
pub use resource::{RESOURCE, ResourceAttribute, check_resource};
#[cfg(feature = "export")]
pub(crate) use rule::OPAQUE_VERSIONS;
pub use rule::Rule;
pub(crate) use rule::is_of_version;
pub use step::{ParseStepError, Step};
pub use table::{CONTRACT, CONTRACT_VERSION};
pub(crate) use table::{JOURNEY_VERSIONS, TEAM_VERSIONS, at};
#[cfg(feature = "export")]
pub(crate) use text::{Forbidden, NOT_IN_A_NAME, NOT_IN_A_SLUG, NOT_IN_A_VERSION, SLUG_MAX, plain_pattern};
pub use violation::Violation;

/// The most attributes a contract can have. Records keep one slot for each on the stack.
pub const MAX_ATTRIBUTES: usize = 20;

/// One funnel's contract: its event, its steps and the only attributes its records can carry.
#[derive(Debug)]
pub struct Contract {
    /// The OTLP event name, also the body and the name of the New Relic event type.
    pub event_name: &'static str,
    /// Raised when a record of the older table would no longer pass.
    pub version: u32,
    /// The steps in funnel order.
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

/// One allowed key.
#[derive(Debug)]
pub struct Attribute {
    /// The key on the wire.
    pub key: &'static str,
    /// What its value must be.
    pub rule: Rule,
    /// Who supplies the value.
    pub origin: Origin,
    /// The steps on which it may occur. Elsewhere a caller's value is refused, and the collector deletes it.
    pub steps: StepSet,
    /// When it is present.
    pub presence: Presence,
    /// What it means, for the documentation.
    pub brief: &'static str,
    /// A raw field that is turned into this attribute, and is never recorded itself.
    pub derived_from: Option<Derivation>,
    /// The type of ours that alone can make the value. Text cannot prove who made it, so it is refused.
    pub made_by: Option<Maker>,
    /// Whether the attribute tells which person or journey the record belongs to. Left out when consent is denied.
    pub links: bool,
}

impl Attribute {
    /// Whether a value that arrives as text, a boolean or another raw form can be taken from a caller.
    #[must_use]
    pub const fn takes_raw(&self) -> bool {
        self.origin.from_caller() && self.made_by.is_none()
    }
}

/// When an attribute is present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// On every record.
    Always,
    /// On some records: when, for the documentation.
    When(&'static str),
}

impl std::fmt::Display for Presence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Always => "always",
            Self::When(when) => when,
        })
    }
}

/// The types whose values travel as hexadecimal text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Maker {
    /// [`EventId`](crate::EventId).
    EventId,
    /// [`Fingerprint`](crate::Fingerprint).
    Fingerprint,
    /// [`KeyId`](crate::KeyId).
    KeyId,
    /// [`EmailHash`](crate::EmailHash).
    EmailHash,
}

/// Who supplies an attribute's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The contract itself: the value of [`Rule::Const`].
    Contract,
    /// The recorded step. A record without a known one is dropped whole.
    Step,
    /// The process configuration alone; a caller's value is refused.
    Process,
    /// The caller, else the process configuration.
    CallerOrProcess,
    /// The caller, else a fresh [`EventId`](crate::EventId).
    CallerOrGenerated,
    /// The caller or nobody.
    Caller,
    /// The trace id of the active span.
    TraceId,
    /// The id of the active span.
    SpanId,
}

impl Origin {
    /// Whether a caller's value is accepted.
    #[must_use]
    pub const fn from_caller(self) -> bool {
        matches!(self, Self::Caller | Self::CallerOrProcess | Self::CallerOrGenerated)
    }

    /// Whether the value differs from one record to the next without the caller: fresh ids and the active span.
    #[must_use]
    pub const fn from_moment(self) -> bool {
        matches!(self, Self::CallerOrGenerated | Self::TraceId | Self::SpanId)
    }

    /// Whether a field of an enclosing span may fill the attribute. An event's own id must not repeat.
    #[must_use]
    pub const fn inherited(self) -> bool {
        matches!(self, Self::Caller | Self::CallerOrProcess)
    }
}

/// A raw field that is never recorded itself, and what is made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Derivation {
    /// The raw field's name, matched in any letter case.
    pub field: &'static str,
    /// How the attribute's value is made of it.
    pub method: DerivationMethod,
}

/// What can be made of a raw field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DerivationMethod {
    /// The [`EmailHash`](crate::EmailHash) of an e-mail address.
    EmailHash,
    /// The [`EventId`](crate::EventId) of the step and a business fact.
    EventId,
}

/// A set of steps by their position in [`Contract::steps`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepSet(u32);

impl StepSet {
    /// Every step of any contract.
    pub const ALL: Self = Self(u32::MAX);

    /// The steps at these positions.
    #[must_use]
    pub const fn of(positions: &[u32]) -> Self {
        let mut bits = 0;
        let mut at = 0;
        while at < positions.len() {
            bits |= 1 << positions[at];
            at += 1;
        }
        Self(bits)
    }

    /// Whether the step at `position` is in the set.
    #[must_use]
    pub const fn contains(self, position: usize) -> bool {
        self.0 & (1 << position) != 0
    }
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
