//! Evaluation.
//!
//! A query is compiled to a plan (`compile`), the plan runs over the segments of the tables in one pass (`scan`),
//! and what was kept for each group becomes rows of an [`Answer`](crate::Answer) (`run`). Inner queries are evaluated
//! first: to values, or to tables that are then scanned like any other.

mod accumulator;
mod budget;
mod compile;
mod context;
mod derived;
mod evaluate;
mod facets;
mod group;
mod limits;
mod options;
mod pace;
mod plan;
mod rows;
mod run;
mod scan;

pub use self::evaluate::{evaluate, evaluate_with};
pub use self::options::Options;
