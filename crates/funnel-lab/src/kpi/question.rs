//! The parameters of a funnel.

use std::ops::Range;

use super::condition::{Condition, StepRule};

/// Whether a funnel's steps must be taken one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StepOrder {
    /// Each step after the one before it. Another step between them does no harm.
    #[default]
    InOrder,
    /// All steps up to it, in any order. It is how NRQL's `funnel()` counts.
    Any,
}

/// A question about a funnel.
#[derive(Debug, Clone)]
pub struct FunnelQuestion {
    /// The steps, at most 32; further ones are left out. One event takes one step, also of equal ones.
    pub steps: Vec<StepRule>,
    /// Only journeys that began in it, in milliseconds since 1970.
    pub began: Range<i64>,
    /// How long an attempt may take from its first step to the last, in milliseconds. A journey may try again.
    pub window: Option<i64>,
    /// Whether the steps must be taken one after the other.
    pub order: StepOrder,
    /// What the journey must have.
    pub filters: Vec<Condition>,
    /// One funnel for each value of this dimension.
    pub by: Option<usize>,
    /// The present, in milliseconds since 1970.
    pub now: i64,
}

impl FunnelQuestion {
    /// Over every journey that has begun by `now`: in order, without a window, not broken down.
    #[must_use]
    pub fn new(steps: Vec<StepRule>, now: i64) -> Self {
        Self {
            steps,
            began: i64::MIN..now.saturating_add(1),
            window: None,
            order: StepOrder::InOrder,
            filters: Vec::new(),
            by: None,
            now,
        }
    }
}
