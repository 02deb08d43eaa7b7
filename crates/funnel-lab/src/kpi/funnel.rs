//! A funnel: how many journeys reached each step.

use std::ops::Range;

use super::attempt::{Rules, STEPS_MAX};
use super::condition::Coded;
use super::durations::Durations;
use super::events::UNKNOWN_START;
use super::proportion::Proportion;
use super::question::{FunnelQuestion, StepOrder};
use super::view::View;

/// Journeys a thread, at least.
const SHARE: usize = 50_000;

/// How far journeys came.
#[derive(Debug, Clone)]
pub struct FunnelAnswer {
    /// All of them.
    pub all: Segment,
    /// By value of the dimension that was asked for, the largest first; without one, none.
    pub segments: Vec<Segment>,
    /// Journeys that are left out because their beginning is not known.
    pub unknown_start: u64,
    /// Events that are left out because they name no journey.
    pub unlinked: u64,
}

/// Journeys with one value of a dimension.
#[derive(Debug, Clone)]
pub struct Segment {
    /// The value; nothing for journeys without one, and for all of them.
    pub value: Option<String>,
    /// How many began in the period.
    pub began: u64,
    /// The steps, in order.
    pub steps: Vec<StepCount>,
}

/// One step of an answer.
#[derive(Debug, Clone)]
pub struct StepCount {
    /// What people call it.
    pub label: String,
    /// Journeys that came here.
    pub count: u64,
    /// Of those that came to the first step.
    pub of_first: Proportion,
    /// Of those that came to the step before.
    pub of_previous: Proportion,
    /// Of those that came to the step before and not here, how many still have time. Without a window, 0.
    pub open: u64,
    /// From the step before to this one; nothing at the first, in any order and in a segment.
    pub times: Option<Durations>,
}

/// Journeys that came to one step and no further.
#[derive(Debug, Clone)]
pub struct Stopped {
    /// How many.
    pub count: u64,
    /// Some of them, the latest beginning first: id and beginning in milliseconds.
    pub journeys: Vec<(String, i64)>,
}

/// What one thread has counted.
struct Counted {
    /// By code and level.
    reached: Vec<[u64; STEPS_MAX + 1]>,
    open: Vec<[u64; STEPS_MAX + 1]>,
    times: Vec<Vec<i64>>,
}

/// A question in codes.
struct Asked<'v> {
    view: &'v View,
    rules: Rules,
    filters: Vec<Coded>,
    began: Range<i64>,
    now: i64,
}

impl<'v> Asked<'v> {
    fn new(view: &'v View, question: &FunnelQuestion) -> Self {
        Self {
            view,
            rules: Rules::new(view, question),
            filters: view.code(&question.filters),
            began: question.began.clone(),
            now: question.now,
        }
    }

    /// Whether a journey is in the question.
    #[inline]
    fn counts(&self, journey: usize) -> bool {
        let start = self.view.start[journey];
        start != UNKNOWN_START
            && self.began.contains(&start)
            && self.filters.iter().all(|one| one.holds(self.view.first(one.key, journey)))
    }

    fn count(&self, journeys: Range<usize>, by: Option<usize>) -> Counted {
        let codes = by.map_or(1, |key| self.view.names(key));
        let steps = self.rules.len();
        let mut counted = Counted {
            reached: vec![[0; STEPS_MAX + 1]; codes],
            open: vec![[0; STEPS_MAX + 1]; codes],
            times: vec![Vec::new(); steps],
        };
        for journey in journeys.filter(|journey| self.counts(*journey)) {
            let code = by.map_or(0, |key| usize::from(self.view.first(key, journey)));
            let reached = self.rules.reach(self.view, self.view.span(journey));
            counted.reached[code][reached.level] += 1;
            if self.rules.is_open(&reached, self.now) {
                counted.open[code][reached.level] += 1;
            }
            if self.rules.order == StepOrder::InOrder {
                for step in 1..reached.level {
                    counted.times[step].push(reached.at[step] - reached.at[step - 1]);
                }
            }
        }
        counted
    }
}

