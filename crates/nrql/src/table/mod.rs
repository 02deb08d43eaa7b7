//! Columns in memory: what the evaluator scans.

mod column;
mod dictionary;
mod source;
mod store;
mod table_type;

pub(crate) use self::column::ColumnData;
pub(crate) use self::dictionary::Dictionary;
pub use self::source::Source;
pub use self::store::{Limits, Store};
pub(crate) use self::table_type::Segment;
pub use self::table_type::Table;
