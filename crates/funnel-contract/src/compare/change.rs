//! One difference.

/// Who reads or writes records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    /// A service that still sends by the older contract, or code that was written against it.
    Sender,
    /// A collector that still holds to the older contract.
    Collector,
    /// A query, a dashboard or an alert that was written for the older contract.
    Query,
}

impl Party {
    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sender => "sender",
            Self::Collector => "collector",
            Self::Query => "query",
        }
    }
}

/// What kind of a change it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// Words for people: `brief`, `doc`, `when`.
    Wording,
    /// Something new, or wider than it was: what passed before still passes.
    Wider,
    /// Something that is gone, or narrower than it was: what passed before may be dropped.
    Narrower,
    /// Something else than it was.
    Other,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractChange {
    /// What changed.
    pub what: String,
    /// How.
    pub kind: ChangeKind,
    /// For whom it breaks as long as they are not changed too.
    pub breaks: Vec<Party>,
}

/// Notes a change.
pub(super) fn note(changes: &mut Vec<ContractChange>, kind: ChangeKind, breaks: &[Party], what: String) {
    changes.push(ContractChange { what, kind, breaks: breaks.to_vec() });
}
