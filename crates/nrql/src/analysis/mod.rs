//! What can be told of a query by reading it; the checker and the evaluator both build on it.

mod attributes;
mod level;

pub(crate) use attributes::{attributes_of, each_attribute};
pub(crate) use level::has_aggregate;
