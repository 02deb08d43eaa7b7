//! The one chokepoint: a [`Draft`](crate::Draft) goes in, a [`Record`](crate::Record) of checked values comes out.

mod builder;
mod checker;
mod error;
mod field;

pub use builder::CheckerBuilder;
pub use checker::Checker;
pub use error::{CheckerError, Rejected};
