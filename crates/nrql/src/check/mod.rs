//! What is wrong with a query beyond its grammar.

mod attributes;

pub(crate) use attributes::attributes_of;
