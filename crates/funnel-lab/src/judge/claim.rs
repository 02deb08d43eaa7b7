//! Chooses the rules for a record, by its declared type or by the type it probably means.
//!
//! New Relic reads `newrelic.event.type` to the letter. A record that misses it by a letter case, a blank or a type is
//! stored where no query of the funnel finds it, and its sender would want to know.

use super::fate;
use crate::layout::{CONTRACT, STEP};
use crate::otlp::{Any, LogRecord};

/// What a record claims to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Claim<'a> {
    /// Of the funnel, as New Relic reads it.
    Funnel,
    /// Of the funnel by everything but its mark, which is missing or wrong.
    Meant(Option<Any<'a>>),
    /// Of anything else, with its mark.
    Other(Option<Any<'a>>),
}

impl<'a> Claim<'a> {
    pub(super) fn of(record: &LogRecord<'a>) -> Self {
        // New Relic drops a null without a word, as if it were not there.
        let mark = record
            .attributes
            .iter()
            .rev()
            .find(|(key, value)| *key == fate::EVENT_TYPE && *value != Any::Null)
            .map(|(_, value)| *value);
        let meant = match mark {
            Some(Any::Text(kind)) if kind == CONTRACT.event_name => return Self::Funnel,
            Some(Any::Text(kind)) if !kind.trim().is_empty() => {
                resembles(kind, CONTRACT.event_name)
                    || resembles(record.event_name, CONTRACT.event_name)
                    || (has_step(record) && is_misspelt(kind, CONTRACT.event_name))
            }
            Some(_) | None => resembles(record.event_name, CONTRACT.event_name) || has_step(record),
        };
        if meant { Self::Meant(mark) } else { Self::Other(mark) }
    }
}

fn has_step(record: &LogRecord<'_>) -> bool {
    record.attributes.iter().any(|(key, _)| resembles(key, CONTRACT.attributes[STEP].key))
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
