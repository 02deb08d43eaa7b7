//! Row counts by event type and by resource.

use std::collections::BTreeMap;

/// How many rows of the file belong to what else is kept.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Rows that queries count, by event type.
    pub(super) types: BTreeMap<String, u64>,
    /// Rows by resource.
    pub(super) resources: BTreeMap<i64, u64>,
}

impl Tally {
    pub(super) fn add(&mut self, kind: &str, stored: bool, resource: i64) {
        if stored {
            match self.types.get_mut(kind) {
                Some(count) => *count += 1,
                None => drop(self.types.insert(kind.to_owned(), 1)),
            }
        }
        *self.resources.entry(resource).or_default() += 1;
    }

    /// The resources, in order, that no row has any more without those that have gone.
    pub(super) fn orphans(&self, gone: &Self) -> Vec<i64> {
        let orphan = |(id, count): (&i64, &u64)| (self.resources.get(id) <= Some(count)).then_some(*id);
        gone.resources.iter().filter_map(orphan).collect()
    }

    pub(super) fn subtract(&mut self, gone: &Self) {
        for (kind, count) in &gone.types {
            if let Some(held) = self.types.get_mut(kind) {
                *held = held.saturating_sub(*count);
            }
        }
        for (resource, count) in &gone.resources {
            if let Some(held) = self.resources.get_mut(resource) {
                *held = held.saturating_sub(*count);
            }
        }
        self.types.retain(|_, held| *held > 0);
        self.resources.retain(|_, held| *held > 0);
    }
}
