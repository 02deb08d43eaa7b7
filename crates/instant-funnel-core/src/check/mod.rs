//! The one chokepoint: a [`Draft`](crate::Draft) goes in, a [`Record`](crate::Record) of checked values comes out.

mod builder;
mod checker;
mod error;
mod field;

pub use self::builder::CheckerBuilder;
pub use self::checker::Checker;
pub use self::error::{CheckerError, Rejected};
