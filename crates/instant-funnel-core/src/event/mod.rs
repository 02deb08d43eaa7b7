//! The typed events: one for each step.
//!
//! Setters that take text do not check it. The [`Checker`](crate::Checker) does when the event is recorded: a value
//! that breaks its rule is dropped and counted, and the event still goes.

mod fields;
mod lists;
mod steps;

pub use lists::{Actor, Cohort};
pub use steps::{Claim, Landing, Paid, Provision};
