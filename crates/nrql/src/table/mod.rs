//! Columns in memory: what the evaluator scans.

mod column;
mod dictionary;
mod source;
mod store;
mod table_type;

pub(crate) use column::ColumnData;
pub(crate) use dictionary::Dictionary;
pub use source::Source;
pub use store::{Limits, Store};
pub(crate) use table_type::Segment;
pub use table_type::Table;
