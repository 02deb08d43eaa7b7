//! One attribute of a contract, and who supplies it.

use super::Rule;

/// One allowed key.
#[derive(Debug)]
pub struct Attribute {
    /// The key on the wire.
    pub key: &'static str,
    /// What its value must be.
    pub rule: Rule,
    /// Who may set the value.
    pub origin: Origin,
    /// Who knows the value. Middleware and layer fill by this, never by the key.
    pub supplier: Supplier,
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
        self.origin.from_caller() && self.made_by.is_none() && !matches!(self.origin, Origin::Journey)
    }

    /// An attribute that the caller sets, on every step.
    #[must_use]
    pub const fn caller(key: &'static str, rule: Rule, brief: &'static str) -> Self {
        Self::new(key, rule, Origin::Caller, Supplier::Caller, brief)
    }

    /// An attribute that the process's configuration sets, on every step.
    #[must_use]
    pub const fn process(key: &'static str, rule: Rule, brief: &'static str) -> Self {
        Self::new(key, rule, Origin::Process, Supplier::Process, brief)
    }

    /// An attribute that has one value, on every step.
    #[must_use]
    pub const fn constant(key: &'static str, text: &'static str, brief: &'static str) -> Self {
        let attribute = Self::new(key, Rule::Const(text), Origin::Contract, Supplier::Contract, brief);
        Self { presence: Presence::Always, ..attribute }
    }

    pub(super) const fn new(
        key: &'static str,
        rule: Rule,
        origin: Origin,
        supplier: Supplier,
        brief: &'static str,
    ) -> Self {
        Self {
            key,
            rule,
            origin,
            supplier,
            steps: StepSet::ALL,
            presence: Presence::When("optional"),
            brief,
            derived_from: None,
            made_by: None,
            links: false,
        }
    }

    /// Only on the steps at these positions.
    #[must_use]
    pub const fn on(self, steps: &[u32]) -> Self {
        Self { steps: StepSet::of(steps), ..self }
    }

    /// When it is present, for the documentation.
    #[must_use]
    pub const fn when(self, when: &'static str) -> Self {
        Self { presence: Presence::When(when), ..self }
    }

    /// Known to whoever sees the request: the service's own middleware.
    #[must_use]
    pub const fn known_by_request(self) -> Self {
        Self { supplier: Supplier::Request(RequestPart::Other), ..self }
    }

    /// Only a type of ours can make the value.
    #[must_use]
    pub const fn made_by(self, maker: Maker) -> Self {
        Self { made_by: Some(maker), ..self }
    }

    /// Tells whose record it is.
    #[must_use]
    pub const fn links(self) -> Self {
        Self { links: true, ..self }
    }

    pub(super) const fn always(self) -> Self {
        Self { presence: Presence::Always, ..self }
    }

    pub(super) const fn derived_from(self, field: &'static str, method: DerivationMethod) -> Self {
        Self { derived_from: Some(Derivation { field, method }), ..self }
    }
}

/// Who knows an attribute's value, as the contract's file has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Supplier {
    /// The contract itself.
    Contract,
    /// The configuration of the process.
    Process,
    /// The journey that the event belongs to.
    Journey(JourneyPart),
    /// The request that the event belongs to.
    Request(RequestPart),
    /// The caller.
    Caller,
    /// The active span.
    Span,
}

/// What a journey knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JourneyPart {
    /// Its id.
    Id,
    /// When it began, in milliseconds since 1970.
    Start,
    /// Who began it.
    EntryActor,
    /// Whether it counts in a KPI.
    Cohort,
}

/// What a request knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestPart {
    /// Who acts.
    Actor,
    /// The pseudonym of the client's network.
    Fingerprint,
    /// Which key made that.
    FingerprintKey,
    /// Anything that the service's own middleware finds out.
    Other,
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

/// Who may set an attribute's value.
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
    /// The journey that the caller gives, as our own type, or nobody.
    Journey,
    /// The trace id of the active span.
    TraceId,
    /// The id of the active span.
    SpanId,
}

impl Origin {
    /// Whether a caller's value is accepted.
    #[must_use]
    pub const fn from_caller(self) -> bool {
        matches!(self, Self::Caller | Self::CallerOrProcess | Self::CallerOrGenerated | Self::Journey)
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
    /// What a [`Journey`](crate::Journey) knows, of its text or its sealed form.
    Journey,
}

/// A set of steps by their position in [`Contract::steps`](super::Contract::steps).
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
