//! A journey: its id, start, entry actor and cohort.

mod text;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::contract::{Actor, Cohort};
use crate::id::JourneyId;

/// The first moment that a journey can have begun at: 2020-01-01, in milliseconds since 1970.
const START_MIN: u64 = 1_577_836_800_000;
/// The last one: the last with thirteen digits, in the year 2286.
const START_MAX: u64 = 9_999_999_999_999;

/// One person's way through the funnel: its id, when it began, who began it, and whether it counts.
///
/// The actor changes along the way: an agent provisions, a person claims, a billing system pays. What is asked of a
/// funnel later belongs to its beginning, so the beginning travels with the id. Each event of a journey carries it as
/// `journeyStart` and `entryActor`.
///
/// | where it is kept or sent | form |
/// |---|---|
/// | a column of your own database, a field of your own JSON | its text: `Display`, [`FromStr`](std::str::FromStr), serde under the feature `serde` |
/// | a cookie, a mail, a link, a header, a queue | sealed: [`SigningKey::seal`](crate::SigningKey::seal) |
///
/// The text of a journey whose beginning is unknown is its bare UUID, which is what version 1 kept; version 1 reads it
/// back.
///
/// Privacy: an id at random, a time and an actor. It links what a person does and says nothing else of the person.
///
/// ```
/// use instant_funnel_core::{Actor, Journey, JourneyId};
///
/// let begun = Journey::begin(Actor::AgentClaude);
/// let column = begun.to_string(); // j1.5f8d0e1a-3b7c-4d2e-9f10-1a2b3c4d5e6f.1764000000123.agent_claude.real
/// assert_eq!(column.parse(), Ok(begun));
///
/// let kept_by_version_1: Journey = "5f8d0e1a-3b7c-4d2e-9f10-1a2b3c4d5e6f".parse()?;
/// assert_eq!(kept_by_version_1.entry_actor(), None);
/// # Ok::<(), instant_funnel_core::ParseIdError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Journey {
    id: JourneyId,
    beginning: Option<Beginning>,
    cohort: Cohort,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Beginning {
    /// Milliseconds since 1970, between [`START_MIN`] and [`START_MAX`].
    start: u64,
    actor: Actor,
}

impl Journey {
    /// Begins a journey now, with a fresh id. One that a [`Prober`](Actor::Prober) begins is synthetic.
    #[must_use]
    pub fn begin(actor: Actor) -> Self {
        Self::begin_at(actor, SystemTime::now())
    }

    /// Begins a journey at `start`. Where that is before 2020 or after 2286 the clock is wrong, and the beginning is
    /// unknown.
    #[must_use]
    pub fn begin_at(actor: Actor, start: SystemTime) -> Self {
        let cohort = if actor == Actor::Prober { Cohort::Synthetic } else { Cohort::Real };
        Self { id: JourneyId::new(), beginning: Beginning::new(actor, start), cohort }
    }

    /// The id that all its steps share.
    #[must_use]
    pub const fn id(&self) -> JourneyId {
        self.id
    }

    /// When it began, to the millisecond. `None` when that is unknown.
    #[must_use]
    pub fn start(&self) -> Option<SystemTime> {
        Some(UNIX_EPOCH + Duration::from_millis(self.beginning?.start))
    }

    /// When it began, in milliseconds since 1970: `journeyStart` on the wire.
    #[must_use]
    pub fn start_unix_millis(&self) -> Option<u64> {
        Some(self.beginning?.start)
    }

    /// Who began it: `entryActor` on the wire. `None` when that is unknown.
    #[must_use]
    pub fn entry_actor(&self) -> Option<Actor> {
        Some(self.beginning?.actor)
    }

    /// Whether it counts in a KPI. Every event of a synthetic journey is synthetic, whatever its setter or the process
    /// says.
    #[must_use]
    pub const fn cohort(&self) -> Cohort {
        self.cohort
    }

    /// Takes it out of the figures with [`Cohort::Synthetic`]. A synthetic journey stays synthetic.
    ///
    /// For a service that kept the cohort in a column of its own, beside the bare id:
    ///
    /// ```
    /// # use instant_funnel_core::{Cohort, Journey, JourneyId};
    /// # let (id, cohort) = (JourneyId::new(), Cohort::Synthetic);
    /// let journey = Journey::from(id).with_cohort(cohort);
    /// # assert_eq!(journey.with_cohort(Cohort::Real).cohort(), Cohort::Synthetic);
    /// ```
    #[must_use]
    pub fn with_cohort(mut self, cohort: Cohort) -> Self {
        if cohort == Cohort::Synthetic {
            self.cohort = cohort;
        }
        self
    }
}

impl Beginning {
    fn new(actor: Actor, start: SystemTime) -> Option<Self> {
        let start = start.duration_since(UNIX_EPOCH).ok()?.as_millis();
        Self::of_millis(actor, u64::try_from(start).ok()?)
    }

    fn of_millis(actor: Actor, start: u64) -> Option<Self> {
        (START_MIN..=START_MAX).contains(&start).then_some(Self { start, actor })
    }
}

/// A journey whose beginning is unknown, and which counts.
impl From<JourneyId> for Journey {
    fn from(id: JourneyId) -> Self {
        Self { id, beginning: None, cohort: Cohort::Real }
    }
}

/// So that an id can stand where a journey or none is asked for.
impl From<JourneyId> for Option<Journey> {
    fn from(id: JourneyId) -> Self {
        Some(id.into())
    }
}

impl From<Journey> for JourneyId {
    fn from(journey: Journey) -> Self {
        journey.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journey_that_begins_has_a_time_and_an_actor() {
        let before = SystemTime::now() - Duration::from_millis(1);
        let journey = Journey::begin(Actor::AgentCurl);
        assert!(journey.start().is_some_and(|start| before <= start && start <= SystemTime::now()));
        assert_eq!((journey.entry_actor(), journey.cohort()), (Some(Actor::AgentCurl), Cohort::Real));
        assert_ne!(journey.id(), Journey::begin(Actor::AgentCurl).id());
    }

    #[test]
    fn a_clock_that_is_wrong_gives_no_beginning() {
        for millis in [0, START_MIN - 1, START_MAX + 1] {
            let journey = Journey::begin_at(Actor::Unknown, UNIX_EPOCH + Duration::from_millis(millis));
            assert_eq!((journey.start(), journey.entry_actor()), (None, None), "{millis}");
        }
        for millis in [START_MIN, START_MAX] {
            let journey = Journey::begin_at(Actor::Unknown, UNIX_EPOCH + Duration::from_millis(millis));
            assert_eq!(journey.start_unix_millis(), Some(millis));
        }
    }

    #[test]
    fn the_cohort_sticks() {
        assert_eq!(Journey::begin(Actor::Prober).cohort(), Cohort::Synthetic);
        let journey = Journey::from(JourneyId::new());
        assert_eq!(journey.with_cohort(Cohort::Real).cohort(), Cohort::Real);
        let journey = journey.with_cohort(Cohort::Synthetic);
        assert_eq!(journey.with_cohort(Cohort::Real).cohort(), Cohort::Synthetic);
    }

    #[test]
    fn it_is_small() {
        assert!(size_of::<Journey>() <= 40, "{}", size_of::<Journey>());
    }
}
