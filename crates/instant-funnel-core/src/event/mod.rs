//! The typed events: one for each step.
//!
//! Setters that take text do not check it. The [`Checker`](crate::Checker) does when the event is recorded: a value
//! that breaks its rule is dropped and counted, and the event still goes.

mod base;
mod lists;
mod setters;
mod steps;

pub use self::base::{EventBase, FunnelEvent};
pub use self::steps::{Claim, Landing, Paid, Provision};
