//! How far one journey got.

use super::condition::Coded;
use super::question::{FunnelQuestion, StepOrder};
use super::view::View;
use std::ops::Range;

/// The most steps of a funnel.
pub(super) const STEPS_MAX: usize = 16;

/// A funnel's steps, ready to be held against events.
pub(super) struct Rules {
    /// For each step of the contract, a bit for each rule that looks at it.
    by_step: [u32; 256],
    conditions: Vec<Vec<Coded>>,
    pub(super) order: StepOrder,
    /// In milliseconds.
    pub(super) window: Option<i64>,
}

/// How far one journey came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reached {
    /// So many steps.
    pub(super) level: usize,
    /// When each of them was taken, in milliseconds, by the attempt that came first to the last of them.
    pub(super) at: [i64; STEPS_MAX],
    /// When the latest attempt that came so far began, in milliseconds.
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
        Self { by_step, conditions, order: question.order, window: question.window }
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
        for event in events.clone() {
            let mut taken = self.taken(view, event);
            if taken == 0 {
                continue;
            }
            let time = millis(view.nanos[event]);
            // From the last rule to the first, so that one event takes one step of an attempt.
            while taken != 0 {
                let rule = 31 - taken.leading_zeros() as usize;
                taken &= !(1 << rule);
                let first = if rule == 0 { time } else { began[rule - 1] };
                if first == NEVER || !self.within(first, time) {
                    continue;
                }
                began[rule] = first;
                if rule >= level {
                    (level, reached_at) = (rule + 1, time);
                }
            }
        }
        let latest = if level == 0 { NEVER } else { began[level - 1] };
        let at = self.times(view, events, level, reached_at);
        Reached { level, at, latest }
    }

    /// The steps of the attempt that was at `level` first, at `reached_at`: from the earliest beginning whose window holds
    /// that time, each step as soon as it could be.
    fn times(&self, view: &View, events: Range<usize>, level: usize, reached_at: i64) -> [i64; STEPS_MAX] {
        let mut at = [NEVER; STEPS_MAX];
        let mut rule = 0;
        for event in events {
            if rule == level {
                break;
            }
            let time = millis(view.nanos[event]);
            let late = rule == 0 && !self.within(time, reached_at);
            if !late && self.taken(view, event) & (1 << rule) != 0 {
                at[rule] = time;
                rule += 1;
            }
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
            if level > 0 && level >= reached.level {
                reached.latest = last[..level].iter().copied().min().unwrap_or(NEVER);
            }
            if level > reached.level {
                reached.level = level;
                reached.at = last;
            }
        }
        reached
    }
}

/// The time that New Relic keeps.
#[inline]
pub(super) fn millis(nanos: i64) -> i64 {
    nanos.div_euclid(1_000_000)
}
