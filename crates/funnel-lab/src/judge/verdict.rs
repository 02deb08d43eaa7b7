//! The verdict on a record.

/// What the lab thinks of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum EventVerdict {
    /// A record of the funnel that keeps the contract.
    Good,
    /// A record of the funnel that breaks it.
    Bad,
    /// Good, but its `eventId` was there before.
    Duplicate,
    /// Not of the funnel.
    Other,
}

impl EventVerdict {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Good, Self::Bad, Self::Duplicate, Self::Other];

    /// The word in the API and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Duplicate => "duplicate",
            Self::Other => "other",
        }
    }

    /// From its word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.as_str() == word)
    }
}
