//! From the contract's attributes to the engine's events.

use instant_funnel_core::contract::Contract;

use crate::contracts::{JOURNEY, Layout, has_few_values};
use crate::judge::EventVerdict;
use crate::kpi::{Journeys, TakenStep};

/// Who began a journey.
pub(super) const ENTRY: &str = "entryActor";
/// Who took a step: of the first, who began it.
const ACTOR: &str = "actor";
/// When a journey began.
const START: &str = "journeyStart";

/// A value of an attribute, as the columns or the file hold it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Given<'a> {
    Text(&'a str),
    Bool(bool),
    Integer(i64),
}

impl<'a> Given<'a> {
    fn text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Bool(true) => Some("true"),
            Self::Bool(false) => Some("false"),
            Self::Integer(_) => None,
        }
    }
}

/// Where an event has the value of a dimension.
#[derive(Debug, Clone, Copy)]
enum Source {
    Attribute(usize),
    /// Who began the journey. An event of the first step that does not say it was taken by who began.
    Entry {
        own: Option<usize>,
        of_first: Option<usize>,
    },
}

/// The events of one contract that queries count.
#[derive(Debug)]
pub(crate) struct Feed {
    contract: &'static Contract,
    step: Option<usize>,
    journeys: Journeys,
    /// For each dimension the attribute that says it, by position in the contract.
    sources: Vec<Source>,
    journey: usize,
    start: Option<usize>,
}

impl Feed {
    pub(crate) fn new(layout: &Layout) -> Self {
        let contract = layout.contract;
        let position = |key: &str| contract.position(key);
        let mut keys = Vec::new();
        let mut sources = Vec::new();
        for (at, attribute) in contract.attributes.iter().enumerate() {
            // What has few values, and is not the step itself.
            let is_step = layout.step == Some(at);
            if has_few_values(&attribute.rule) && !is_step && attribute.key != ENTRY {
                keys.push(attribute.key);
                sources.push(Source::Attribute(at));
            }
        }
        let (own, of_first) = (position(ENTRY), position(ACTOR));
        if own.or(of_first).is_some() {
            keys.push(ENTRY);
            sources.push(Source::Entry { own, of_first });
        }
        let steps: Vec<&str> = contract.steps.iter().map(|step| step.name).collect();
        let journey = position(JOURNEY).unwrap_or(usize::MAX);
        let journeys = Journeys::new(&steps, &keys);
        Self { contract, step: layout.step, journeys, sources, journey, start: position(START) }
    }

    /// Appends an event; `given` gives the value of an attribute by its position in the contract.
    pub(crate) fn take<'a>(
        &mut self,
        nanos: i64,
        verdict: EventVerdict,
        given: impl Fn(usize) -> Option<Given<'a>>,
    ) {
        if verdict == EventVerdict::Duplicate {
            return self.journeys.take_repeated();
        }
        let text = |at: usize| given(at).and_then(Given::text);
        let step = self.step.and_then(text).and_then(|step| self.contract.step_position(step));
        let value = |source: &Source| match *source {
            Source::Attribute(at) => text(at),
            Source::Entry { own, of_first } => {
                own.and_then(text).or_else(|| of_first.filter(|_| step == Some(0)).and_then(text))
            }
        };
        let values: Vec<Option<&str>> = self.sources.iter().map(value).collect();
        let start = self.start.and_then(&given).and_then(|start| match start {
            Given::Integer(millis) => Some(millis),
            Given::Text(_) | Given::Bool(_) => None,
        });
        self.journeys.take(&TakenStep { journey: text(self.journey), step, nanos, start, values: &values });
    }

    pub(crate) fn keep_newest(&mut self, rows: usize) {
        self.journeys.keep_newest(rows);
    }

    pub(crate) fn journeys(&self) -> &Journeys {
        &self.journeys
    }
}
