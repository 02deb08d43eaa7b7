//! How many events the lab holds.

use instant_funnel_core::contract::{CONTRACT, Contract};
use serde_json::{Map, Value, json};

use crate::judge::EventVerdict;

/// The most steps of a contract.
const STEPS_MAX: usize = 32;

/// What the lab holds, taken at one instant: `total = good + bad + duplicate + other`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Counts {
    /// Records of every kind.
    pub total: u64,
    /// Records of a contract that keep it, each `eventId` once: what the far side holds.
    pub good: u64,
    /// Records of a contract that break it.
    pub bad: u64,
    /// Good records whose `eventId` was there before.
    pub duplicate: u64,
    /// Records of anything else.
    pub other: u64,
    steps: [u64; STEPS_MAX],
}

impl Counts {
    /// Good records of the step at `position` in the contract: in [`Lab::counts`](crate::Lab::counts) of InstantFunnel.
    #[must_use]
    pub fn step(&self, position: usize) -> u64 {
        self.steps.get(position).copied().unwrap_or(0)
    }

    fn add(&mut self, verdict: EventVerdict, step: Option<usize>) {
        self.total += 1;
        match verdict {
            EventVerdict::Good => {
                self.good += 1;
                if let Some(step) = step.and_then(|step| self.steps.get_mut(step)) {
                    *step += 1;
                }
            }
            EventVerdict::Bad => self.bad += 1,
            EventVerdict::Duplicate => self.duplicate += 1,
            EventVerdict::Other => self.other += 1,
        }
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
        self.json_of(&CONTRACT)
    }

    /// With the names of a contract's steps.
    pub(crate) fn json_of(&self, contract: &Contract) -> Value {
        let steps: Map<String, Value> = contract
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

/// The counts of all records, and of those of each contract.
#[derive(Debug, Clone)]
pub(crate) struct HeldCounts {
    pub(crate) all: Counts,
    /// By the contracts' positions.
    pub(crate) each: Vec<Counts>,
}

impl HeldCounts {
    pub(super) fn new(contracts: usize) -> Self {
        Self { all: Counts::default(), each: vec![Counts::default(); contracts] }
    }

    /// Counts a record that was judged by the contract at a position, or by none that the lab knows.
    pub(super) fn add(&mut self, contract: Option<usize>, verdict: EventVerdict, step: Option<usize>) {
        self.all.add(verdict, step.filter(|_| contract == Some(0)));
        if let Some(own) = contract.and_then(|at| self.each.get_mut(at)) {
            own.add(verdict, step);
        }
    }

    /// Adds what is held besides.
    pub(super) fn merge(&mut self, fresh: &Self) {
        self.change(fresh, u64::saturating_add);
    }

    /// Takes off what is held no more.
    pub(super) fn subtract(&mut self, gone: &Self) {
        self.change(gone, u64::saturating_sub);
    }

    fn change(&mut self, other: &Self, change: fn(u64, u64) -> u64) {
        self.all.each(&other.all, change);
        for (held, other) in self.each.iter_mut().zip(&other.each) {
            held.each(other, change);
        }
    }
}
