//! Journeys and teams.

use uuid::Uuid;

use super::ParseIdError;
use super::random::random_uuid;
use crate::contract::fixed::{JOURNEY_VERSIONS, TEAM_VERSIONS};
use crate::contract::is_of_version;
use crate::value::{Content, Given};

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident: $versions:expr, $expected:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that exists already.
            ///
            /// # Errors
            /// Another variant than RFC 9562's, or a version that is not listed above: nil and all ones too.
            pub fn from_uuid(uuid: Uuid) -> Result<Self, ParseIdError> {
                if is_of_version(&uuid, $versions) {
                    Ok(Self(uuid))
                } else {
                    Err(ParseIdError { expected: $expected })
                }
            }

            /// The UUID itself.
            #[must_use]
            pub const fn as_uuid(&self) -> &Uuid {
                &self.0
            }

            /// Reads the hyphenated form of 36 characters, in either letter case.
            ///
            /// # Errors
            /// Any other text, and a UUID that [`from_uuid`](Self::from_uuid) refuses.
            pub fn parse(text: &str) -> Result<Self, ParseIdError> {
                // Of the forms that `try_parse` takes, the hyphenated one alone has 36 characters.
                match Uuid::try_parse(text) {
                    Ok(uuid) if text.len() == 36 && is_of_version(&uuid, $versions) => Ok(Self(uuid)),
                    _ => Err(ParseIdError { expected: $expected }),
                }
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

        impl From<$name> for Given<'_> {
            #[inline]
            fn from(id: $name) -> Self {
                Self(Content::Uuid(id.0))
            }
        }

        impl TryFrom<Uuid> for $name {
            type Error = ParseIdError;

            fn try_from(uuid: Uuid) -> Result<Self, Self::Error> {
                Self::from_uuid(uuid)
            }
        }
    };
}

uuid_id! {
    /// One person's way through the funnel: the id that all four steps share.
    ///
    /// Minted at first touch, carried in the onboarding token, stored with the team, read back by the payment
    /// webhook. A UUID of version 4 or 7. Privacy: random, so it says nothing about the person; it links what the
    /// person does.
    ///
    /// ```
    /// use instant_funnel_core::JourneyId;
    /// let minted = JourneyId::new();
    /// assert_eq!(JourneyId::parse(&minted.to_string()), Ok(minted));
    /// assert!(JourneyId::parse("jane@example.com").is_err());
    /// ```
    JourneyId: JOURNEY_VERSIONS, "a hyphenated UUID of version 4 or 7"
}

uuid_id! {
    /// A team, by the opaque id that the service's own database gave it: a UUID of version 4, 5, 7 or 8.
    ///
    /// Ids of another form (`org_123`, a number, a ULID, a UUID of version 1) become one through
    /// [`Pseudonymizer::team_id`](crate::Pseudonymizer::team_id).
    ///
    /// Privacy: a version 5 is an unkeyed hash. Whoever knows its namespace can try names: a team id that is the
    /// version 5 of an e-mail address is that address to anyone who guesses it.
    TeamId: TEAM_VERSIONS, "a hyphenated UUID of version 4, 5, 7 or 8; make one of another id with `team_id`"
}

impl TeamId {
    /// Mints a random one, for a service that gives its teams no id yet.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a default that differs each time surprises")]
    pub fn new() -> Self {
        Self(random_uuid())
    }

    /// A version 8 UUID of a digest.
    pub(crate) const fn of_digest(digest: [u8; 16]) -> Self {
        Self(uuid::Builder::from_custom_bytes(digest).into_uuid())
    }
}

impl JourneyId {
    /// Mints a random one (UUID version 4, from the operating system's random source).
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a default that differs each time surprises")]
    pub fn new() -> Self {
        Self(random_uuid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEITHER: [&str; 7] = [
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "c232ab00-9414-11ec-b3c8-9e6bdeced846",
        "000003e8-9414-21ec-b300-9e6bdeced846",
        "1ec9414c-232a-6b00-b3c8-9e6bdeced846",
        "41555501-3400-0000-0000-000000000000",
        "01890a5d-ac96-474b-cbce-b302099a8057",
    ];

    #[test]
    fn a_journey_is_of_version_4_or_7_and_a_team_of_4_5_7_or_8_whichever_way_it_comes() {
        for version in 1..=8_u8 {
            let text = format!("01890a5d-ac96-{version}74b-bcce-b302099a8057");
            let uuid = Uuid::try_parse(&text).unwrap();
            let journey = matches!(version, 4 | 7);
            let team = matches!(version, 4 | 5 | 7 | 8);
            assert_eq!(JourneyId::parse(&text).is_ok(), journey, "{text}");
            assert_eq!(JourneyId::parse(&text.to_uppercase()).is_ok(), journey, "{text}");
            assert_eq!(JourneyId::from_uuid(uuid).is_ok(), journey, "{text}");
            assert_eq!(text.parse::<JourneyId>().is_ok(), journey, "{text}");
            assert_eq!(TeamId::parse(&text).is_ok(), team, "{text}");
            assert_eq!(TeamId::from_uuid(uuid).is_ok(), team, "{text}");
            assert_eq!(TeamId::try_from(uuid).is_ok(), team, "{text}");
        }
        for text in NEITHER {
            let uuid = Uuid::try_parse(text).unwrap();
            assert!(JourneyId::parse(text).is_err() && JourneyId::from_uuid(uuid).is_err(), "{text}");
            assert!(TeamId::parse(text).is_err() && TeamId::from_uuid(uuid).is_err(), "{text}");
        }
    }
}
