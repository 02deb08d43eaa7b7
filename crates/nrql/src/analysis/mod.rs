//! Static analysis of a query, shared by the checker and the evaluator.

mod attributes;
mod constant;
mod level;
mod naming;
mod rules;

pub(crate) use attributes::{attributes_of, each_attribute};
pub(crate) use constant::{constant, literal_value};
pub(crate) use level::{aggregates_in, first_argument, has_aggregate};
pub(crate) use naming::{columns, facet_names, key_texts, projected};
pub(crate) use rules::{items, join_fault, limit_fault, most_rows};
