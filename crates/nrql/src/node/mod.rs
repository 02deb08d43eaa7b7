//! Values and conditions of one row: what they are made of, and their evaluation.

mod batch;
mod ids;
mod matcher;
mod memo;
mod tree;
mod truth;

pub(crate) use self::batch::Batch;
pub(crate) use self::ids::{Ids, Interner, NONE, Pairs, key_set};
pub(crate) use self::matcher::{Pattern, aparse_regex};
pub(crate) use self::memo::{Memos, truths};
pub(crate) use self::tree::{Arguments, Callable, Condition, Env, Node, Settings, SlotRef, View, single};
pub(crate) use self::truth::Truth;
