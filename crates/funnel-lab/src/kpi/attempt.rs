//! How far one journey got.

use std::ops::Range;

use super::condition::Coded;
use super::question::{FunnelQuestion, StepOrder};
use super::view::View;

/// The most steps of a funnel: as many as a contract may have.
pub(crate) const STEPS_MAX: usize = 32;

/// A funnel's steps, ready to be held against events.
pub(super) struct Rules {
    /// For each step of the contract, a bit for each rule that looks at it.
    by_step: [u32; 256],
    conditions: Vec<Vec<Coded>>,
    pub(super) order: StepOrder,
    /// In milliseconds.
    pub(super) window: Option<i64>,
    /// Whether the steps are in the contract's order, each once: then the view's order of simultaneous events is theirs.
    is_sorted: bool,
}

/// How far one journey came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reached {
    /// So many steps.
    pub(super) level: usize,
    /// When each of them was taken, in milliseconds, by the attempt that came first to the last of them.
    pub(super) at: [i64; STEPS_MAX],
    /// From when the youngest attempt counts its window, however far it came, in milliseconds.
    pub(super) latest: i64,
}

const NEVER: i64 = i64::MIN;

impl Rules {
    pub(super) fn new(view: &View, question: &FunnelQuestion) -> Self {
        let mut by_step = [0; 256];
        let steps = &question.steps[..question.steps.len().min(STEPS_MAX)];
        for (at, rule) in steps.iter().enumerate() {
            if let Some(bits) = by_step.get_mut(rule.step) {
                *bits |= 1 << at;
            }
        }
        let conditions = steps.iter().map(|rule| view.code(&rule.conditions)).collect();
        let is_sorted = steps.is_sorted_by(|one, next| one.step < next.step);
        Self { by_step, conditions, order: question.order, window: question.window, is_sorted }
    }

    pub(super) fn len(&self) -> usize {
        self.conditions.len()
    }

    /// The rules that an event takes, a bit each.
    #[inline]
    fn taken(&self, view: &View, event: usize) -> u32 {
        let mut bits = self.by_step[usize::from(view.step[event])];
        let mut left = bits;
        while left != 0 {
            let rule = left.trailing_zeros() as usize;
            left &= left - 1;
            let holds = self.conditions[rule].iter().all(|one| one.holds(view.value(one.key, event)));
            if !holds {
                bits &= !(1 << rule);
            }
        }
        bits
    }

    /// Whether a time is still within the window of an attempt that began then.
    #[inline]
    fn within(&self, began: i64, time: i64) -> bool {
        self.window.is_none_or(|window| time <= began.saturating_add(window))
    }

    /// Whether the youngest attempt of a journey can still get further.
    pub(super) fn is_open(&self, reached: &Reached, now: i64) -> bool {
        let in_time = self.window.is_some_and(|window| reached.latest.saturating_add(window) >= now);
        in_time && reached.level > 0 && reached.level < self.len()
    }

    /// How far the journey with these events came.
    pub(super) fn reach(&self, view: &View, events: Range<usize>) -> Reached {
        match self.order {
            StepOrder::InOrder => self.in_order(view, events),
            StepOrder::Any => self.any_order(view, events),
        }
    }

    /// Of each level the latest beginning of an attempt that came so far: a later one has more of its window left, so
    /// nothing is lost by forgetting the earlier ones.
    fn in_order(&self, view: &View, events: Range<usize>) -> Reached {
        let mut began = [NEVER; STEPS_MAX];
        let (mut level, mut reached_at) = (0, NEVER);
        let mut event = events.start;
        while event < events.end {
            let time = millis(view.nanos[event]);
            let end = self.simultaneous(view, event, events.end);
            let furthest = if end - event == 1 {
                self.one_event(self.taken(view, event), time, &mut began)
            } else {
                self.tied_events(&Tied::new(self, view, event..end), time, &mut began)
            };
            if furthest > level {
                (level, reached_at) = (furthest, time);
            }
            event = end;
        }
        let at = self.times(view, events, level, reached_at);
        Reached { level, at, latest: began[0] }
    }

    /// Where the events end that must be looked at together. Where the view has them in the order of the steps, each can
    /// be looked at alone.
    #[inline]
    fn simultaneous(&self, view: &View, event: usize, end: usize) -> usize {
        let mut next = event + 1;
        while !self.is_sorted && next < end && view.nanos[next] == view.nanos[event] {
            next += 1;
        }
        next
    }

