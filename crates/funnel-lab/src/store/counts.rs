//! How many events the lab holds.

use crate::judge::EventVerdict;
use crate::layout::CONTRACT;
use serde_json::{Map, Value, json};

/// The most steps that are counted apart.
const STEPS_MAX: usize = 8;

/// What the lab holds, taken at one instant: `total = good + bad + duplicate + other`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Counts {
    /// Records of every kind.
    pub total: u64,
    /// Records of the funnel that keep the contract, each `eventId` once: what the far side holds.
    pub good: u64,
    /// Records of the funnel that break it.
    pub bad: u64,
    /// Good records whose `eventId` was there before.
    pub duplicate: u64,
    /// Records of anything else.
    pub other: u64,
    steps: [u64; STEPS_MAX],
}

impl Counts {
    /// Good records of the step at `position` in the contract.
    #[must_use]
    pub fn step(&self, position: usize) -> u64 {
        self.steps.get(position).copied().unwrap_or(0)
    }

    pub(crate) fn add(&mut self, verdict: EventVerdict, step: Option<usize>, count: u64) {
        self.total += count;
        match verdict {
            EventVerdict::Good => {
                self.good += count;
                if let Some(step) = step.and_then(|step| self.steps.get_mut(step)) {
                    *step += count;
                }
            }
            EventVerdict::Bad => self.bad += count,
            EventVerdict::Duplicate => self.duplicate += count,
            EventVerdict::Other => self.other += count,
        }
    }

    /// Adds what is held besides.
    pub(super) fn merge(&mut self, fresh: &Self) {
        self.each(fresh, u64::saturating_add);
    }

    /// Takes off what is held no more.
    pub(super) fn subtract(&mut self, gone: &Self) {
        self.each(gone, u64::saturating_sub);
    }

    fn each(&mut self, other: &Self, change: fn(u64, u64) -> u64) {
        for (held, other) in [
            (&mut self.total, other.total),
            (&mut self.good, other.good),
            (&mut self.bad, other.bad),
            (&mut self.duplicate, other.duplicate),
            (&mut self.other, other.other),
        ] {
            *held = change(*held, other);
        }
        for (held, other) in self.steps.iter_mut().zip(other.steps) {
            *held = change(*held, other);
        }
    }

    /// The body of `GET /api/counts`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let steps: Map<String, Value> = CONTRACT
            .steps
            .iter()
            .enumerate()
            .map(|(at, step)| (step.name.to_owned(), json!(self.step(at))))
            .collect();
        json!({
            "total": self.total,
            "good": self.good,
            "bad": self.bad,
            "duplicate": self.duplicate,
            "other": self.other,
            "steps": steps,
        })
    }
}
