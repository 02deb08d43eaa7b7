//! Identifiers and steps as serde strings: their form on the wire, checked when read.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::contract::Step;
use crate::id::{EventId, JourneyId, TeamId};
use crate::journey::Journey;

macro_rules! as_text {
    ($($name:ty)+) => {
        $(
            impl Serialize for $name {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.collect_str(self)
                }
            }

            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                    text.parse().map_err(D::Error::custom)
                }
            }
        )+
    };
}

as_text!(EventId Journey JourneyId Step TeamId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_travel_as_their_text_and_bad_text_is_refused() {
        let id = JourneyId::new();
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, format!("\"{id}\""));
        assert_eq!(serde_json::from_str::<JourneyId>(&json).unwrap(), id);
        let journey = Journey::begin(crate::Actor::AgentMcp);
        let field = serde_json::to_string(&journey).unwrap();
        assert_eq!(field, format!("\"{journey}\""));
        assert_eq!(serde_json::from_str::<Journey>(&field).unwrap(), journey);
        assert_eq!(serde_json::from_str::<Journey>(&json).unwrap(), id.into());
        assert_eq!(serde_json::from_str::<Step>("\"paid\"").unwrap(), Step::Paid);
        let error = serde_json::from_str::<TeamId>("\"jane@example.com\"").unwrap_err();
        assert!(!error.to_string().contains("jane"), "{error}");
    }
}