    /// Lets one event take its steps; returns the furthest.
    #[inline]
    fn one_event(&self, mut taken: u32, time: i64, began: &mut [i64; STEPS_MAX]) -> usize {
        let mut furthest = 0;
        // From the last rule to the first, so that one event takes one step of an attempt.
        while taken != 0 {
            let rule = 31 - taken.leading_zeros() as usize;
            taken &= !(1 << rule);
            let first = if rule == 0 { time } else { began[rule - 1] };
            if first != NEVER && self.within(first, time) {
                began[rule] = first;
                furthest = furthest.max(rule + 1);
            }
        }
        furthest
    }

    /// Lets simultaneous events take their steps in the funnel's order, each at most one of an attempt; returns the
    /// furthest.
    fn tied_events(&self, tied: &Tied, time: i64, began: &mut [i64; STEPS_MAX]) -> usize {
        let mut furthest = 0;
        let before = *began;
        for from in 0..self.len() {
            let first = if from == 0 { time } else { before[from - 1] };
            if first == NEVER || !self.within(first, time) {
                continue;
            }
            let mut left = tied.clone();
            let mut rule = from;
            while rule < self.len() && left.take(rule) {
                began[rule] = began[rule].max(first);
                rule += 1;
            }
            if rule > from {
                furthest = furthest.max(rule);
            }
        }
        furthest
    }

    /// The steps of the attempt that was at `level` first, at `reached_at`: from the earliest beginning whose window holds
    /// that time, each step as soon as it could be.
    fn times(&self, view: &View, events: Range<usize>, level: usize, reached_at: i64) -> [i64; STEPS_MAX] {
        let mut at = [NEVER; STEPS_MAX];
        let (mut rule, mut event) = (0, events.start);
        while event < events.end && rule < level {
            let time = millis(view.nanos[event]);
            let end = self.simultaneous(view, event, events.end);
            if rule == 0 && !self.within(time, reached_at) {
                event = end;
                continue;
            }
            if end - event == 1 {
                if self.taken(view, event) & (1 << rule) != 0 {
                    at[rule] = time;
                    rule += 1;
                }
            } else {
                let mut left = Tied::new(self, view, event..end);
                while rule < level && left.take(rule) {
                    at[rule] = time;
                    rule += 1;
                }
            }
            event = end;
        }
        at
    }

    fn any_order(&self, view: &View, events: Range<usize>) -> Reached {
        let mut last = [NEVER; STEPS_MAX];
        let mut reached = Reached { level: 0, at: [NEVER; STEPS_MAX], latest: NEVER };
        for event in events {
            let taken = self.taken(view, event);
            if taken == 0 {
                continue;
            }
            let time = millis(view.nanos[event]);
            for (rule, when) in last.iter_mut().enumerate().take(self.len()) {
                if taken & (1 << rule) != 0 {
                    *when = time;
                }
            }
            let together = |when: &&i64| **when != NEVER && self.within(**when, time);
            let level = last[..self.len()].iter().take_while(together).count();
            // Whichever step it is, all others may follow it.
            reached.latest = time;
            if level > reached.level {
                reached.level = level;
                reached.at = last;
            }
        }
        reached
    }
}

/// Simultaneous events: for each set of rules that some of them take, how many do.
#[derive(Clone)]
struct Tied(Vec<(u32, usize)>);

impl Tied {
    fn new(rules: &Rules, view: &View, events: Range<usize>) -> Self {
        let mut counts: Vec<(u32, usize)> = Vec::new();
        for taken in events.map(|event| rules.taken(view, event)).filter(|taken| *taken != 0) {
            match counts.iter_mut().find(|(known, _)| *known == taken) {
                Some((_, count)) => *count += 1,
                None => counts.push((taken, 1)),
            }
        }
        // What takes few rules goes first, and what takes many is left for the others.
        counts.sort_by_key(|(taken, _)| taken.count_ones());
        Self(counts)
    }

    /// Uses an event for a rule; false if none is left that takes it.
    fn take(&mut self, rule: usize) -> bool {
        let found = self.0.iter_mut().find(|(taken, count)| *count > 0 && taken & (1 << rule) != 0);
        found.map(|(_, count)| *count -= 1).is_some()
    }
}

/// The time that New Relic keeps.
#[inline]
pub(super) fn millis(nanos: i64) -> i64 {
    nanos.div_euclid(1_000_000)
}
