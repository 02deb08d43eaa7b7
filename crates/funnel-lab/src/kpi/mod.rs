//! Funnels, key figures, times and drop-offs of journeys: one engine, which knows neither HTTP nor SQL.
//!
//! [`Journeys`] takes events; [`Journeys::view`] sorts them once, by journey and time; questions are put to the [`View`].
//! What the words mean is in `docs/kpi.md`. The page, `funnel report`, the gauges of `/metrics` and the quickstart all ask
//! here, so that one question has one number.
//!
//! # Rules
//! - Events of one journey are in the order of their time, to the nanosecond; equal times count in the order of the
//!   question's steps, else of the contract's, then of receipt. An event that was received again is counted once. Bounds
//!   are compared in milliseconds, which is what New Relic keeps.
//! - A journey begins at its `start`; where no event says it, when it took the contract's first step. One that has neither
//!   is left out of every figure, and counted.
//! - A dimension's value belongs to the journey: that of its first event that has one.
//!
//! ```
//! use funnel_lab::kpi::{FunnelQuestion, Journeys, StepRule, TakenStep};
//!
//! let mut journeys = Journeys::new(&["landing", "claim"], &["tier"]);
//! for (id, step, seconds) in [("a", 0, 10), ("a", 1, 70), ("b", 0, 20)] {
//!     journeys.take(&TakenStep { journey: Some(id), step: Some(step), nanos: seconds * 1_000_000_000, ..TakenStep::default() });
//! }
//! let steps = vec![StepRule::any("landing", 0), StepRule::any("claim", 1)];
//! let answer = journeys.view().funnel(&FunnelQuestion::new(steps, 1_000_000));
//! assert_eq!((answer.all.steps[0].count, answer.all.steps[1].count), (2, 1));
//! assert_eq!(answer.all.steps[1].times.as_ref().unwrap().median, 60_000);
//! ```

mod attempt;
mod condition;
mod durations;
mod events;
mod figure;
mod funnel;
mod ids;
mod journeys;
mod proportion;
mod question;
mod view;

pub(crate) use self::attempt::STEPS_MAX;
pub use self::condition::{Condition, StepRule};
pub use self::durations::Durations;
pub use self::figure::{Bounded, Kpi, KpiAnswer, KpiCohort, KpiTally, Verdict};
pub use self::funnel::{FunnelAnswer, Segment, StepCount, Stopped};
pub use self::journeys::{Journeys, TakenStep};
pub use self::proportion::Proportion;
pub use self::question::{FunnelQuestion, StepOrder};
pub use self::view::{JourneyStep, View};