impl View {
    /// How many journeys came how far.
    #[must_use]
    pub fn funnel(&self, question: &FunnelQuestion) -> FunnelAnswer {
        let asked = Asked::new(self, question);
        let by = question.by.filter(|key| *key < self.dimensions().count());
        let mut counted = shared(self.numbers().len(), |journeys| asked.count(journeys, by));
        let times: Vec<Option<Durations>> = (0..asked.rules.len())
            .map(|step| Durations::of(std::mem::take(&mut counted.times[step])))
            .collect();
        let sum = |rows: &[[u64; STEPS_MAX + 1]]| {
            std::array::from_fn(|level| rows.iter().map(|row| row[level]).sum())
        };
        let mut all = segment(question, None, &sum(&counted.reached), &sum(&counted.open));
        for (step, times) in all.steps.iter_mut().zip(times) {
            step.times = times;
        }
        let mut segments = Vec::new();
        if let Some(key) = by {
            for (code, (reached, open)) in (0_u16..).zip(counted.reached.iter().zip(&counted.open)) {
                if reached.iter().any(|count| *count > 0) {
                    segments.push(segment(question, self.name(key, code).map(str::to_owned), reached, open));
                }
            }
            segments.sort_by(|a, b| b.began.cmp(&a.began).then_with(|| a.value.cmp(&b.value)));
        }
        FunnelAnswer { all, segments, unknown_start: self.unknown_start(), unlinked: self.unlinked() }
    }

    /// The journeys of a question that came to `level` steps and no further, without those that still have time; with a
    /// value, those of that segment.
    #[must_use]
    pub fn stopped(&self, question: &FunnelQuestion, level: usize, limit: usize) -> Stopped {
        let asked = Asked::new(self, question);
        let mut found: Vec<(i64, usize)> = Vec::new();
        for journey in self.numbers().filter(|journey| asked.counts(*journey)) {
            let reached = asked.rules.reach(self, self.span(journey));
            if reached.level == level && !asked.rules.is_open(&reached, asked.now) {
                found.push((self.start[journey], journey));
            }
        }
        found.sort_unstable_by(|a, b| b.cmp(a));
        let journeys =
            found.iter().take(limit).map(|(start, journey)| (self.id(*journey).to_owned(), *start));
        Stopped { count: found.len() as u64, journeys: journeys.collect() }
    }
}

fn segment(
    question: &FunnelQuestion,
    value: Option<String>,
    reached: &[u64; STEPS_MAX + 1],
    open: &[u64; STEPS_MAX + 1],
) -> Segment {
    let came = |level: usize| reached[level..].iter().sum::<u64>();
    let steps = question.steps.iter().take(STEPS_MAX).zip(1..).map(|(rule, level)| StepCount {
        label: rule.label.clone(),
        count: came(level),
        of_first: Proportion::of(came(level), came(1)),
        of_previous: Proportion::of(came(level), came(level - 1)),
        open: if level == 1 { 0 } else { open[level - 1] },
        times: None,
    });
    Segment { value, began: came(0), steps: steps.collect() }
}

/// Counts the journeys in as many shares as there are cores.
fn shared(journeys: usize, count: impl Fn(Range<usize>) -> Counted + Sync) -> Counted {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let shares = (journeys / SHARE).clamp(1, cores);
    let bounds = |share: usize| journeys * share / shares..journeys * (share + 1) / shares;
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..shares)
            .map(|share| {
                scope.spawn({
                    let count = &count;
                    move || count(bounds(share))
                })
            })
            .collect();
        let mut whole = count(bounds(0));
        for other in others {
            // A share that panicked has nothing to add; the same journeys would panic again.
            if let Ok(other) = other.join() {
                whole.add(other);
            }
        }
        whole
    })
}

impl Counted {
    fn add(&mut self, other: Self) {
        for (mine, theirs) in [(&mut self.reached, &other.reached), (&mut self.open, &other.open)] {
            for (mine, theirs) in mine.iter_mut().zip(theirs) {
                for (mine, theirs) in mine.iter_mut().zip(theirs) {
                    *mine += theirs;
                }
            }
        }
        for (mine, mut theirs) in self.times.iter_mut().zip(other.times) {
            mine.append(&mut theirs);
        }
    }
}
