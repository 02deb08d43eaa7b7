//! Errors when a database is opened.

/// The database could not be opened or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// SQLite refused.
    #[error("the database {path} cannot be used: {source}; give another file with `db` or `--db`")]
    Sqlite {
        /// The file.
        path: String,
        /// What SQLite reported.
        source: rusqlite::Error,
    },
    /// The file cannot be created, read or locked.
    #[error("the database {path} cannot be opened: {source}; give another file with `db` or `--db`")]
    File {
        /// The file.
        path: String,
        /// What the operating system reported.
        source: std::io::Error,
    },
    /// Another lab writes to it.
    #[error("another lab has {path} open; stop it, or give another file with `db` or `--db`")]
    Locked {
        /// The file.
        path: String,
    },
    /// The file is of another version of the lab, or no lab's. It was not changed.
    #[error(
        "{path} is not a database of this version of the lab ({found}); give another file with `db` or `--db`"
    )]
    Foreign {
        /// The file.
        path: String,
        /// What was found instead.
        found: String,
    },
    /// The file is of an earlier version of the lab and was opened to be read.
    #[error("{path} is from an earlier version of the lab; `funnel lab --db {path}` brings it up to date")]
    Outdated {
        /// The file.
        path: String,
    },
    /// A thread could not be started.
    #[error("the store's thread cannot be started: {0}")]
    Thread(std::io::Error),
}
