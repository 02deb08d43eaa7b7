//! Functions over one row, one file a family.

pub(super) mod choice;
pub(super) mod convert;
pub(super) mod date;
pub(super) mod encode;
pub(super) mod event;
pub(super) mod json;
pub(super) mod math;
pub(super) mod network;
pub(super) mod number;
pub(super) mod pattern;
pub(super) mod text;
mod unit;
