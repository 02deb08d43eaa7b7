//! Conditions on events and journeys.

/// A dimension must have one of these values, or none of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The dimension's position in the list that [`Journeys::new`](super::Journeys::new) was given.
    pub key: usize,
    /// The values.
    pub values: Vec<String>,
    /// Whether it must have none of them; an absent value then is one that it may have.
    pub negated: bool,
}

impl Condition {
    /// The dimension must have this value.
    #[must_use]
    pub fn is(key: usize, value: &str) -> Self {
        Self { key, values: vec![value.to_owned()], negated: false }
    }

    /// The dimension must not have this value; it may have none.
    #[must_use]
    pub fn is_not(key: usize, value: &str) -> Self {
        Self { key, values: vec![value.to_owned()], negated: true }
    }
}

/// Which events take a step of a funnel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRule {
    /// What people call it.
    pub label: String,
    /// The step's position in the contract.
    pub step: usize,
    /// What the event itself must have.
    pub conditions: Vec<Condition>,
}

impl StepRule {
    /// Every event of that step.
    #[must_use]
    pub fn any(label: &str, step: usize) -> Self {
        Self { label: label.to_owned(), step, conditions: Vec::new() }
    }

    /// Only events that meet the condition too.
    #[must_use]
    pub fn when(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }
}

/// The code of an absent value.
pub(super) const ABSENT: u16 = 0;

/// A condition in codes of its dimension.
#[derive(Debug, Clone)]
pub(super) struct Coded {
    pub(super) key: usize,
    codes: Vec<u16>,
    negated: bool,
}

impl Coded {
    /// `code` gives the code of a value that some event has.
    pub(super) fn new(condition: &Condition, code: impl Fn(usize, &str) -> Option<u16>) -> Self {
        let codes = condition.values.iter().filter_map(|value| code(condition.key, value)).collect();
        Self { key: condition.key, codes, negated: condition.negated }
    }

    #[inline]
    pub(super) fn holds(&self, code: u16) -> bool {
        self.codes.contains(&code) != self.negated
    }
}
