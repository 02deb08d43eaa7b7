//! The text of a journey: `j1.<id>.<start>.<entry actor>.<cohort>`.

use super::{Beginning, Journey};
use crate::contract::{Actor, Cohort};
use crate::id::{JourneyId, ParseIdError};

/// The version of the form.
const VERSION: &str = "j1";
/// What stands for a beginning that is unknown.
const UNKNOWN: &str = "-";
const ID_CHARS: usize = 36;
const START_DIGITS: usize = 13;

impl Journey {
    /// The text's parts, one after the other. Pieces put together by hand, since a first visit pays for it.
    fn write(&self, mut part: impl FnMut(&str)) {
        let mut id = [0; ID_CHARS];
        let id: &str = self.id.as_uuid().hyphenated().encode_lower(&mut id);
        if self.beginning.is_none() && self.cohort == Cohort::Real {
            return part(id);
        }
        part(VERSION);
        part(".");
        part(id);
        part(".");
        if let Some(Beginning { start, actor }) = self.beginning {
            part(std::str::from_utf8(&decimal(start)).unwrap_or(UNKNOWN));
            part(".");
            part(actor.as_str());
        } else {
            part(UNKNOWN);
            part(".");
            part(UNKNOWN);
        }
        part(".");
        part(self.cohort.as_str());
    }

    /// Appends what `Display` shows.
    pub(crate) fn push_to(&self, out: &mut String) {
        self.write(|part| out.push_str(part));
    }

    fn read(text: &str) -> Option<Self> {
        let Some(rest) = text.strip_prefix(VERSION).and_then(|rest| rest.strip_prefix('.')) else {
            return JourneyId::parse(text).ok().map(Self::from);
        };
        let (id, rest) = rest.split_at_checked(ID_CHARS)?;
        let id = JourneyId::parse(id).ok()?;
        // No actor and no cohort has a dot in it.
        let (start, rest) = rest.strip_prefix('.')?.split_once('.')?;
        let (actor, cohort) = rest.split_once('.')?;
        let cohort = *Cohort::ALL.iter().find(|listed| listed.as_str() == cohort)?;
        let beginning = match (start, actor) {
            (UNKNOWN, UNKNOWN) => None,
            _ => Some(Self::read_beginning(start, actor)?),
        };
        Some(Self { id, beginning, cohort })
    }

    fn read_beginning(start: &str, actor: &str) -> Option<Beginning> {
        let actor = *Actor::ALL.iter().find(|listed| listed.as_str() == actor)?;
        // `parse` would take a sign.
        let digits = start.len() == START_DIGITS && start.bytes().all(|byte| byte.is_ascii_digit());
        Beginning::of_millis(actor, start.parse().ok().filter(|_| digits)?)
    }
}

/// The last thirteen digits; a start has no more.
fn decimal(mut number: u64) -> [u8; START_DIGITS] {
    let mut digits = [b'0'; START_DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
    digits
}

impl std::fmt::Display for Journey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = String::with_capacity(80);
        self.push_to(&mut text);
        f.write_str(&text)
    }
}

impl std::str::FromStr for Journey {
    type Err = ParseIdError;

    /// Reads what `Display` shows, and a bare UUID as a journey whose beginning is unknown.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::read(text).ok_or(ParseIdError::NOT_A_JOURNEY)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    const ID: &str = "5f8d0e1a-3b7c-4d2e-9f10-1a2b3c4d5e6f";

    #[test]
    fn every_journey_is_read_back() {
        for actor in Actor::ALL {
            for cohort in Cohort::ALL {
                let begun = Journey::begin(*actor).with_cohort(*cohort);
                assert_eq!(begun.to_string().parse(), Ok(begun));
                let unknown = Journey::from(JourneyId::new()).with_cohort(*cohort);
                assert_eq!(unknown.to_string().parse(), Ok(unknown));
            }
        }
    }

    #[test]
    fn the_text_is_the_one_that_columns_hold() {
        let start = UNIX_EPOCH + Duration::from_millis(1_764_000_000_123);
        let journey = Journey { id: ID.parse().unwrap(), ..Journey::begin_at(Actor::AgentClaude, start) };
        assert_eq!(journey.to_string(), format!("j1.{ID}.1764000000123.agent_claude.real"));
        let unknown = Journey::from(journey.id());
        assert_eq!(unknown.to_string(), ID, "version 1 reads it");
        let synthetic = unknown.with_cohort(Cohort::Synthetic);
        assert_eq!(synthetic.to_string(), format!("j1.{ID}.-.-.synthetic"));
    }

    #[test]
    fn other_texts_are_none() {
        let good = format!("j1.{ID}.1764000000123.agent_claude.real");
        assert!(good.parse::<Journey>().is_ok());
        for bad in [
            String::new(),
            "j1".into(),
            format!("j1.{ID}"),
            format!("j2.{ID}.1764000000123.agent_claude.real"),
            format!("{good}."),
            format!("{good}.x"),
            format!(" {good}"),
            good.replace("real", "Real"),
            good.replace("agent_claude", "jane@example.com"),
            good.replace("agent_claude", "-"),
            good.replace("1764000000123", "-"),
            good.replace("1764000000123", "+764000000123"),
            good.replace("1764000000123", "01764000000123"),
            good.replace("1764000000123", "0000000000123"),
            good.replace("-4d2e-", "-1d2e-"),
        ] {
            assert!(bad.parse::<Journey>().is_err(), "{bad}");
        }
        let error = "jane@example.com".parse::<Journey>().unwrap_err().to_string();
        assert!(!error.contains("jane") && error.contains("Journey"), "{error}");
    }
}
