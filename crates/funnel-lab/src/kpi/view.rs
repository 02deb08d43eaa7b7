//! Events sorted by journey and time.

use std::collections::HashMap;
use std::ops::Range;

use super::condition::{ABSENT, Coded, Condition};
use super::events::{Dimension, Events, NOBODY, REPEATED, UNKNOWN_START};
use super::ids::Ids;

/// What was taken until now, sorted by journey and time. It does not change.
#[derive(Debug)]
pub struct View {
    /// The steps' names.
    pub(super) steps: Vec<String>,
    /// Each journey's events in the columns below.
    offsets: Vec<u32>,
    pub(super) step: Vec<u8>,
    pub(super) nanos: Vec<i64>,
    /// When each journey began, in milliseconds; [`UNKNOWN_START`] when that is not known.
    pub(super) start: Vec<i64>,
    keys: Vec<Key>,
    ids: Ids,
    unlinked: u64,
}

/// One dimension: its values, and those of events and of journeys as codes.
#[derive(Debug)]
struct Key {
    name: String,
    names: Vec<String>,
    codes: HashMap<String, u16>,
    events: Vec<u16>,
    first: Vec<u16>,
}

/// One event of a journey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JourneyStep {
    /// The step's name.
    pub step: String,
    /// When it happened, in nanoseconds since 1970.
    pub nanos: i64,
}

impl View {
    pub(super) fn new(steps: &[String], events: &Events, dimensions: &[Dimension], ids: &Ids) -> Self {
        let (offsets, rows) = sorted(events, ids.len());
        let gather = |row: &u32| *row as usize;
        let nanos: Vec<i64> = rows.iter().map(|row| events.nanos[gather(row)]).collect();
        let step: Vec<u8> = rows.iter().map(|row| events.step[gather(row)]).collect();
        let spans = || offsets.windows(2).map(|pair| pair[0] as usize..pair[1] as usize);
        let start = spans()
            .map(|span| begun(events, &rows[span.clone()], &step[span.clone()], &nanos[span]))
            .collect();
        let key = |dimension: &Dimension| {
            let codes: Vec<u16> = rows.iter().map(|row| dimension.events[gather(row)]).collect();
            let first = spans()
                .map(|span| codes[span].iter().copied().find(|code| *code != ABSENT).unwrap_or(ABSENT));
            Key {
                name: dimension.key.clone(),
                names: dimension.names.clone(),
                codes: dimension
                    .names
                    .iter()
                    .skip(1)
                    .zip(1..)
                    .map(|(name, code)| (name.clone(), code))
                    .collect(),
                first: first.collect(),
                events: codes,
            }
        };
        let keys = dimensions.iter().map(key).collect();
        let repeated = events.step.iter().filter(|step| **step == REPEATED).count();
        let unlinked = (events.journey.len() - rows.len() - repeated) as u64;
        Self { steps: steps.to_vec(), offsets, step, nanos, start, keys, ids: ids.clone(), unlinked }
    }

    /// How many journeys have an event.
    #[must_use]
    pub fn journeys(&self) -> usize {
        self.offsets.windows(2).filter(|pair| pair[0] < pair[1]).count()
    }

    /// Events that name no journey, or a step that the contract does not have.
    #[must_use]
    pub fn unlinked(&self) -> u64 {
        self.unlinked
    }

    /// Journeys whose beginning is not known.
    #[must_use]
    pub fn unknown_start(&self) -> u64 {
        (0..self.start.len())
            .filter(|at| self.start[*at] == UNKNOWN_START && !self.span(*at).is_empty())
            .count() as u64
    }

    /// The first and the last beginning, in milliseconds since 1970.
    #[must_use]
    pub fn began(&self) -> Option<(i64, i64)> {
        let known = || self.start.iter().copied().filter(|start| *start != UNKNOWN_START);
        Some((known().min()?, known().max()?))
    }

    /// The names of the contract's steps.
    #[must_use]
    pub fn steps(&self) -> &[String] {
        &self.steps
    }

