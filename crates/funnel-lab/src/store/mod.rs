//! Events in one SQLite file: plain tables that any SQLite tool opens, one writer thread, group commits.
//!
//! A request is acknowledged after the transaction that holds its records is committed to the write-ahead log, so an
//! acknowledged event survives `kill -9` of the lab: the operating system has it. The lab does not wait for the disk, so
//! a power failure can lose the last seconds or damage the file; a lab's data is not meant to outlive that.

mod counts;
mod file;
mod publish;
mod read;
mod retain;
mod schema;
mod writer;

pub use counts::Counts;
pub(crate) use file::Place;
pub(crate) use read::{Filter, Reader, Stored, fill};
pub(crate) use retain::Bounds;
pub(crate) use writer::{Ack, Refused, Writer, WriterConfig};

/// The database could not be opened or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// SQLite said no.
    #[error("the database {path} cannot be used: {source}; give another file with `db` or `--db`")]
    Sqlite {
        /// The file.
        path: String,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The file cannot be created or locked.
    #[error("the database {path} cannot be opened: {source}; give another file with `db` or `--db`")]
    File {
        /// The file.
        path: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Another lab writes to it.
    #[error("another lab has {path} open; stop it, or give another file with `db` or `--db`")]
    Locked {
        /// The file.
        path: String,
    },
    /// The file is of another version of the lab, or no lab's.
    #[error(
        "{path} is not a database of this version of the lab ({found}); give another file with `db` or `--db`"
    )]
    Foreign {
        /// The file.
        path: String,
        /// What was found instead.
        found: String,
    },
    /// A thread could not be started.
    #[error("the store's thread cannot be started: {0}")]
    Thread(std::io::Error),
}
