//! Every function, by family.

use super::entry::Function;
use super::{aggregate, row};

/// The families, in the order in which the page shows them.
const FAMILIES: &[&[Function]] = &[
    aggregate::tally::FUNCTIONS,
    aggregate::spread::FUNCTIONS,
    aggregate::distinct::FUNCTIONS,
    aggregate::moment::FUNCTIONS,
    aggregate::wrap::FUNCTIONS,
    aggregate::trend::FUNCTIONS,
    aggregate::range::FUNCTIONS,
    aggregate::funnel::FUNCTIONS,
    aggregate::attributes::FUNCTIONS,
    row::choice::FUNCTIONS,
    row::text::FUNCTIONS,
    row::pattern::FUNCTIONS,
    row::json::FUNCTIONS,
    row::number::FUNCTIONS,
    row::math::FUNCTIONS,
    row::event::FUNCTIONS,
    row::date::FUNCTIONS,
    row::convert::FUNCTIONS,
    row::encode::FUNCTIONS,
    row::network::FUNCTIONS,
];

/// Every function, aggregates first.
pub fn functions() -> impl Iterator<Item = &'static Function> {
    FAMILIES.iter().copied().flatten()
}

/// The function of that name, in any case.
pub(crate) fn find(name: &str) -> Option<&'static Function> {
    functions().find(|function| {
        function.name.eq_ignore_ascii_case(name)
            || function.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
    })
}

/// The function that a misspelt name was probably meant to be.
pub(crate) fn nearest(name: &str) -> Option<&'static str> {
    crate::suggest::nearest(name, functions().map(|function| function.name))
}
