//! The identifiers of the contract, each a type of its own so that one cannot stand for another.

mod event;
mod pseudonyms;
mod random;
mod uuids;

pub use self::event::EventId;
pub(crate) use self::event::{has_letter, lettered};
pub use self::pseudonyms::{EmailHash, Fingerprint, KeyId};
pub use self::uuids::{JourneyId, TeamId};

/// A string that is not the identifier it was read as. Holds nothing of the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not {expected}")]
pub struct ParseIdError {
    expected: &'static str,
}

impl ParseIdError {
    pub(crate) const NOT_A_JOURNEY: Self =
        Self { expected: "a journey as `Journey` shows it, or a hyphenated UUID of version 4 or 7" };
}
