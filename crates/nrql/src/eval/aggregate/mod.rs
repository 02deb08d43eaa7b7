//! Aggregates: what they keep for each group, and what they make of it.

mod accumulator;
mod sets;
mod spec;
mod states;
mod steps;
mod values;
mod whole;

pub(super) use accumulator::{Accumulator, Finish};
pub(super) use spec::{Aggregate, AggregateKind};

/// What is kept for one group.
pub(super) trait State: Clone + Default {
    /// Takes in what another thread, or another group, kept.
    fn merge(&mut self, other: &Self);

    /// Memory beside the state itself.
    fn heap(&self) -> usize {
        0
    }
}

/// A state for each group.
#[derive(Default)]
pub(super) struct PerGroup<S> {
    states: Vec<S>,
}

impl<S: State> PerGroup<S> {
    #[inline]
    pub(super) fn at(&mut self, group: u32) -> &mut S {
        let group = group as usize;
        if group >= self.states.len() {
            self.states.resize(group + 1, S::default());
        }
        &mut self.states[group]
    }

    /// Takes in another thread's states, whose group `g` is group `moved[g]` here.
    pub(super) fn absorb(&mut self, other: Self, moved: &[u32]) {
        for (state, group) in other.states.into_iter().zip(moved) {
            self.at(*group).merge(&state);
        }
    }

    /// The state of several groups taken as one.
    pub(super) fn union(&self, groups: &[u32]) -> S {
        let mut found = groups.iter().filter_map(|group| self.states.get(*group as usize));
        let mut union = found.next().cloned().unwrap_or_default();
        found.for_each(|state| union.merge(state));
        union
    }

    pub(super) fn map(&mut self, change: impl FnMut(&mut S)) {
        self.states.iter_mut().for_each(change);
    }

    pub(super) fn bytes(&self) -> usize {
        self.states.capacity() * size_of::<S>() + self.states.iter().map(State::heap).sum::<usize>()
    }
}
