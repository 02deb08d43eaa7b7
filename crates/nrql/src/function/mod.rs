//! The functions: one file a family, with each function's name, arguments, documentation, preparation and evaluation.
//! The parser's spelling, the checker's rules, the evaluator and the page in the docs are all made from them.

mod aggregate;
mod build;
mod catalogue;
mod entry;
mod markdown;
mod measure;
mod row;

pub(crate) use self::aggregate::tally::{count_of, count_of_rows};
pub(crate) use self::build::{Args, Build, Built};
pub use self::catalogue::functions;
pub(crate) use self::catalogue::{find, nearest};
pub(crate) use self::entry::{Body, Naming, PlainCall};
pub use self::entry::{Function, FunctionKind, Standing};
pub use self::markdown::functions_markdown;
pub(crate) use self::measure::{Aggregate, Ending, Kept, Rows};
pub(crate) use self::row::json::{destructured, field_of};
