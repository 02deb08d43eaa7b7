//! Static analysis of a query, shared by the checker and the evaluator.

mod attributes;
mod constant;
mod level;
mod naming;
mod rules;

pub(crate) use self::attributes::{attributes_of, each_attribute};
pub(crate) use self::constant::{constant, literal_value};
pub(crate) use self::level::{aggregates_in, first_argument, has_aggregate};
pub(crate) use self::naming::{columns, facet_names, key_texts, projected};
pub(crate) use self::rules::{items, join_fault, limit_fault, most_rows};