    /// The position of a dimension.
    #[must_use]
    pub fn dimension(&self, name: &str) -> Option<usize> {
        self.keys.iter().position(|key| key.name == name)
    }

    /// The dimensions' names.
    pub fn dimensions(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| key.name.as_str())
    }

    /// The values that journeys have in a dimension, sorted.
    #[must_use]
    pub fn values(&self, key: usize) -> Vec<&str> {
        let Some(key) = self.keys.get(key) else { return Vec::new() };
        let mut names: Vec<&str> = key.names.iter().skip(1).map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    /// What one journey did, in order.
    #[must_use]
    pub fn journey(&self, id: &str) -> Option<Vec<JourneyStep>> {
        let at = self.ids.iter().position(|known| known == id)?;
        let taken = |at: usize| JourneyStep {
            step: self.steps.get(usize::from(self.step[at])).cloned().unwrap_or_default(),
            nanos: self.nanos[at],
        };
        Some(self.span(at).map(taken).collect())
    }

    pub(super) fn id(&self, journey: usize) -> &str {
        self.ids.get(journey)
    }

    /// Every number that a journey can have.
    pub(super) fn numbers(&self) -> Range<usize> {
        0..self.start.len()
    }

    #[inline]
    pub(super) fn span(&self, journey: usize) -> Range<usize> {
        self.offsets[journey] as usize..self.offsets[journey + 1] as usize
    }

    /// A journey's value in a dimension: that of its first event that has one.
    #[inline]
    pub(super) fn first(&self, key: usize, journey: usize) -> u16 {
        self.keys[key].first[journey]
    }

    #[inline]
    pub(super) fn value(&self, key: usize, event: usize) -> u16 {
        self.keys[key].events[event]
    }

    /// A code's value; nothing of an absent one.
    pub(super) fn name(&self, key: usize, code: u16) -> Option<&str> {
        (code != ABSENT).then(|| self.keys[key].names[usize::from(code)].as_str())
    }

    pub(super) fn names(&self, key: usize) -> usize {
        self.keys[key].names.len()
    }

    /// The conditions in codes; those on a dimension that there is not are left out.
    pub(super) fn code(&self, conditions: &[Condition]) -> Vec<Coded> {
        let known = conditions.iter().filter(|condition| condition.key < self.keys.len());
        known
            .map(|condition| Coded::new(condition, |key, value| self.keys[key].codes.get(value).copied()))
            .collect()
    }
}

/// The rows of events that have a journey, sorted, and where each journey's begin.
fn sorted(events: &Events, journeys: usize) -> (Vec<u32>, Vec<u32>) {
    let mut offsets = vec![0_u32; journeys + 1];
    for journey in events.journey.iter().filter(|journey| **journey != NOBODY) {
        offsets[*journey as usize + 1] += 1;
    }
    for at in 1..offsets.len() {
        offsets[at] += offsets[at - 1];
    }
    let mut next = offsets.clone();
    let mut rows = vec![0_u32; offsets[journeys] as usize];
    for (row, journey) in (0_u32..).zip(&events.journey).filter(|(_, journey)| **journey != NOBODY) {
        let place = &mut next[*journey as usize];
        rows[*place as usize] = row;
        *place += 1;
    }
    for pair in offsets.windows(2) {
        let own = &mut rows[pair[0] as usize..pair[1] as usize];
        // Most journeys have come in order.
        let order = |row: &u32| (events.nanos[*row as usize], events.step[*row as usize], *row);
        if !own.is_sorted_by_key(order) {
            own.sort_unstable_by_key(order);
        }
    }
    (offsets, rows)
}

/// When a journey began: as its first event that says it, else at its first event of the contract's first step.
fn begun(events: &Events, rows: &[u32], step: &[u8], nanos: &[i64]) -> i64 {
    let said = rows.iter().map(|row| events.start[*row as usize]).find(|start| *start != UNKNOWN_START);
    said.unwrap_or_else(|| {
        let first = step.iter().position(|step| *step == 0);
        first.map_or(UNKNOWN_START, |at| nanos[at].div_euclid(1_000_000))
    })
}
