//! Syntax tree to plan.

mod call;
mod compiler;
mod condition;
mod expr;
mod lift;
mod select;

pub(super) use self::select::{compile_aggregates, compile_rows, compile_value};
