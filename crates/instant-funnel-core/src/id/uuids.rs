//! Journeys and teams.

use super::ParseIdError;
use crate::contract::Rule;
use uuid::Uuid;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that exists already.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID itself.
            #[must_use]
            pub const fn as_uuid(&self) -> &Uuid {
                &self.0
            }

            /// Reads the hyphenated form of 36 characters, in either letter case.
            ///
            /// # Errors
            /// Any other text.
            pub fn parse(text: &str) -> Result<Self, ParseIdError> {
                Rule::Uuid
                    .check_text(text)
                    .ok()
                    .and_then(|()| Uuid::try_parse(text).ok())
                    .map(Self)
                    .ok_or(ParseIdError { expected: "a hyphenated UUID of 36 characters" })
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }
    };
}

uuid_id! {
    /// One person's way through the funnel: the id that all four steps share.
    ///
    /// Minted at first touch, carried in the onboarding token, stored with the team, read back by the payment
    /// webhook. Privacy: random, so it says nothing about the person; it links what the person does.
    ///
    /// ```
    /// use instant_funnel_core::JourneyId;
    /// let minted = JourneyId::new();
    /// assert_eq!(JourneyId::parse(&minted.to_string()), Ok(minted));
    /// assert!(JourneyId::parse("jane@example.com").is_err());
    /// ```
    JourneyId
}

uuid_id! {
    /// A team, by the opaque id that the service's own database gave it.
    TeamId
}

impl JourneyId {
    /// Mints a random one (UUID version 4, from the operating system's random source).
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a default that differs each time surprises")]
    pub fn new() -> Self {
        Self(Uuid::new_v4())
    }
}
