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

pub(crate) use self::answer::Refused;
pub(crate) use self::bounds::Bounds;
pub use self::counts::Counts;
pub(crate) use self::erase::{count, erase, related};
pub use self::error::StoreError;
pub(crate) use self::file::DatabaseFile;
pub(crate) use self::list::{EventFilter, Reader};
pub(crate) use self::offline::fill;
pub(crate) use self::state::WriterConfig;
pub(crate) use self::writer::Writer;
