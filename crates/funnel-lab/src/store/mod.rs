//! Events in one SQLite file: plain tables that any SQLite tool opens, one writer thread, group commits.
//!
//! A request is acknowledged after the transaction that holds its records is committed to the write-ahead log, so an
//! acknowledged event survives `kill -9` of the lab: the operating system has it. The lab does not wait for the disk, so
//! a power failure can lose the last seconds or damage the file; a lab's data is not meant to outlive that.

mod answer;
mod bounds;
mod counts;
mod erase;
mod error;
mod file;
mod list;
mod offline;
mod publish;
mod retain;
mod scan;
mod schema;
mod shape;
mod state;
mod stored;
mod tally;
mod wanted;
mod writer;

pub(crate) use answer::Refused;
pub(crate) use bounds::Bounds;
pub use counts::Counts;
pub(crate) use erase::{count, erase, related};
pub use error::StoreError;
pub(crate) use file::DatabaseFile;
pub(crate) use list::{EventFilter, Reader};
pub(crate) use offline::fill;
pub(crate) use state::WriterConfig;
pub(crate) use writer::Writer;
