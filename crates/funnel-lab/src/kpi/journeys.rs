//! Collects events into journeys.

use std::sync::{Arc, Mutex, PoisonError};

use super::events::{Dimension, Events, NOBODY, REPEATED, UNKNOWN_START};
use super::ids::Numbers;
use super::view::View;

/// One event.
#[derive(Debug, Clone, Copy, Default)]
pub struct TakenStep<'a> {
    /// The journey's id.
    pub journey: Option<&'a str>,
    /// The step's position in the contract.
    pub step: Option<usize>,
    /// When it happened, in nanoseconds since 1970.
    pub nanos: i64,
    /// When the journey began, in milliseconds since 1970, if the event says so.
    pub start: Option<i64>,
    /// Its value in each dimension; what is missing at the end is absent.
    pub values: &'a [Option<&'a str>],
}

/// Events in the order of receipt, and the journeys that they belong to.
#[derive(Debug)]
pub struct Journeys {
    steps: Vec<String>,
    dimensions: Vec<Dimension>,
    numbers: Numbers,
    events: Events,
    view: Mutex<Option<Arc<View>>>,
}

impl Journeys {
    /// For a funnel with these steps, in their order, and these dimensions.
    #[must_use]
    pub fn new(steps: &[&str], dimensions: &[&str]) -> Self {
        Self {
            steps: steps.iter().map(|step| (*step).to_owned()).collect(),
            dimensions: dimensions.iter().map(|key| Dimension::new(key)).collect(),
            numbers: Numbers::default(),
            events: Events::default(),
            view: Mutex::default(),
        }
    }

    /// Appends an event. One without a journey or a known step is in no figure, and counted.
    pub fn take(&mut self, event: &TakenStep<'_>) {
        *self.view.get_mut().unwrap_or_else(PoisonError::into_inner) = None;
        let step = event.step.filter(|step| *step < self.steps.len());
        let step = step.and_then(|step| u8::try_from(step).ok()).filter(|step| *step < REPEATED);
        let journey = match (event.journey, step) {
            (Some(id), Some(_)) => self.numbers.of(id).unwrap_or(NOBODY),
            _ => NOBODY,
        };
        self.push(journey, step.unwrap_or(u8::MAX), event);
    }

    /// Appends an event whose id an earlier one has. It is one of the rows that [`keep_newest`](Self::keep_newest) counts,
    /// but in no figure, and not counted as left out.
    pub fn take_repeated(&mut self) {
        *self.view.get_mut().unwrap_or_else(PoisonError::into_inner) = None;
        self.push(NOBODY, REPEATED, &TakenStep::default());
    }

    fn push(&mut self, journey: u32, step: u8, event: &TakenStep<'_>) {
        self.events.journey.push(journey);
        self.events.step.push(step);
        self.events.nanos.push(event.nanos);
        self.events.start.push(event.start.unwrap_or(UNKNOWN_START));
        for (at, dimension) in self.dimensions.iter_mut().enumerate() {
            let code = event.values.get(at).copied().flatten().map_or(0, |value| dimension.intern(value));
            dimension.events.push(code);
        }
    }

    /// How many events it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.events.journey.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.journey.is_empty()
    }

    /// The names of the contract's steps.
    #[must_use]
    pub fn steps(&self) -> &[String] {
        &self.steps
    }

    /// The position of a dimension.
    #[must_use]
    pub fn dimension(&self, key: &str) -> Option<usize> {
        self.dimensions.iter().position(|dimension| dimension.key == key)
    }

    /// The keys of the dimensions.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.dimensions.iter().map(|dimension| dimension.key.as_str())
    }

    /// The values that events have had in a dimension, in the order in which they came.
    pub fn values(&self, key: usize) -> impl Iterator<Item = &str> {
        self.dimensions
            .get(key)
            .into_iter()
            .flat_map(|dimension| dimension.names.iter().skip(1).map(String::as_str))
    }

    /// Forgets the oldest events until `rows` are left.
    pub fn keep_newest(&mut self, rows: usize) {
        let gone = self.len().saturating_sub(rows);
        if gone == 0 {
            return;
        }
        *self.view.get_mut().unwrap_or_else(PoisonError::into_inner) = None;
        self.events.journey.drain(..gone);
        self.events.step.drain(..gone);
        self.events.nanos.drain(..gone);
        self.events.start.drain(..gone);
        for dimension in &mut self.dimensions {
            dimension.events.drain(..gone);
        }
        if self.numbers.len() > 4 * self.len() {
            self.renumber();
        }
    }

    /// Forgets the ids of journeys that have no event any more.
    fn renumber(&mut self) {
        let mut fresh = vec![NOBODY; self.numbers.len()];
        let mut next = 0;
        for journey in self.events.journey.iter_mut().filter(|journey| **journey != NOBODY) {
            let number = &mut fresh[*journey as usize];
            if *number == NOBODY {
                *number = next;
                next += 1;
            }
            *journey = *number;
        }
        self.numbers.renumber(&fresh, next);
    }

    /// The events sorted by journey; made once after each change.
    #[must_use]
    pub fn view(&self) -> Arc<View> {
        let mut kept = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(view) = &*kept {
            return Arc::clone(view);
        }
        let view = Arc::new(View::new(&self.steps, &self.events, &self.dimensions, self.numbers.ids()));
        *kept = Some(Arc::clone(&view));
        view
    }
}
