//! The functions: one file a family, with each function's name, arguments, documentation, preparation and evaluation.
//! The parser's spelling, the checker's rules, the evaluator and the page in the docs are all made from them.

mod aggregate;
mod build;
mod catalogue;
mod entry;
mod markdown;
mod measure;
mod row;

pub(crate) use aggregate::tally::{count_of, count_of_rows};
pub(crate) use build::{Args, Build, Built};
pub use catalogue::functions;
pub(crate) use catalogue::{find, nearest};
pub(crate) use entry::{Body, Naming, PlainCall};
pub use entry::{Function, FunctionKind, Standing};
pub use markdown::functions_markdown;
pub(crate) use measure::{Aggregate, Ending, Kept, Rows};
pub(crate) use row::json::{destructured, field_of};
