//! What an InstantFunnel record may say: one const table.
//!
//! The documentation table, the collector's allowlist, the exported JSON and the NRQL schema are made from
//! [`CONTRACT`] or checked against it. The engine ([`Checker`](crate::Checker), the encoder) walks a [`Contract`]
//! and never names a key, so another funnel is another table and not another engine.

mod judge;
mod rule;
mod scan;
mod table;

pub use judge::RawValue;
pub use rule::{Rule, Violation};
pub(crate) use table::at;
pub use table::{CONTRACT, CONTRACT_VERSION, ParseStepError, RESOURCE_KEYS, RESOURCE_RULE, Step};

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
    /// Who goes first when delivery is short of room.
    pub priority: Priority,
}

/// Which records give way when delivery is short of room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Priority {
    /// Many and cheap: refused first.
    Bulk,
    /// Few and dear, such as a payment: may fill a queue to the brim.
    Value,
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
    /// The steps on which it can occur; a reader may warn about a query that asks for it elsewhere.
    pub steps: StepSet,
    /// When it is present, for the documentation.
    pub when: &'static str,
    /// What it means, for the documentation.
    pub brief: &'static str,
    /// A raw field that is turned into this attribute, and is never recorded itself.
    pub derived_from: Option<Derivation>,
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

/// A raw field that must never be recorded and the pseudonym that may stand for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Derivation {
    /// The raw field's name, matched in any letter case.
    pub field: &'static str,
    /// How its value is pseudonymised.
    pub pseudonym: PseudonymKind,
}

/// The pseudonyms that can be derived from a raw field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PseudonymKind {
    /// [`EmailHash`](crate::EmailHash).
    Email,
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

    /// The attribute that a raw field is turned into, with how; the field's letter case does not matter.
    #[must_use]
    pub fn derived(&self, field: &str) -> Option<(usize, PseudonymKind)> {
        self.attributes.iter().enumerate().find_map(|(at, attribute)| {
            attribute
                .derived_from
                .filter(|derivation| derivation.field.eq_ignore_ascii_case(field))
                .map(|derivation| (at, derivation.pseudonym))
        })
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
