//! Chooses the rules for a record, by its declared type or by the type it probably means.
//!
//! New Relic reads `newrelic.event.type` to the letter. A record that misses it by a letter case, a blank or a type is
//! stored where no query of the funnel finds it, and its sender would want to know.

use super::fate;
use crate::contracts::{Contracts, Layout, STEP};
use crate::otlp::{Any, LogRecord};

/// What a record claims to be. A contract is named by its position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Claim<'a> {
    /// Of a contract, as New Relic reads it.
    Funnel(usize),
    /// Of a contract by everything but its mark, which is missing or wrong.
    Meant(usize, Option<Any<'a>>),
    /// Of anything else, with its mark.
    Other(Option<Any<'a>>),
}

impl<'a> Claim<'a> {
    pub(super) fn of(record: &LogRecord<'a>, contracts: &Contracts) -> Self {
        // New Relic drops a null without a word, as if it were not there.
        let mark = record
            .attributes
            .iter()
            .rev()
            .find(|(key, value)| *key == fate::EVENT_TYPE && *value != Any::Null)
            .map(|(_, value)| *value);
        if let Some(Any::Text(kind)) = mark
            && let Some(contract) = contracts.find(kind)
        {
            return Self::Funnel(contract);
        }
        let named =
            |name: &str| contracts.iter().position(|known| resembles(name, known.contract.event_name));
        let meant = match mark {
            Some(Any::Text(kind)) if !kind.trim().is_empty() => {
                let misspelt = |known: &Layout| is_misspelt(kind, known.contract.event_name);
                named(kind).or_else(|| named(record.event_name)).or_else(|| {
                    contracts.iter().position(|known| misspelt(known) && step(record, known).is_some())
                })
            }
            Some(_) | None => named(record.event_name).or_else(|| by_step(record, contracts)),
        };
        meant.map_or(Self::Other(mark), |contract| Self::Meant(contract, mark))
    }
}

/// The contract that a record with a step is of: the first that has the step, else the first that is a funnel.
fn by_step(record: &LogRecord<'_>, contracts: &Contracts) -> Option<usize> {
    let has = |known: &Layout| match step(record, known) {
        Some(Any::Text(name)) => known.contract.step_position(name).is_some(),
        _ => false,
    };
    let known = contracts.iter().position(has);
    known.or_else(|| contracts.iter().position(|known| step(record, known).is_some()))
}

/// The step that a record says, if the contract has steps.
fn step<'a>(record: &LogRecord<'a>, known: &Layout) -> Option<Any<'a>> {
    known.step?;
    record.attributes.iter().find(|(key, _)| resembles(key, STEP)).map(|(_, value)| *value)
}

fn letters(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|character| character.is_alphanumeric()).map(|letter| letter.to_ascii_lowercase())
}

/// Whether two names are the same but for letter case, blanks and punctuation.
fn resembles(text: &str, name: &str) -> bool {
    !text.is_empty() && letters(text).eq(letters(name))
}

/// The most letters in which a misspelt name differs.
const MISSPELT_MAX: usize = 2;

/// Whether a name is another with a letter or two too many, too few or wrong.
fn is_misspelt(text: &str, name: &str) -> bool {
    if text.len() > 2 * name.len() {
        return false;
    }
    let name: Vec<char> = letters(name).collect();
    let mut distances: Vec<usize> = (0..=name.len()).collect();
    for (row, letter) in letters(text).enumerate() {
        let mut diagonal = std::mem::replace(&mut distances[0], row + 1);
        for (at, other) in name.iter().enumerate() {
            let substituted = diagonal + usize::from(letter != *other);
            diagonal = distances[at + 1];
            distances[at + 1] = substituted.min(diagonal + 1).min(distances[at] + 1);
        }
    }
    distances[name.len()] <= MISSPELT_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_resembles_another_but_for_case_blanks_and_punctuation() {
        for near in [
            "instantfunnel",
            "INSTANTFUNNEL",
            "InstantFunnel ",
            " Instant Funnel",
            "instant_funnel",
            "\u{200b}InstantFunnel",
        ] {
            assert!(resembles(near, "InstantFunnel"), "{near:?}");
        }
        for far in ["", " ", "InstantFunnels", "Funnel", "Instant"] {
            assert!(!resembles(far, "InstantFunnel"), "{far:?}");
        }
    }

    #[test]
    fn a_misspelt_name_differs_in_two_letters_at_most() {
        for near in ["InstantFunnels", "InstatFunnel", "IntsantFunnel", "InstantFunel", "instant-funels"] {
            assert!(is_misspelt(near, "InstantFunnel"), "{near}");
        }
        for far in ["ShopFunnel", "Funnel", "Instant", "Deploy", "", &"x".repeat(10_000)] {
            assert!(!is_misspelt(far, "InstantFunnel"), "{far}");
        }
    }
}
