//! Syntax tree to plan.

mod call;
mod compiler;
mod condition;
mod expr;
mod lift;
mod select;

pub(super) use select::{aggregates_in, compile_aggregates, compile_rows};
