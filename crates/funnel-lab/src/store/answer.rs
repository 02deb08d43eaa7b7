//! The writer's answer to a request.

use tokio::sync::oneshot;

use crate::judge::Batch;

/// Why a request was not stored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Refused {
    #[error("the lab is busy; retry in 1 s")]
    Busy,
    #[error("the lab is shutting down")]
    Stopped,
    #[error("the database refused the records: {0}")]
    Sqlite(String),
}

/// A request and who waits for it to be stored; the answer is the number of records that break the contract.
pub(super) type Waiting = (Box<Batch>, oneshot::Sender<Result<usize, Refused>>);
