//! The ids of journeys, each with a number.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

use super::events::NOBODY;

/// Ids by number, one after the other in one string, so that a copy costs no allocation per id.
#[derive(Debug, Clone, Default)]
pub(super) struct Ids {
    text: String,
    /// Where each id ends.
    ends: Vec<usize>,
}

impl Ids {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn get(&self, number: usize) -> &str {
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[number]]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|number| self.get(number))
    }

    fn push(&mut self, id: &str) {
        self.text.push_str(id);
        self.ends.push(self.text.len());
    }
}

/// Half of an id's hash, so that neither growth nor most comparisons look at the text, and its number.
#[derive(Debug, Clone, Copy)]
struct Entry {
    hash: u32,
    number: u32,
}

impl Entry {
    /// A hash of 64 bits, as the table wants it.
    fn spread(hash: u32) -> u64 {
        u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

/// Finds the number of an id.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    ids: Ids,
    table: HashTable<Entry>,
    /// Senders choose the ids, so the hash must not be predictable.
    hasher: RandomState,
}

impl Numbers {
    /// How many numbers are given away: all below it.
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(super) fn ids(&self) -> &Ids {
        &self.ids
    }

    /// The number of an id. A new id gets the next number; `None` if all numbers are taken.
    pub(super) fn of(&mut self, id: &str) -> Option<u32> {
        let Self { ids, table, hasher } = self;
        let hash = (hasher.hash_one(id) >> 32) as u32;
        let is_it = |entry: &Entry| entry.hash == hash && ids.get(entry.number as usize) == id;
        if let Some(entry) = table.find(Entry::spread(hash), is_it) {
            return Some(entry.number);
        }
        let number = u32::try_from(ids.len()).ok().filter(|number| *number != NOBODY)?;
        ids.push(id);
        table.insert_unique(Entry::spread(hash), Entry { hash, number }, |entry| Entry::spread(entry.hash));
        Some(number)
    }

    /// Keeps the ids whose new number is below `kept`; `fresh` has the new number of each old one.
    pub(super) fn renumber(&mut self, fresh: &[u32], kept: u32) {
        let mut old = vec![0; kept as usize];
        for (number, fresh) in fresh.iter().enumerate() {
            if let Some(place) = old.get_mut(*fresh as usize) {
                *place = number;
            }
        }
        let all = std::mem::take(self);
        for number in old {
            self.of(all.ids.get(number));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_keeps_its_number_and_its_text() {
        let mut numbers = Numbers::default();
        let ids = ["b", "", "a", "5f8d0e1a-3b7c-4d2e-9f10-1a2b3c4d5e6f"];
        for _ in 0..2 {
            let given: Vec<_> = ids.iter().map(|id| numbers.of(id)).collect();
            assert_eq!(given, [Some(0), Some(1), Some(2), Some(3)]);
        }
        assert_eq!(numbers.ids().iter().collect::<Vec<_>>(), ids);
    }

    #[test]
    fn what_is_renumbered_is_found_under_its_new_number() {
        let mut numbers = Numbers::default();
        for number in 0..10_000 {
            assert_eq!(numbers.of(&number.to_string()), Some(number));
        }
        // Of the even ones, the last comes first.
        let fresh: Vec<u32> =
            (0..10_000).map(|old| if old % 2 == 0 { 4_999 - old / 2 } else { u32::MAX }).collect();
        numbers.renumber(&fresh, 5_000);
        assert_eq!(numbers.len(), 5_000);
        assert_eq!((numbers.of("9998"), numbers.of("0")), (Some(0), Some(4_999)));
        assert_eq!(numbers.of("1"), Some(5_000), "it was forgotten");
    }
}
