//! Aggregates: what they keep for each group, how rows are taken in, how two shares meet, and what comes of it.

use std::any::Any;
use std::fmt::Debug;

use crate::node::{Batch, Ids, Memos, Node};
use crate::value::Value;

/// What is kept for one group.
pub(super) trait State: Clone + Default + Send + 'static {
    /// Takes in what another thread, or another group, kept.
    fn merge(&mut self, other: &Self);

    /// Memory beside the state itself.
    fn heap(&self) -> usize {
        0
    }

    /// The same under other ids, for a state that is made of them.
    fn renumbered(self, number: &mut dyn FnMut(u32) -> u32) -> Self {
        let _ = number;
        self
    }
}

/// Rows that are taken in together, with the group of each.
pub(crate) struct Rows<'a, 'b> {
    pub(crate) batch: &'b Batch<'a>,
    pub(crate) rows: &'b [u32],
    pub(crate) groups: &'b [u32],
    /// The number of each row's value, where [`Aggregate::numbered`] asks for it.
    pub(crate) ids: &'b [u32],
    pub(crate) memos: &'b mut Memos,
}

impl Rows<'_, '_> {
    /// A row's time, and its place in the order of the scan.
    pub(super) fn moment(&self, row: u32) -> (i64, u64) {
        (self.batch.view.segment.times[row as usize], self.batch.view.order + u64::from(row))
    }
}

/// What a result may depend on beside the rows.
pub(crate) struct Ending<'k, 'a> {
    /// End of the window, in milliseconds.
    pub(crate) window_end: i64,
    /// The values behind the ids.
    pub(crate) ids: Option<&'k Ids<'a>>,
}

/// An aggregate with its arguments made ready, by the state that it keeps.
pub(super) trait Measure: Debug + Send + Sync {
    /// What is kept for one group.
    type State: State;

    /// The values that are distinguished by numbers.
    fn numbered(&self) -> Option<&[Node]> {
        None
    }

    /// A name under which it is the same however it is written.
    fn same_as(&self) -> Option<&'static str> {
        None
    }

    /// Takes rows in.
    fn update<'a>(&'a self, states: &mut PerGroup<Self::State>, rows: &mut Rows<'a, '_>);

    /// The result of one state.
    fn finish(&self, state: Self::State, ending: &Ending<'_, '_>) -> Value;
}

/// What an aggregate has kept; only the aggregate that made it knows its type.
pub(crate) struct Kept(Box<dyn Any + Send>);

/// An aggregate with its arguments made ready.
pub(crate) trait Aggregate: Debug + Send + Sync {
    /// The values that are distinguished by numbers.
    fn numbered(&self) -> Option<&[Node]>;

    /// A name under which it is the same however it is written.
    fn same_as(&self) -> Option<&'static str>;

    /// Nothing kept yet.
    fn begin(&self) -> Kept;

    /// Takes rows in.
    fn update<'a>(&'a self, kept: &mut Kept, rows: &mut Rows<'a, '_>);

    /// Gives what was kept under other numbers.
    fn renumber(&self, kept: &mut Kept, number: &mut dyn FnMut(u32) -> u32);

    /// Takes in another thread's states, whose group `g` is group `moved[g]` here.
    fn merge(&self, kept: &mut Kept, other: Kept, moved: &[u32]);

    /// The result over several groups taken as one.
    fn finish(&self, kept: &Kept, groups: &[u32], ending: &Ending<'_, '_>) -> Value;

    /// Memory of what is kept.
    fn bytes(&self, kept: &Kept) -> usize;
}

impl Kept {
    fn of<S: State>(&mut self) -> Option<&mut PerGroup<S>> {
        let states = self.0.downcast_mut();
        debug_assert!(states.is_some(), "an aggregate is given what it kept itself");
        states
    }

    fn read<S: State>(&self) -> Option<&PerGroup<S>> {
        let states = self.0.downcast_ref();
        debug_assert!(states.is_some(), "an aggregate is given what it kept itself");
        states
    }
}

impl<M: Measure> Aggregate for M {
    fn numbered(&self) -> Option<&[Node]> {
        Measure::numbered(self)
    }

    fn same_as(&self) -> Option<&'static str> {
        Measure::same_as(self)
    }

    fn begin(&self) -> Kept {
        Kept(Box::new(PerGroup::<M::State>::default()))
    }

    fn update<'a>(&'a self, kept: &mut Kept, rows: &mut Rows<'a, '_>) {
        if let Some(states) = kept.of::<M::State>() {
            Measure::update(self, states, rows);
        }
    }

    fn renumber(&self, kept: &mut Kept, number: &mut dyn FnMut(u32) -> u32) {
        if let Some(states) = kept.of::<M::State>() {
            for state in &mut states.states {
                *state = std::mem::take(state).renumbered(number);
            }
        }
    }

    fn merge(&self, kept: &mut Kept, mut other: Kept, moved: &[u32]) {
        if let (Some(mine), Some(theirs)) = (kept.of::<M::State>(), other.of::<M::State>()) {
            for (state, group) in theirs.states.iter().zip(moved) {
                mine.at(*group).merge(state);
            }
        }
    }

    fn finish(&self, kept: &Kept, groups: &[u32], ending: &Ending<'_, '_>) -> Value {
        kept.read::<M::State>()
            .map_or(Value::Null, |states| Measure::finish(self, states.union(groups), ending))
    }

    fn bytes(&self, kept: &Kept) -> usize {
        kept.read::<M::State>().map_or(0, PerGroup::bytes)
    }
}

/// A state for each group.
#[derive(Debug)]
pub(super) struct PerGroup<S> {
    pub(super) states: Vec<S>,
}

impl<S> Default for PerGroup<S> {
    fn default() -> Self {
        Self { states: Vec::new() }
    }
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

    /// The state of several groups taken as one.
    fn union(&self, groups: &[u32]) -> S {
        let mut found = groups.iter().filter_map(|group| self.states.get(*group as usize));
        let mut union = found.next().cloned().unwrap_or_default();
        found.for_each(|state| union.merge(state));
        union
    }

    fn bytes(&self) -> usize {
        self.states.capacity() * size_of::<S>() + self.states.iter().map(State::heap).sum::<usize>()
    }
}
