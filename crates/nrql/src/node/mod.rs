//! Values and conditions of one row: what they are made of, and their evaluation.

mod batch;
mod ids;
mod matcher;
mod memo;
mod tree;
mod truth;

pub(crate) use batch::Batch;
pub(crate) use ids::{Ids, Interner, NONE, Pairs, key_set};
pub(crate) use matcher::{Pattern, aparse_regex};
pub(crate) use memo::{Memos, truths};
pub(crate) use tree::{Arguments, Callable, Condition, Env, Node, Settings, SlotRef, View, single};
pub(crate) use truth::Truth;
