//! Key figures of the journeys that began in a period.

use std::ops::Range;

use super::attempt::millis;
use super::condition::{Coded, Condition, StepRule};
use super::events::UNKNOWN_START;
use super::proportion::Proportion;
use super::view::View;

/// A step that must be taken within a time of the journey's beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounded {
    /// The step.
    pub rule: StepRule,
    /// How long after the journey's beginning it may be taken, in milliseconds; [`i64::MAX`] is any time.
    pub within: i64,
}

/// A key figure: of the journeys that took one step in time, those that took another in time.
#[derive(Debug, Clone, PartialEq)]
pub struct Kpi {
    /// Its name in options, addresses and gauges.
    pub name: String,
    /// What it says, for people.
    pub title: String,
    /// The step whose journeys are the whole.
    pub from: Bounded,
    /// The step whose journeys are the part.
    pub to: Bounded,
    /// The rate that is wanted, between 0 and 1, if there is one.
    pub target: Option<f64>,
}

impl Kpi {
    /// How old a journey must be for its part in the figure to be settled, in milliseconds.
    #[must_use]
    pub fn settles_after(&self) -> i64 {
        self.from.within.max(self.to.within)
    }
}

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KpiTally {
    /// Journeys that began in the period.
    pub began: u64,
    /// Those of them that took `from` in time.
    pub from: u64,
    /// Those of these that took `to` in time.
    pub to: u64,
}

impl KpiTally {
    /// The figure.
    #[must_use]
    pub fn proportion(self) -> Proportion {
        Proportion::of(self.to, self.from)
    }

    fn add(&mut self, took_from: bool, took_to: bool) {
        self.began += 1;
        self.from += u64::from(took_from);
        self.to += u64::from(took_from && took_to);
    }
}

/// A key figure of a period.
#[derive(Debug, Clone, PartialEq)]
pub struct KpiAnswer {
    /// Of the journeys that are old enough: it does not change any more.
    pub mature: KpiTally,
    /// Of all journeys that began in the period: it can still grow.
    pub so_far: KpiTally,
    /// Whether some journeys are not old enough.
    pub provisional: bool,
    /// By the time of their beginning.
    pub cohorts: Vec<KpiCohort>,
    /// Journeys that are left out because their beginning is not known.
    pub unknown_start: u64,
}

/// The journeys that began in one piece of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KpiCohort {
    /// From when, in milliseconds since 1970.
    pub from: i64,
    /// Until when, exclusive.
    pub until: i64,
    /// What is known so far.
    pub tally: KpiTally,
    /// Whether all its journeys are old enough, so that it does not change any more.
    pub mature: bool,
}

/// What a figure says about its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Too few journeys to say anything.
    TooFew,
    /// The whole interval lies above the target.
    Above,
    /// The whole interval lies below the target.
    Below,
    /// The interval holds the target.
    Open,
    /// The figure has no target.
    NoTarget,
}

impl Verdict {
    /// Of a figure and its target.
    #[must_use]
    pub fn of(figure: Proportion, target: Option<f64>) -> Self {
        let Some(target) = target else { return Self::NoTarget };
        match figure.interval() {
            None => Self::TooFew,
            Some((low, _)) if low > target => Self::Above,
            _ if figure.whole < Proportion::least_whole(target) => Self::TooFew,
            Some((_, high)) if high < target => Self::Below,
            Some(_) => Self::Open,
        }
    }

    /// For people: `above target`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooFew => "too few journeys",
            Self::Above => "above target",
            Self::Below => "below target",
            Self::Open => "not decided",
            Self::NoTarget => "no target",
        }
    }
}

struct Step {
    step: usize,
    conditions: Vec<Coded>,
    within: i64,
}

impl Step {
    fn new(view: &View, bounded: &Bounded) -> Self {
        let conditions = view.code(&bounded.rule.conditions);
        Self { step: bounded.rule.step, conditions, within: bounded.within }
    }

    /// Whether one of a journey's events takes the step in time.
    fn taken(&self, view: &View, events: Range<usize>, start: i64) -> bool {
        let end = start.saturating_add(self.within);
        events.into_iter().any(|event| {
            usize::from(view.step[event]) == self.step
                && millis(view.nanos[event]) <= end
                && self.conditions.iter().all(|one| one.holds(view.value(one.key, event)))
        })
    }
}

impl View {
    /// A key figure of the journeys that began in the pieces between `bounds`, in milliseconds and ascending, and that meet
    /// `filters`.
    #[must_use]
    pub fn kpi(&self, kpi: &Kpi, bounds: &[i64], filters: &[Condition], now: i64) -> KpiAnswer {
        let filters = self.code(filters);
        let (from, to) = (Step::new(self, &kpi.from), Step::new(self, &kpi.to));
        // A journey is settled when its last bound has passed.
        let settled = now.saturating_sub(kpi.settles_after());
        let mut mature = KpiTally::default();
        let mut cohorts: Vec<KpiCohort> = bounds
            .windows(2)
            .map(|pair| KpiCohort {
                from: pair[0],
                until: pair[1],
                tally: KpiTally::default(),
                mature: pair[1] <= settled,
            })
            .collect();
        for journey in self.numbers() {
            let start = self.start[journey];
            let at = bounds.partition_point(|bound| *bound <= start);
            let is_counted = start != UNKNOWN_START
                && start <= now
                && filters.iter().all(|one| one.holds(self.first(one.key, journey)));
            let Some(cohort) = at.checked_sub(1).filter(|_| is_counted).and_then(|at| cohorts.get_mut(at))
            else {
                continue;
            };
            let took_from = from.taken(self, self.span(journey), start);
            let took_to = took_from && to.taken(self, self.span(journey), start);
            cohort.tally.add(took_from, took_to);
            if start < settled {
                mature.add(took_from, took_to);
            }
        }
        let mut so_far = KpiTally::default();
        for cohort in &cohorts {
            so_far.began += cohort.tally.began;
            so_far.from += cohort.tally.from;
            so_far.to += cohort.tally.to;
        }
        let provisional = so_far.began > mature.began;
        KpiAnswer { mature, so_far, provisional, cohorts, unknown_start: self.unknown_start() }
    }
}
